//! What a dry run leaves in status: what the operator that writes needs afterwards.

use jiff::SignedDuration;
use serde_json::json;

use crate::api::annotations::Annotations;
use crate::api::approval::ConfigApprovals;
use crate::api::team::Team;
use crate::inventory::Inventory;
use crate::plan::attempts::Attempts;
use crate::plan::decide::{DecisionInputs, decide};
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::tests::at;
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;

/// What a dry run plans for a deleted Team with a recorded team, if the account has these teams.
fn dry_deletion(team: &Team, teams: &serde_json::Value) -> Plan<<Team as Managed>::Facts> {
    let mut inventory = Inventory::default();
    let list = Call::from(PinghomeCall::ListTeams);
    for second in [0, 100] {
        inventory.record(&list, &list.answer(200, teams.to_string().as_bytes()).ok().unwrap(), at(second));
    }
    let customer = Call::from(PinghomeCall::ReadCustomer);
    let own = json!({"customer_id": "c", "team": null}).to_string();
    inventory.record(&customer, &customer.answer(200, own.as_bytes()).ok().unwrap(), at(100));
    let (annotations, mut attempts) = (Annotations::default(), Attempts::default());
    attempts.record_failed_deletion();
    let inputs = DecisionInputs {
        resource: team,
        resolved: Some(&()),
        inventory: &inventory,
        as_of: at(100),
        now: at(100),
        not_before: at(0),
        locked_at: None,
        deleted_at: Some(at(1)),
        read_lag: SignedDuration::from_secs(10),
        annotations: &annotations,
        known_id: Some("t1"),
        claimed_by: &|_| None,
        other_mentions: &|_| Vec::new(),
        attempts: &mut attempts,
        is_dry_run: true,
        approvals: &ConfigApprovals::default(),
    };
    decide(inputs).ok().unwrap()
}

#[test]
fn a_dry_run_of_a_deletion_leaves_what_is_recorded_for_the_operator_that_writes() {
    let team = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team",
        "metadata": {"name": "t", "namespace": "n", "generation": 1, "uid": "u"},
        "spec": {"name": "A", "deletionPolicy": "Delete"}, "status": {"externalId": "t1", "memberCount": 4},
    });
    let team: Team = serde_json::from_value(team).unwrap();
    for teams in [json!([{"team_id": "t1", "name": "A", "resource_count": 0}]), json!([])] {
        let plan = dry_deletion(&team, &teams);
        assert!(plan.steps.is_empty(), "{plan}");
        assert_eq!((plan.external_id.as_deref(), plan.facts.member_count), (Some("t1"), Some(4)), "{teams}");
    }
}
