//! No canary is left in a report, wherever it was.

use serde_json::{Map, Value, json};

use crate::api::crds::definition;
use crate::api::kinds::Kind;
use crate::cli::kubectl::bundle::contents::{Bundle, BundleInput};
use crate::cli::kubectl::bundle::veil::Veil;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::select::released;
use crate::provider::failure::Failure;
use crate::provider::proof::Repetition;
use crate::provider::request::Host;

const CANARY: &str = "CANARY";

/// An object of a schema with a canary in each text of it that is no word of a list and no time.
fn full(path: &str, schema: &Value) -> Value {
    let properties = schema["properties"].as_object();
    if let Some(properties) = properties {
        let field = |(name, schema): (&String, &Value)| (name.clone(), full(&format!("{path}.{name}"), schema));
        return Value::Object(properties.iter().map(field).collect());
    }
    match schema["type"].as_str() {
        Some("array") => json!([full(path, &schema["items"])]),
        Some("object") => json!({ "a": full(path, &schema["additionalProperties"]) }),
        Some("boolean") => json!(true),
        Some("integer") => json!(1),
        _ if schema.get("enum").is_some() => schema["enum"][0].clone(),
        _ if schema["format"] == "date-time" => json!("2026-01-01T00:00:00Z"),
        _ => json!(format!("{CANARY}{path}")),
    }
}

/// The texts that still have a canary, by their paths.
fn left(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| left(&format!("{path}.{name}"), value, found)),
        Value::Array(items) => items.iter().for_each(|item| left(path, item, found)),
        Value::String(text) if text.contains(CANARY) => found.push(path.to_owned()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn of_every_kind_only_references_and_ids_are_shown() {
    for kind in released() {
        let crd = serde_json::to_value(definition(kind).unwrap()).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
        let mut object = Map::new();
        for part in ["spec", "status"] {
            object.insert(part.to_owned(), full(part, &schema[part]));
        }
        let mut veil = Veil::new(1);
        let resource = ClusterResource::new(kind, Value::Object(object));
        let hidden = veil.resource(&resource);
        let report = veil.messages(hidden);
        let mut found = Vec::new();
        left("", &report, &mut found);
        let shown = ["Id", ".id", ".servedBy", ".type"];
        let is_reference = |path: &String| path.contains("Ref.") || shown.iter().any(|end| path.ends_with(end));
        let is_condition = |path: &String| path.contains(".conditions.") && !path.ends_with(".message");
        found.retain(|path| !is_reference(path) && !is_condition(path));
        // The message of a condition has only what is hidden nowhere else: here its own canary.
        found.retain(|path| !path.ends_with(".conditions.message"));
        assert_eq!(found, [""; 0], "{kind}");
    }
}

#[test]
fn no_canary_is_left_in_the_whole_text() {
    let value = "https://user:CANARY@hooks.example.com/CANARY";
    let ready = json!({
        "type": "Ready", "status": "False", "reason": "Invalid", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z",
        "message": format!("refused: {value}; ada.CANARY@example.com has not answered; +4912345CANARY, CANARY-name is taken"),
    });
    let channel = json!({
        "metadata": {
            "name": "hook", "namespace": "n", "labels": { "a": "CANARY" },
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "CANARY", "ping-operator.dev/create-intent": "CANARY",
                "ping-operator.dev/reconcile-requested-at": "2026-01-01T00:00:00Z", "ping-operator.dev/test-requested-at": "CANARY",
            },
        },
        "spec": { "type": "webhook", "value": value, "somethingNew": "+4912345CANARY", "name": "CANARY-name" },
        "status": { "conditions": [ready], "externalId": "7" },
    });
    let config = json!({ "metadata": { "name": "c" }, "spec": { "endpoints": { "api": "https://u:CANARY@a.example.com:8443/CANARY" } } });
    let event = json!({
        "metadata": {}, "involvedObject": { "apiVersion": "ping-operator.dev/v1alpha1", "kind": "NotificationChannel", "name": "hook" },
        "reason": "Invalid", "message": format!("{value} is refused"), "eventTime": "2026-01-01T00:00:05.000000Z",
    });
    let args = ["run", "--proxy", "http://u:CANARY@proxy:3128", "--proxy=http://u:CANARY@proxy:3128"];
    let env = json!([{ "name": "PING_OPERATOR_PROXY", "value": "CANARY" }]);
    let pod =
        json!({ "metadata": { "name": "p" }, "spec": { "containers": [{ "name": "o", "args": args, "env": env }] } });
    let orphan =
        json!({ "kind": "Team", "name": "t", "externalId": "7", "why": format!("see {value}"), "other": "CANARY" });
    let kind = |word: &str| Kind::parse(word).unwrap();
    let input = BundleInput {
        resources: vec![
            ClusterResource::new(kind("NotificationChannel"), channel),
            ClusterResource::new(kind("ProviderConfig"), config),
        ],
        events: vec![serde_json::from_value(event).unwrap()],
        pods: vec![serde_json::from_value(pod).unwrap()],
        orphans: [("u".to_owned(), orphan.to_string())].into(),
        ..BundleInput::default()
    };
    let text = serde_saphyr::to_string(&Bundle::of(input, &mut Veil::new(7))).unwrap();
    assert!(!text.contains(CANARY), "{text}");
    for expected in [
        "https://a.example.com:8443/…",
        "Invalid",
        "externalId: '7'",
        "reconcile-requested-at: '2026-01-01T00:00:00Z'",
        "--proxy",
    ] {
        assert!(text.replace('"', "'").contains(expected), "{expected}: {text}");
    }
}

#[test]
fn no_value_of_an_earlier_spec_is_left_in_messages_and_events() {
    let notes = [
        "update customer: surname: CANARY → (none)",
        "update customer: surname: CANARY-1 → CANARY: 2; firstName: CANARY; x → CANARY → 3 (external id c-1)",
        "update account: name: CANARY → Acme",
        "rename team: name: CANARY → Platform",
        "move member: members: CANARY in CANARY → CANARY in CANARY",
        "the provider differs, and nothing is written (ObserveOnly): name: CANARY → Platform; and 3 more; CANARY",
        "`name` was written 3 times and accepted each time, and is still 'CANARY Co' instead of 'O'CANARY': find out who",
        "the name 'CANARY' is borne by a team already (7): adopt it",
        "the provider refused 'create team' (HTTP 422); the provider says: \"surname CANARY is 'CANARY'\": change the spec",
        "the API server refused it; it says: \"admission webhook: CANARY may not",
    ];
    let condition = |message: &&str| {
        json!({
            "type": "Ready", "status": "False", "reason": "Invalid", "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z", "message": message,
        })
    };
    let event = |message: &&str| {
        let about =
            json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "name": "t", "namespace": "n" });
        let time = "2026-01-01T00:00:05.000000Z";
        let event = json!({ "metadata": {}, "involvedObject": about, "message": message, "eventTime": time });
        serde_json::from_value(event).unwrap()
    };
    let team = json!({
        "metadata": { "name": "t", "namespace": "n" }, "spec": { "name": "Platform" },
        "status": { "conditions": notes.iter().map(condition).collect::<Vec<_>>() },
    });
    let kind = Kind::parse("Team").unwrap();
    let input = BundleInput {
        resources: vec![ClusterResource::new(kind, team)],
        events: notes.iter().map(event).collect(),
        ..BundleInput::default()
    };
    let text = serde_saphyr::to_string(&Bundle::of(input, &mut Veil::new(7))).unwrap();
    assert!(!text.contains(CANARY), "{text}");
    for expected in ["surname: (", "→ (none)", "(external id c-1)", "`name` was written 3 times", "adopt it"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn what_a_helper_needs_stays_in_the_messages_of_failures() {
    let veil = Veil::new(7);
    for failure in [
        Failure::from_status(false, "create notification channel", 422),
        Failure::from_status(false, "read account", 404).at_wrong_address(
            Repetition::Read,
            "read account",
            Host::CustomerQuery,
        ),
        Failure::from_status(false, "delete team", 409).of_deletion("delete team"),
    ] {
        assert_eq!(veil.message(&failure.message), failure.message);
    }
}

#[test]
fn a_value_that_the_report_shows_as_a_name_is_no_mark_elsewhere() {
    let resource = |kind: &str, name: &str, spec: Value| {
        let metadata = json!({ "name": name, "namespace": "n" });
        ClusterResource::new(Kind::parse(kind).unwrap(), json!({ "metadata": metadata, "spec": spec }))
    };
    let mut veil = Veil::new(7);
    let service = veil.resource(&resource("Service", "checkout", json!({ "name": "checkout" })));
    veil.resource(&resource("Team", "t", json!({ "name": "Team" })));
    veil.resource(&resource("Team", "u", json!({ "name": "Ada Lovelace" })));
    assert!(service["spec"]["name"].as_str().is_some_and(|name| name.starts_with("(8 characters #")), "{service}");
    assert_eq!(veil.text("Team n/checkout"), "Team n/checkout");
    assert!(veil.text("Ada Lovelace in Team n/t").starts_with("(12 characters #"));
}

#[test]
fn the_name_of_every_call_is_shown() {
    let veil = Veil::new(7);
    let sources =
        [include_str!("../../../provider/pinghome/call.rs"), include_str!("../../../provider/nodeping/call.rs")];
    let arms = sources.iter().flat_map(|source| source.lines()).filter_map(|line| line.split_once("=> \""));
    let operations: Vec<_> = arms.filter_map(|(_, end)| end.strip_suffix("\",")).collect();
    assert_eq!(operations.len(), 35);
    for operation in operations {
        let text = format!("the provider refused '{operation}'");
        assert_eq!(veil.message(&text), text);
    }
}
