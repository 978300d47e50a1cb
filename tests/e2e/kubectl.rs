//! What people type, and what they expect to see.

use crate::harness::World;
use crate::harness::world::{IN_NAMESPACE, TEAM};
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};

#[tokio::test(flavor = "multi_thread")]
async fn get_ping_lists_every_kind_and_wait_returns_when_all_are_ready() {
    let world = World::new().await;
    world.apply(TEAM);
    world.apply(SERVICE);
    world.apply(SUB_ACCOUNT);
    world.apply(&channel("hook", "{teamRef: {name: platform}}", "webhook", "https://example.com/a"));
    let (ready, text) = world.kubectl(&["wait", "--for=condition=Ready", IN_NAMESPACE, "--all", "--timeout=60s"], "");
    assert!(ready, "{text}");
    let (listed, text) = world.kubectl(&["get", "ping"], "");
    assert!(listed, "{text}");
    for expected in ["team.ping-operator.dev/platform", "service.ping-operator.dev/checkout", "EXTERNAL-ID", "READY"] {
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_view_edit_or_administer_a_namespace_may_do_so_with_its_resources_and_no_more() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    // The API server puts these roles into `view`, `edit` and `admin` by their labels.
    for (person, roles) in
        [("viewer", &["view"] as &[_]), ("editor", &["view", "edit"]), ("admin", &["view", "edit", "admin"])]
    {
        for role in roles {
            let (label, role) = (format!("aggregate-to-{}", roles[roles.len() - 1]), format!("ping-operator-{role}"));
            let path = format!("jsonpath={{.metadata.labels.rbac\\.authorization\\.k8s\\.io/{label}}}");
            assert_eq!(world.kubectl(&["get", "clusterrole", &role, "-o", &path], ""), (true, "true".to_owned()));
            let (name, user) = (format!("--clusterrole={role}"), format!("--user={person}"));
            let (bound, text) =
                world.kubectl(&["create", "rolebinding", &format!("{person}-{role}"), &name, &user], "");
            assert!(bound, "{text}");
        }
    }
    let may =
        |person: &str, verb: &str, what: &str| world.kubectl(&["auth", "can-i", verb, what, "--as", person], "").0;
    for person in ["viewer", "editor", "admin"] {
        let (listed, text) = world.kubectl(&["get", "ping", "--as", person], "");
        assert!(listed && text.contains("team.ping-operator.dev/platform"), "{person}: {text}");
        let resource = |plural: &str| format!("{plural}.ping-operator.dev");
        for kind in ["accounts", "customers", "notificationchannels", "services", "subaccounts", "teams"] {
            assert_eq!(may(person, "patch", &resource(kind)), person != "viewer", "{person} {kind}");
        }
        let status = ["auth", "can-i", "patch", &resource("teams"), "--subresource=status", "--as", person];
        assert!(!world.kubectl(&status, "").0, "{person}");
        assert_eq!(may(person, "create", &resource("providerconfigs")), person == "admin", "{person}");
        assert!(!may(person, "get", "secrets") && !may(person, "get", &resource("clusterproviderconfigs")), "{person}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_does_not_return_before_a_change_is_made_true() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.emulator.set(|settings| settings.latency = 1000);
    world.patch("pingteam/platform", r#"{"spec": {"name": "Platform 2"}}"#);
    let filter = "jsonpath={.status.observedGeneration}=2";
    let (ready, text) = world.kubectl(&["wait", &format!("--for={filter}"), "pingteam/platform", "--timeout=60s"], "");
    assert!(ready, "{text}");
    assert!(world.writes().iter().any(|call| call.contains("Platform 2")), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_something_of_every_field() {
    let world = World::new().await;
    for field in [
        "team.spec.name",
        "notificationchannel.spec.owner.teamRef.name",
        "subaccount.spec.timezone",
        "providerconfig.spec.rateLimit.burst",
    ] {
        let (known, text) = world.kubectl(&["explain", field, "--api-version=ping-operator.dev/v1alpha1"], "");
        let description = text.split("DESCRIPTION:").nth(1).unwrap_or_default().trim().to_owned();
        assert!(known && description.len() > 10 && !description.starts_with("<empty>"), "{field}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_side_dry_run_refuses_an_unknown_field() {
    let world = World::new().await;
    let manifest = TEAM.replace("spec: {", "spec: {nmae: x, ");
    let (accepted, text) = world.kubectl(&["apply", "--server-side", "--dry-run=server", "-f", "-"], &manifest);
    assert!(!accepted && text.contains("nmae"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_the_definitions_prints_no_warning() {
    let world = World::new().await;
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/");
    let (accepted, text) = world.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", crds], "");
    assert!(accepted && !text.to_lowercase().contains("warning") && !text.contains("unrecognized format"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_resource_counts_as_not_yet_observed() {
    let mut world = World::new().await;
    world.stop().await;
    world.apply(TEAM);
    assert_eq!(world.get("pingteam/platform").await.unwrap_or_default()["status"]["observedGeneration"], -1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_valid() {
    let world = World::new().await;
    for examples in ["examples", "gitops/argocd/protected.yaml", "gitops/flux/protected.yaml"] {
        let path = format!("{}/deploy/{examples}", env!("CARGO_MANIFEST_DIR"));
        let (accepted, text) = world.kubectl(&["apply", "--server-side", "--dry-run=server", "-R", "-f", &path], "");
        assert!(accepted, "{examples}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_manifest_in_the_documentation_is_valid() {
    let world = World::new().await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide =
        std::fs::read_dir(root.join("docs/guide")).expect("the guide").map(|entry| entry.expect("a page").path());
    let mut seen = 0;
    for page in guide.chain([root.join("README.md")]) {
        let text = std::fs::read_to_string(&page).expect("a page");
        for block in text.split("```yaml\n").skip(1) {
            let manifest = block.split("```").next().unwrap_or_default();
            let (accepted, said) = world.kubectl(&["apply", "--server-side", "--dry-run=server", "-f", "-"], manifest);
            assert!(accepted, "{}: {said}\n{manifest}", page.display());
            seen += 1;
        }
    }
    assert!(seen >= 12, "{seen} manifests");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_the_names_that_dashboards_know() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let operator = world.operator.as_ref().expect("it runs");
    let (code, text) = operator.get("/metrics").await.unwrap_or_default();
    assert_eq!(code, 200);
    for expected in [
        "controller_runtime_reconcile_total{controller=\"Team\",result=",
        "controller_runtime_reconcile_errors_total{controller=\"ProviderConfig\"}",
        "controller_runtime_reconcile_time_seconds_bucket",
        "controller_runtime_active_workers",
        "workqueue_work_duration_seconds_bucket",
        "controller_runtime_max_concurrent_reconciles{controller=\"Team\"} 65535",
        "controller_runtime_terminal_reconcile_errors_total{controller=\"Team\"} 0",
        "controller_runtime_reconcile_panics_total{controller=\"Team\"} 0",
        "workqueue_unfinished_work_seconds{name=\"Team\"}",
        "workqueue_longest_running_processor_seconds{name=\"Team\"}",
        "rest_client_requests_total{code=\"200\",method=\"PATCH\",host=\"127.0.0.1:",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "ping_operator_provider_requests_total{provider=\"Pinghome\",operation=\"create team\",code=\"201\"} 1",
        "ping_operator_drift_detected_total{controller=\"Team\"} 0",
        "condition=\"Ready\",status=\"True\",reason=\"Available\"} 1",
        "ping_operator_external_writes_total{provider=\"Pinghome\",operation=\"create team\",result=\"done\"} 1",
        "ping_operator_external_actions_total{action=\"CreatedExternalResource\"} 1",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert_eq!(operator.get("/healthz").await.map(|(code, _)| code), Some(200));
}
