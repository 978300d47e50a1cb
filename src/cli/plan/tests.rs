//! The forms of a plan, each with everything that can stand in it.

mod accounts;
mod approvals;
mod bench;
mod changed_only;
mod duplicates;
mod live;
mod manners;
mod moves;
mod ownership;
mod secrets;
mod trial;
mod words;

use clap::Parser as _;
use ping_emulator::{Emulator, Settings};
use serde_json::{Value, json};

use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::cli::plan::report::{
    Blocked, Difference, PlanReport, PlannedAction, PlannedCall, PlannedObject, UnknownField,
};
use crate::cli::plan::show;
use crate::cli::plan::tests::bench::CommandLine;
use crate::plan::simulation::approvals::PlannedApproval;
use crate::provider::call::weight::Weight;

/// An object of a report.
pub(crate) fn object(name: &str, action: PlannedAction, calls: Vec<PlannedCall>) -> PlannedObject {
    let place = format!("teams.yaml:{}:1", name.len());
    let (kind, namespace) = ("Team".to_owned(), "monitoring".to_owned());
    let config = ResourceKey { kind: Kind::ProviderConfig, namespace: namespace.clone(), name: "default".to_owned() };
    PlannedObject {
        kind,
        namespace,
        name: name.to_owned(),
        action,
        changes: Vec::new(),
        calls,
        approval: approval(false),
        unknown: Vec::new(),
        blocked: None,
        presumed: false,
        is_deleted: action == PlannedAction::Delete,
        place,
        config,
    }
}

fn approval(needs_approval: bool) -> PlannedApproval {
    let hash = "5e".repeat(32);
    PlannedApproval { hash, needs_approval, later_approvals: None, has_calls: true, is_asked: needs_approval }
}

/// A call of a report.
pub(crate) fn call(method: &str, path: &str, query: &[(&str, &str)], body: Value, reason: &str) -> PlannedCall {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let (method, host) = (method.to_owned(), "api.example.com".to_owned());
    let (path, reason, weight) = (path.to_owned(), reason.to_owned(), Weight::Plain);
    PlannedCall { method, host, path, query, body, reason, weight }
}

/// One object of each action, and one that is blocked.
fn report() -> PlanReport {
    let make = || call("POST", "/v1/team", &[], json!({ "name": "New" }), "create Team new");
    let invite = PlannedCall {
        weight: Weight::Notifies("sends an e-mail"),
        ..call(
            "POST",
            "/v1/team/(known after apply)/invitation",
            &[],
            json!({ "channel_value": "ada@example.com" }),
            "invite ada@example.com (sends an e-mail)",
        )
    };
    let rename = call("PUT", "/v1/team/t-1", &[], json!({ "name": "(secret)" }), "rename Team changed: Old → (secret)");
    let remove = || PlannedCall {
        weight: Weight::Deletes,
        ..call("DELETE", "/v1/team/t-2", &[("priority", "2")], Value::Null, "delete Team gone")
    };
    let change = |field: &str, old: &str, new: &str| {
        let [field, old, new] = [field, old, new].map(str::to_owned);
        Difference { field, old, new }
    };
    let held = Blocked { reason: Reason::NameTaken, message: "a team of this name exists".to_owned() };
    let unknown = UnknownField { field: "spec.valueFrom".to_owned(), message: "the Secret 's' is away".to_owned() };
    PlanReport::counted(vec![
        PlannedObject {
            changes: vec![change("members", "(nobody)", "ada@example.com (invitation)")],
            ..object("new", PlannedAction::Create, vec![make(), invite])
        },
        PlannedObject {
            changes: vec![change("name", "Old", "(secret)")],
            ..object("changed", PlannedAction::Change, vec![rename])
        },
        PlannedObject { approval: approval(true), ..object("gone", PlannedAction::Delete, vec![remove()]) },
        object("anew", PlannedAction::Recreate, vec![remove(), make()]),
        PlannedObject { blocked: Some(held), ..object("held", PlannedAction::Unchanged, Vec::new()) },
        object("same", PlannedAction::Unchanged, Vec::new()),
        PlannedObject { unknown: vec![unknown], ..object("hidden", PlannedAction::Unknown, Vec::new()) },
    ])
}

#[test]
fn a_plan_has_four_forms() {
    let report = report();
    insta::assert_snapshot!("text", show::text(&report, false));
    insta::assert_snapshot!("colours", show::text(&report, true));
    insta::assert_snapshot!("markdown", show::markdown::markdown(&report));
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&report).unwrap());
}

#[test]
fn a_plan_with_nothing_to_do_is_one_line() {
    let report = PlanReport::counted(vec![object("same", PlannedAction::Unchanged, Vec::new())]);
    let line = "0 to create, 0 to change, 0 to delete, 1 unchanged, 0 calls";
    assert_eq!(show::text(&report, true), format!("{line}\n"));
    assert_eq!(show::markdown::markdown(&report), format!("**{line}**\n"));
}

#[tokio::test]
async fn a_kind_that_is_registered_by_one_line_is_planned() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let manifests = format!(
        "apiVersion: ping-operator.dev/v1alpha1\nkind: ProviderConfig\nmetadata: {{name: default}}\nspec:\n  provider: NodePing\n  \
         endpoints: {{api: 'http://{}/nodeping'}}\n  credentials: {{secretRef: {{name: token, key: token}}}}\n---\n\
         apiVersion: v1\nkind: Secret\nmetadata: {{name: token}}\nstringData: {{token: token-a}}\n---\n\
         apiVersion: ping-operator.dev/v1alpha1\nkind: Probe\nmetadata: {{name: p}}\nspec: {{name: Acme}}\n",
        emulator.address()
    );
    let file = std::env::temp_dir().join(format!("ping-operator-plan-{}.yaml", std::process::id()));
    std::fs::write(&file, manifests).unwrap();
    let line = ["plan", "-f", file.to_str().unwrap(), "--allow-endpoint", "127.0.0.1"];
    let report = CommandLine::try_parse_from(line).unwrap().args.plan().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let text = show::text(&report, false);
    assert!(text.contains("+ create Probe default/p") && text.contains("create Probe p"), "{text}");
    assert_eq!((report.totals.create, report.totals.calls), (1, 1), "{text}");
}
