//! Services whose create was answered with the id of another one: it is not changed, and not deleted.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::{AllowDeletion, Annotations, CreateTries};
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
        let list: Vec<_> = services.iter().map(|(id, name)| shown(id, name)).collect();
        self.record(Collection::Services(team()).call(), &json!(list), second);
        self
    }

    /// What a read of `s2` shows: a service of this name; or no such service.
    fn read_by_id(mut self, name: Option<&str>, second: i64) -> Self {
        let call = Call::from(PinghomeCall::ReadService { service: ServiceId::parse("s2").unwrap() });
        let (status, body) = name.map_or((404, json!({"message": "no"})), |name| (200, shown("s2", name)));
        let answer = call.answer(status, body.to_string().as_bytes()).ok().unwrap();
        self.inventory.record(&call, &answer, at(second));
        self
    }

    fn planned(&self, second: i64, is_deletion: bool) -> ServicePlan {
        let service = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Service", "metadata": {"name": "a"},
            "spec": {"name": self.name, "team": {"externalId": "t1"}},
            "status": {"externalId": "s2", "teamExternalId": "t1", "unconfirmed": true},
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

    /// Whether nothing is called, and the resource tells that it is not known what the create made.
    fn tells(&self, second: i64) -> bool {
        let (living, deleted) = (self.planned(second, false), self.planned(second, true));
        living.steps.is_empty()
            && deleted.steps.is_empty()
            && matches!(living.state, State::Stalled { reason: Reason::NotConverging, .. })
            && matches!(deleted.state, State::DeletionBlocked { reason: Reason::NotConverging, .. })
    }
}

fn shown(id: &str, name: &str) -> Value {
    json!({"service_id": id, "name": name, "resource_count": 0, "heartbeat_count": 0})
}

#[test]
fn a_service_is_not_changed_and_not_deleted_before_a_list_of_its_team_has_shown_it() {
    for allow_deletion in [None, Some(AllowDeletion::PastGuards)] {
        let mut case = Case::new("renamed", false).listed(&[], 20);
        case.annotations.allow_deletion = allow_deletion;
        for is_deletion in [false, true] {
            let plan = case.planned(20, is_deletion);
            assert!(plan.steps.is_empty(), "{is_deletion}");
            assert!(matches!(plan.state, State::Waiting { .. }), "{is_deletion} {:?}", plan.state);
        }
        let shown = case.listed(&[("s2", "checkout")], 30);
        assert_eq!(shown.operations(30, false), ["rename service"]);
        assert_eq!(shown.operations(30, true), ["delete service"]);
    }
}

#[test]
fn a_service_that_no_list_of_its_team_has_shown_is_somebody_elses_whatever_its_name_is() {
    for is_restarted in [false, true] {
        for theirs in ["theirs", "checkout"] {
            let case = || Case::new("checkout", is_restarted).listed(&[], 20).listed(&[], 200);
            let mut theirs = case().read_by_id(Some(theirs), 200);
            assert!(theirs.tells(200));
            theirs.annotations.allow_deletion = Some(AllowDeletion::PastGuards);
            assert!(theirs.tells(200));
            theirs.annotations.retry_create = Some("n".to_owned());
            assert_eq!(theirs.operations(200, false), ["create service"]);
        }
    }
}

#[test]
fn an_answer_with_the_id_of_another_service_leads_to_none_that_bears_the_name() {
    let case = Case::new("checkout", true).listed(&[], 20).listed(&[("s1", "checkout")], 200);
    let mut case = case.read_by_id(None, 200);
    assert!(case.tells(200));
    case.annotations.external_id = Some("s1".to_owned());
    let named = case.planned(200, false);
    assert_eq!((named.external_id.as_deref(), named.steps.len()), (Some("s1"), 0));
}

#[test]
fn a_service_that_nobody_has_seen_and_that_is_gone_is_made_again_and_leaves_nothing_to_delete() {
    let case = Case::new("checkout", true).listed(&[], 20).listed(&[], 200).read_by_id(None, 200);
    assert_eq!(case.operations(200, false), ["create service"]);
    let deleted = case.planned(200, true);
    assert!(deleted.steps.is_empty() && deleted.state == State::Gone, "{:?}", deleted.state);
}

#[test]
fn a_service_of_the_team_that_bears_another_name_than_was_asked_for_is_not_what_the_create_made() {
    for is_restarted in [false, true] {
        let case = Case::new("checkout", is_restarted).listed(&[("s2", "theirs")], 200);
        assert!(case.tells(200));
    }
}

#[test]
fn that_a_read_has_shown_the_service_is_recorded_before_anything_is_changed() {
    let plan = Case::new("renamed", true).listed(&[("s2", "checkout")], 200).planned(200, false);
    assert_eq!((plan.steps.len(), plan.is_recorded_first, plan.facts.unconfirmed), (1, true, false));
}
