//! Lists of people that are not known: those that the provider answers with "not found", and those that nobody needs.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::Annotations;
use crate::api::team::{Team, TeamFacts};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::attempts::Attempts;
use crate::plan::context::PlanContext;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::tests::at;
use crate::plan::tests::membership_case::HOME;
use crate::plan::tests::people::{active, invited, listing, operations, team};
use crate::provider::model::ids::TeamId;

/// A team that exists and lists one person, as far as its lists were read.
struct Case(Inventory);

impl Case {
    fn new() -> Self {
        let mut case = Self(Inventory::default());
        case.0.set_read_lag(SignedDuration::from_secs(10));
        case.read(&Collection::Customer, 100, 200, &json!({"customer_id": "c-own", "email": "own@x"}));
        case.read(&Collection::Teams, 100, 200, &json!([{"team_id": HOME, "name": "T"}]));
        case.read(&members(), 100, 200, &json!([{"customer_id": "c-own", "email": "own@x", "role": "root"}]));
        case
    }

    fn read(&mut self, collection: &Collection, second: i64, status: u16, body: &Value) {
        let call = collection.call();
        self.0.record(&call, &call.answer(status, body.to_string().as_bytes()).ok().unwrap(), at(second));
    }

    fn not_found(&mut self, collection: &Collection, second: i64) {
        self.read(collection, second, 404, &json!({"message": "not found"}));
    }

    fn plan(&self, second: i64) -> Result<Plan<TeamFacts>, Need> {
        self.plan_of(&team(&listing(&["a@x"], "Managed"), &json!([])), second)
    }

    fn plan_of(&self, team: &Team, second: i64) -> Result<Plan<TeamFacts>, Need> {
        let (annotations, attempts) = (Annotations::default(), Attempts::default());
        let context = PlanContext {
            known_id: Some(HOME),
            read_lag: SignedDuration::from_secs(10),
            ..PlanContext::alone(at(second), &annotations, &attempts, &self.0)
        };
        team.plan(&(), &context)
    }
}

fn members() -> Collection {
    Collection::Members(TeamId::parse(HOME).unwrap())
}

fn invitations() -> Collection {
    Collection::Invitations(TeamId::parse(HOME).unwrap())
}

#[test]
fn a_list_that_was_not_found_is_read_again_and_not_another_one() {
    for collection in [invitations(), members()] {
        let mut case = Case::new();
        case.read(&invitations(), 100, 200, &json!([]));
        case.not_found(&collection, 101);
        let State::Waiting { until: Some(until), .. } = case.plan(101).ok().unwrap().state else { panic!("no wait") };
        assert!(until <= at(103));
        assert_eq!(case.plan(103).err().map(|need| need.collection), Some(collection.clone()));
        case.read(&members(), 103, 200, &json!([]));
        case.read(&invitations(), 103, 200, &json!([]));
        assert_eq!(case.plan(103).ok().map(|plan| operations(&plan)), Some(vec!["invite"]), "{collection:?}");
    }
}

#[test]
fn invitations_that_are_not_found_for_the_read_lag_are_none_if_the_team_is_listed() {
    let mut case = Case::new();
    for second in [101, 105] {
        case.not_found(&invitations(), second);
        assert!(case.plan(second).is_ok_and(|plan| plan.steps.is_empty()), "{second}");
    }
    assert_eq!(case.plan(111).err(), Some(Need { collection: invitations(), not_before: at(111) }));
    case.not_found(&invitations(), 111);
    assert_eq!(case.plan(111).err(), Some(Need { collection: Collection::Teams, not_before: at(111) }));
    case.read(&Collection::Teams, 111, 200, &json!([{"team_id": HOME, "name": "T"}]));
    // They must be fresh, as always before a person is invited.
    assert_eq!(case.plan(111).err().map(|need| need.collection), Some(members()));
    case.read(&members(), 111, 200, &json!([]));
    assert_eq!(case.plan(111).ok().map(|plan| operations(&plan)), Some(vec!["invite"]));
    // A team always has members.
    let mut gone = Case::new();
    for second in [101, 105, 111] {
        gone.not_found(&members(), second);
    }
    gone.read(&invitations(), 111, 200, &json!([]));
    gone.read(&Collection::Teams, 111, 200, &json!([{"team_id": HOME, "name": "T"}]));
    assert!(gone.plan(111).is_ok_and(|plan| plan.steps.is_empty()));
}

#[test]
fn invitations_are_not_read_where_everybody_is_in_the_team_and_nobody_is_to_be_taken_out() {
    let mut case = Case::new();
    let person = |id: &str, email: &str| json!({"customer_id": id, "email": email, "role": "user"});
    case.read(&members(), 100, 200, &json!([person("c-a", "a@x"), person("c-b", "new@x")]));
    let needs = |emails: &[&str], policy: &str, known: Value| {
        let planned = case.plan_of(&team(&listing(emails, policy), &known), 100);
        planned.map(|plan| operations(&plan).len()).map_err(|need| need.collection)
    };
    let both = || json!([active("a@x", "c-a"), active("b@x", "c-b")]);
    assert_eq!(needs(&["a@x", "b@x"], "Managed", both()), Ok(0));
    assert_eq!(needs(&["a@x"], "Managed", json!([invited("a@x")])), Ok(0), "who accepted is in the team");
    for (emails, policy, known) in [
        (&["a@x", "b@x"][..], "Authoritative", both()),
        (&["a@x", "c@x"], "Managed", json!([active("a@x", "c-a")])),
        (&["a@x"], "Managed", both()),
        (&[], "Managed", json!([invited("c@x")])),
    ] {
        assert_eq!(needs(emails, policy, known), Err(invitations()), "{emails:?} {policy}");
    }
}
