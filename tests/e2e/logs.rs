//! The log alone answers what was created, changed and deleted, by which generation of which resource, and what failed and why.

use std::collections::BTreeMap;

use ping_emulator::{Entry, Fault, Reply, Trouble};
use serde_json::{Value, json};

use crate::harness::world::{TEAM, id_of};
use crate::harness::{Setup, World, wait::until};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT};
use crate::members::named_team;

/// The message of the line of an external write.
const WRITE: &str = "external write";

/// Everything that the operator logged, each line as JSON.
fn lines(world: &World) -> Vec<Value> {
    let log = world.operator.as_ref().expect("it runs").log();
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The lines with this message.
fn lines_of(world: &World, message: &str) -> Vec<Value> {
    lines(world).into_iter().filter(|line| line["msg"] == message).collect()
}

/// The lines about a resource with this level.
fn lines_about(world: &World, name: &str, level: &str) -> Vec<Value> {
    lines(world).into_iter().filter(|line| line["name"] == name && line["level"] == level).collect()
}

/// What the operator calls this request.
fn operation(entry: &Entry) -> &'static str {
    let (method, path) = (entry.method.as_str(), entry.path.as_str());
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("POST", ["v1", "team"]) => "create team",
        ("PUT", ["v1", "team", _]) => "rename team",
        ("DELETE", ["v1", "team", _]) => "delete team",
        ("POST", ["v1", "team", _, "invitation"]) => "invite",
        ("POST", ["v1", "service"]) => "create service",
        ("DELETE", ["v1", "service", _]) => "delete service",
        ("POST", ["accounts"]) => "create sub-account",
        ("DELETE", ["accounts"]) => "delete sub-account",
        _ => panic!("a write that the test does not know: {}", entry.line()),
    }
}

/// The name of the resource that a request is about. Each object is named as its resource, up to a dot; `names`: by external id.
fn resource(entry: &Entry, names: &BTreeMap<String, String>) -> String {
    let line = entry.line();
    if let Some((_, name)) = names.iter().find(|(id, _)| line.contains(id.as_str())) {
        return name.clone();
    }
    let in_query = entry.query.iter().find(|(key, _)| key == "name").map(|(_, value)| value.as_str());
    let name = entry.body["name"].as_str().or(in_query).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_lowercase()
}

/// Operation, resource and status of each write, sorted: as the journal has them, and as the log has them.
fn told(world: &World, names: &BTreeMap<String, String>) -> [Vec<String>; 2] {
    let journal = world.emulator.journal();
    let sent = journal.iter().filter(|entry| entry.is_write());
    let sent = sent.map(|entry| format!("{} {} {}", operation(entry), resource(entry, names), entry.status));
    let text = |line: &Value, field: &str| line[field].as_str().unwrap_or("?").to_owned();
    let logged = lines_of(world, WRITE).into_iter();
    let logged = logged.map(|line| format!("{} {} {}", text(&line, "operation"), text(&line, "name"), line["status"]));
    let sorted = |mut lines: Vec<String>| {
        lines.sort_unstable();
        lines
    };
    [sorted(sent.collect()), sorted(logged.collect())]
}

fn team(name: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {{name: {name}}}, spec: {{name: {name}{spec}}}}}"
    )
}

/// A life: creates, changes, an invitation, an adoption, an orphan, a refusal, a 429, a lost answer, deletions. Returns the resources'
/// names by external id.
async fn live(world: &World) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    world.human("POST", "/customer-cmd/v1/team", json!({"name": "found"}));
    world.emulator.fault(Fault::new("POST", "/v1/team$", 1, Trouble::DropAfter));
    world.apply(&team("found", ", adoptionPolicy: IfUnique"));
    world.apply(&team("kept", ", deletionPolicy: Orphan"));
    world.apply(&named_team("platform", "platform", "{email: ada@example.com}"));
    world.apply(SERVICE);
    world.apply(SUB_ACCOUNT);
    for resource in ["pingteam/found", "pingteam/kept", "pingteam/platform", "pingsvc/checkout", "pingsub/acme"] {
        let id = id_of(&world.ready(resource).await);
        names.insert(id, resource.split('/').nth(1).unwrap_or_default().to_owned());
    }
    world.emulator.fault(Fault::new("POST", "/v1/team$", 1, Reply::new(422, r#"{"message": "no"}"#)));
    world.apply(&team("refused", ""));
    world.says("pingteam/refused", "Invalid").await;
    world.patch("pingteam/refused", r#"{"spec": {"name": "refused.2"}}"#);
    names.insert(id_of(&world.ready("pingteam/refused").await), "refused".to_owned());
    let retry_after = Some("1".to_owned());
    world.emulator.fault(Fault::new("PUT", "/v1/team/", 1, Trouble::TooMany { retry_after }));
    world.patch("pingteam/found", r#"{"spec": {"name": "found.2"}}"#);
    world.ready("pingteam/found").await;
    for resource in ["pingteam/kept", "pingsvc/checkout", "pingsub/acme"] {
        world.delete(resource);
        world.gone(resource).await;
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_in_the_journal_has_one_line_and_no_line_is_without_a_write() {
    let world = Setup { read_lag: 0, flags: vec!["--log-level=info".to_owned()], ..Setup::default() }.build().await;
    let names = live(&world).await;
    let [sent, logged] = told(&world, &names);
    assert!(sent.len() >= 10, "{sent:?}");
    assert_eq!(sent, logged);
    for line in lines_of(&world, WRITE) {
        let has = |field: &str| !line[field].is_null();
        let fields = ["controllerKind", "namespace", "name", "generation", "config", "durationMs", "attempt", "result"];
        assert!(fields.iter().all(|field| has(field)), "{line}");
        let is_done = line["result"] == "done";
        assert_eq!(is_done, (200..300).contains(&line["status"].as_u64().unwrap_or_default()), "{line}");
        assert!(!is_done || has("externalId"), "{line}");
        assert!(is_done || has("error"), "{line}");
    }
    let invited = lines_of(&world, WRITE).into_iter().find(|line| line["operation"] == "invite").unwrap_or_default();
    assert!(invited["change"].as_str().unwrap_or_default().contains("ada@example.com"), "{invited}");
    let refused = lines_about(&world, "refused", "warn");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0]["reason"], "Invalid");
    assert!(refused[0]["error"].as_str().unwrap_or_default().contains("change the spec"), "{refused:?}");
    for (message, name) in [("adopted", "found"), ("orphaned", "kept"), ("recovered", "refused")] {
        let told: Vec<_> = lines_of(&world, message).into_iter().filter(|line| line["name"] == name).collect();
        assert_eq!(told.len(), 1, "{message}: {:?}", lines_of(&world, message));
    }
    let of =
        |part: &str| lines(&world).into_iter().filter(|line| line["msg"].as_str().unwrap_or("").contains(part)).count();
    assert_eq!((of("asks for fewer calls"), of("account is used again")), (1, 1));
    assert_eq!(of("starting"), 1);
    assert!(lines_of(&world, "cache synced").iter().any(|line| line["controllerKind"] == "Team"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ninety_one_writes_and_many_failures_leave_one_line_for_each_write_and_one_for_each_failure() {
    const TEAMS: usize = 30;
    let world = World::new().await;
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 100}}}"#);
    let name = |number: usize| format!("team-{number}");
    let all = |spec: &str| (0..TEAMS).map(|number| team(&name(number), spec)).collect::<Vec<_>>().join("\n---\n");
    let is_ready = |kind: &str| world.kubectl(&["wait", kind, "--all", "--for=condition=Ready", "--timeout=60s"], "");
    world.apply(&all(""));
    let (ready, text) = is_ready("pingteam");
    assert!(ready, "{text}");
    let names: BTreeMap<_, _> = {
        let (_, text) = world.kubectl(
            &["get", "pingteam", "-o", "jsonpath={range .items[*]}{.status.externalId} {.metadata.name}{\"\\n\"}{end}"],
            "",
        );
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .collect()
    };
    for number in 0..TEAMS {
        world.patch(&format!("pingteam/{}", name(number)), &format!(r#"{{"spec": {{"name": "{}.2"}}}}"#, name(number)));
    }
    until("all are renamed", async || world.count(&["PUT", "/v1/team/"]) == TEAMS).await;
    // Failures: a refused create, and what refers to a Team that is not there.
    world.emulator.fault(Fault::new("POST", "/v1/team$", Fault::FOREVER, Reply::new(422, r#"{"message": "no"}"#)));
    world.apply(&team("refused", ""));
    world.says("pingteam/refused", "Invalid").await;
    let lonely = |number: usize| {
        SERVICE.replace("name: platform", "name: nowhere").replace("name: checkout", &format!("name: lonely-{number}"))
    };
    world.apply(&(0..10).map(lonely).collect::<Vec<_>>().join("\n---\n"));
    for number in 0..10 {
        let service = format!("pingsvc/lonely-{number}");
        world.says(&service, "ReferenceNotFound").await;
        world.look_again(&service).await;
        world.look_again(&service).await;
    }
    for number in 0..TEAMS {
        world.delete(&format!("pingteam/{}", name(number)));
    }
    until("all are deleted", async || world.count(&["DELETE", "/v1/team/"]) == TEAMS).await;
    for number in 0..TEAMS {
        world.gone(&format!("pingteam/{}", name(number))).await;
    }
    let [sent, logged] = told(&world, &names);
    assert!(sent.len() > 3 * TEAMS, "{sent:?}");
    assert_eq!(sent, logged);
    for number in 0..10 {
        let told = lines_about(&world, &format!("lonely-{number}"), "warn");
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0]["reason"], "ReferenceNotFound");
        assert!(told[0]["error"].as_str().unwrap_or_default().contains("nowhere"), "{told:?}");
    }
    let refused = lines_about(&world, "refused", "warn");
    assert_eq!((refused.len(), &refused[0]["reason"]), (1, &json!("Invalid")), "{refused:?}");
}

/// Why a reconcile ran, what it planned, and how long each step took.
#[tokio::test(flavor = "multi_thread")]
async fn at_debug_each_reconcile_tells_why_it_ran_what_was_planned_and_how_long_each_step_took() {
    let world = Setup { flags: vec!["--log-level=debug".to_owned()], log_level: "", ..Setup::default() }.build().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.look_again("pingteam/platform").await;
    // The line is written a moment after the status.
    let has_ended = |line: &Value| line["msg"] == "reconciled" && line["trigger"] == "request";
    until("the reconcile has ended", async || lines_about(&world, "platform", "debug").iter().any(has_ended)).await;
    let about = lines_about(&world, "platform", "debug");
    let of = |message: &str| about.iter().filter(|line| line["msg"] == message).cloned().collect::<Vec<_>>();
    assert!(of("planned").iter().any(|line| line["operations"].to_string().contains("create team")), "{about:#?}");
    assert!(of("step").iter().all(|line| line["durationMs"].is_u64() && line["step"].is_string()), "{about:#?}");
    for step in ["resolve", "read", "permit", "write ahead", "write", "status"] {
        assert!(of("step").iter().any(|line| line["step"] == step), "{step}: {about:#?}");
    }
    let ended = of("reconciled");
    let triggers: Vec<_> = ended.iter().filter_map(|line| line["trigger"].as_str()).collect();
    assert!(triggers.contains(&"change") && triggers.contains(&"request"), "{ended:#?}");
    assert!(ended.iter().all(|line| line["durationMs"].is_u64() && line["reconcileID"].is_string()), "{ended:#?}");
}
