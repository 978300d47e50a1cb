//! Services whose create was answered with the id of another one: it is not changed, and not deleted.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::{Annotations, CreateTries};
use crate::api::reason::Reason;
use crate::api::service::Service;
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::plan::attempts::Attempts;
use crate::plan::context::PlanContext;
use crate::plan::kinds::service::in_team::ServicePlan;
use crate::plan::managed::Managed;
use crate::plan::state::State;
use crate::plan::step::Creation;
use crate::plan::tests::at;
use crate::provider::call::Call;
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::ServiceSettings;
use crate::provider::pinghome::call::PinghomeCall;

/// A service of the team `t1`, whose create at 10 was answered with the id `s2`.
struct Case {
    name: &'static str,
    annotations: Annotations,
    inventory: Inventory,
}

fn team() -> TeamId {
    TeamId::parse("t1").unwrap()
}

impl Case {
    /// `is_restarted`: another process made it, and this one has not seen the create.
    fn new(name: &'static str, is_restarted: bool) -> Self {
        let (mut inventory, mut annotations) = (Inventory::default(), Annotations::default());
        inventory.set_read_lag(SignedDuration::from_secs(60));
        let creation = Creation { ids: [].into(), name: "checkout".to_owned(), team: Some("t1".to_owned()) };
        let tries = CreateTries { generation: 1, count: 1 };
        annotations.intent = Some(creation.record("n".to_owned(), at(10), tries, None));
        let mut case = Self { name, annotations, inventory };
        case.record(Collection::Teams.call(), &json!([{"team_id": "t1", "name": "T"}]), 5);
        if is_restarted {
            return case;
        }
        let settings = ServiceSettings { name: "checkout".to_owned() };
        case = case.listed(&[], 5);
        case.record(PinghomeCall::CreateService { team: team(), settings }, &json!({"service_id": "s2"}), 11);
        case
    }

    fn record(&mut self, call: impl Into<Call>, body: &Value, second: i64) {
        let call = call.into();
        let answer = call.answer(200, body.to_string().as_bytes()).ok().unwrap();
        self.inventory.record(&call, &answer, at(second));
    }

    fn listed(mut self, services: &[(&str, &str)], second: i64) -> Self {
        let service = |(id, name): &(&str, &str)| json!({"service_id": id, "name": name, "resource_count": 0, "heartbeat_count": 0});
        let list: Vec<_> = services.iter().map(service).collect();
        self.record(Collection::Services(team()).call(), &json!(list), second);
        self
    }

    fn read_by_id(mut self, name: &str, second: i64) -> Self {
        let read = PinghomeCall::ReadService { service: ServiceId::parse("s2").unwrap() };
        self.record(
            read,
            &json!({"service_id": "s2", "name": name, "resource_count": 0, "heartbeat_count": 0}),
            second,
        );
        self
    }

    fn planned(&self, second: i64, is_deletion: bool) -> ServicePlan {
        let service = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Service", "metadata": {"name": "a"},
            "spec": {"name": self.name, "team": {"externalId": "t1"}},
            "status": {"externalId": "s2", "teamExternalId": "t1"},
        });
        let service: Service = serde_json::from_value(service).unwrap();
        let attempts = Attempts::default();
        let context = PlanContext {
            read_lag: SignedDuration::from_secs(60),
            known_id: Some("s2"),
            deleted_at: is_deletion.then(|| at(second - 2)),
            ..PlanContext::alone(at(second), &self.annotations, &attempts, &self.inventory)
        };
        let planned =
            if is_deletion { service.plan_deletion(Some(&team()), &context) } else { service.plan(&team(), &context) };
        planned.unwrap_or_else(|need| panic!("it reads at {}", need.not_before))
    }

    fn operations(&self, second: i64, is_deletion: bool) -> Vec<&'static str> {
        self.planned(second, is_deletion).steps.iter().map(|step| step.call.operation()).collect()
    }
}

#[test]
fn a_service_is_not_changed_and_not_deleted_before_its_teams_list_has_shown_it() {
    let case = Case::new("renamed", false).listed(&[], 20);
    for is_deletion in [false, true] {
        let plan = case.planned(20, is_deletion);
        assert!(plan.steps.is_empty() && matches!(plan.state, State::Waiting { .. }), "{is_deletion} {:?}", plan.state);
    }
    let shown = case.listed(&[("s2", "checkout")], 30);
    assert_eq!(shown.operations(30, false), ["rename service"]);
    assert_eq!(shown.operations(30, true), ["delete service"]);
}

#[test]
fn a_service_whose_id_the_create_answered_and_that_its_teams_list_never_showed_is_somebody_elses() {
    // Its name does not count: another team may have one of that name.
    for theirs in ["theirs", "checkout"] {
        let nothing_made = Case::new("checkout", false).listed(&[], 20).listed(&[], 200).read_by_id(theirs, 200);
        assert_eq!(nothing_made.operations(200, false), ["create service"]);
        let deleted = nothing_made.planned(200, true);
        assert!(deleted.steps.is_empty() && deleted.state == State::Gone, "{:?}", deleted.state);
        let made = Case::new("checkout", false).listed(&[], 20).listed(&[("s1", "checkout")], 200);
        let made = made.read_by_id(theirs, 200);
        assert_eq!(made.planned(200, false).external_id.as_deref(), Some("s1"));
        let deleted = made.planned(200, true).steps.remove(0).call;
        assert!(deleted == Call::from(PinghomeCall::DeleteService { service: ServiceId::parse("s1").unwrap() }));
    }
}

#[test]
fn after_a_restart_a_service_that_its_teams_list_lacks_is_known_by_its_name() {
    let case = |name| Case::new("renamed", true).listed(&[], 100).listed(&[], 200).read_by_id(name, 200);
    assert_eq!(case("checkout").operations(200, false), ["rename service"]);
    assert_eq!(case("checkout").operations(200, true), ["delete service"]);
    let theirs = case("theirs");
    let living = theirs.planned(200, false);
    assert!(matches!(living.state, State::Stalled { reason: Reason::NotConverging, .. }), "{:?}", living.state);
    let deleted = theirs.planned(200, true);
    assert!(matches!(deleted.state, State::DeletionBlocked { reason: Reason::NotConverging, .. }));
    assert!(living.steps.is_empty() && deleted.steps.is_empty());
}
