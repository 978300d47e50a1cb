//! What the operator tells Prometheus: in a form that every Prometheus reads, and as docs/metrics.md says.

#[path = "../../src/operator/telemetry/metrics/tests/exposition.rs"]
mod exposition;

use std::time::{Duration, SystemTime};

use ping_emulator::{Fault, Reply, Trouble};

use crate::harness::wait::until;
use crate::harness::world::TEAM;
use crate::harness::{Operator, World, reason};
use exposition::{MetricFamily, documented, findings, read, row_of};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

impl World {
    fn running(&self) -> &Operator {
        self.operator.as_ref().expect("it runs")
    }

    /// The metrics in the classic format.
    async fn families(&self) -> Vec<MetricFamily> {
        let answer = self.running().get("/metrics").await.expect("an answer").1;
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        read(body).unwrap_or_else(|why| panic!("{why}\n{body}"))
    }

    /// The value of a series: its name and its labels, in the order of the exposition.
    async fn value(&self, series: &str) -> Option<f64> {
        let name = series.split('{').next().unwrap_or_default();
        let families = self.families().await;
        families.iter().find(|family| family.name == name)?.samples.get(series).copied()
    }

    /// Waits until a series has a value.
    async fn shows(&self, series: &str, expected: f64) {
        let what = format!("{series} is {expected}");
        until(&what, async || self.value(series).await.is_some_and(|value| (value - expected).abs() < 1e-9)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_format_is_the_one_that_is_asked_for() {
    let world = World::new().await;
    world.ready("pingpc/default").await;
    for (accept, expected) in [
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", OPEN_METRICS),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", CLASSIC),
        ("*/*", CLASSIC),
    ] {
        let (code, answer) = world.running().get_as("/metrics", accept).await.expect("an answer");
        let is_open_metrics = expected == OPEN_METRICS;
        assert_eq!(code, 200);
        assert!(answer.contains(&format!("content-type: {expected}\r\n")), "{accept}: {answer}");
        assert_eq!(answer.ends_with("# EOF\n"), is_open_metrics, "{accept}");
        let family =
            if is_open_metrics { "controller_runtime_reconcile" } else { "controller_runtime_reconcile_total" };
        assert!(answer.contains(&format!("\n# TYPE {family} counter\n")), "{accept}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_reads_every_line_without_a_warning_and_the_page_about_metrics_names_all_of_them() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let families = world.families().await;
    assert_eq!(findings(&families), Vec::<String>::new());
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/metrics.md")).unwrap_or_default();
    let documented = documented(&page);
    let shown = families.iter().filter(|family| !family.samples.is_empty());
    let missing: Vec<_> = shown
        .map(|family| row_of(&family.name, &family.kind, &family.labels))
        .filter(|row| !documented.contains(row))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "in docs/metrics.md");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_is_counted_by_what_is_known_of_its_result() {
    let world = World::new().await;
    let written = |operation: &str, result: &str| {
        format!(
            "ping_operator_external_writes_total{{provider=\"Pinghome\",operation=\"{operation}\",result=\"{result}\"}}"
        )
    };
    world.emulator.fault(Fault::new("POST", "/v1/team", 1, Trouble::DropAfter));
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    world.shows(&written("create team", "unknown"), 1.0).await;
    world.shows(&written("create team", "done"), 0.0).await;
    let refusal = Reply::new(422, r#"{"message":"invalid"}"#);
    world.emulator.fault(Fault::new("PUT", "/v1/team/", 1, refusal));
    world.patch("pingteam/platform", r#"{"spec": {"name": "Refused"}}"#);
    world.says("pingteam/platform", "Invalid").await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Accepted"}}"#);
    world.ready("pingteam/platform").await;
    world.shows(&written("rename team", "refused"), 1.0).await;
    world.shows(&written("rename team", "done"), 1.0).await;
    let families = world.families().await;
    let family = families.iter().find(|family| family.name == "ping_operator_external_writes_total");
    let all: f64 = family.expect("the writes").samples.values().sum();
    let sent = u32::try_from(world.writes().len()).expect("a small number");
    assert!((all - f64::from(sent)).abs() < 0.5, "{all} counted, {sent} sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_are_counted_by_their_reason_and_reads_queues_and_the_guard_can_be_alerted_on() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let teams = |reason: &str, ready: &str| {
        format!("ping_operator_resources{{kind=\"Team\",reason=\"{reason}\",ready=\"{ready}\"}}")
    };
    world.shows(&teams("Available", "True"), 1.0).await;
    world.apply("{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: lost}, spec: {name: Lost, providerConfigRef: {name: none}}}");
    world.says("pingteam/lost", "ReferenceNotFound").await;
    world.shows(&teams("ReferenceNotFound", "False"), 1.0).await;
    let condition = format!(
        "ping_operator_resource_status_condition{{kind=\"Team\",namespace=\"{}\",name=\"lost\",condition=\"Ready\",status=\"False\",reason=\"ReferenceNotFound\"}}",
        world.namespace
    );
    world.shows(&condition, 1.0).await;
    let id = world.get("pingpc/default").await.unwrap_or_default()["status"]["account"]["id"].clone();
    let account = format!("provider=\"Pinghome\",account=\"{}\"", id.as_str().unwrap_or_default());
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    for collection in ["customer", "teams"] {
        let series =
            format!("ping_operator_last_successful_read_timestamp_seconds{{{account},collection=\"{collection}\"}}");
        let read = Duration::from_secs_f64(world.value(&series).await.expect("a time"));
        assert!(read < now && read + Duration::from_mins(10) > now, "{series} {read:?}");
    }
    for lane in ["change", "deletion", "retry", "resync"] {
        let series = format!("ping_operator_rate_limit_queue_age_seconds{{{account},lane=\"{lane}\"}}");
        assert!(world.value(&series).await.is_some(), "{series}");
    }
    let config = format!("kind=\"ProviderConfig\",namespace=\"{}\",name=\"default\"", world.namespace);
    let left = format!("ping_operator_deletion_guard_remaining{{{config}}}");
    let before = world.value(&left).await.expect("a number");
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    world.shows(&left, before - 1.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_and_a_429_show_as_pauses_of_the_config_until_a_call_succeeds_again() {
    let world = World::new().await;
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let paused = |reason: &str| {
        format!(
            "ping_operator_credential_paused{{kind=\"ProviderConfig\",namespace=\"{}\",name=\"default\",reason=\"{reason}\"}}",
            world.namespace
        )
    };
    world.shows(&paused("RateLimited"), 0.0).await;
    let too_many = Reply::new(429, "{}").header("Retry-After", "3");
    world.emulator.fault(Fault::new("PUT", "/v1/team/", 1, too_many));
    world.patch("pingteam/platform", r#"{"spec": {"name": "Later"}}"#);
    world.shows(&paused("RateLimited"), 1.0).await;
    world.ready("pingteam/platform").await;
    world.shows(&paused("RateLimited"), 0.0).await;
    world.shows(&paused("CredentialsRejected"), 0.0).await;
    world.secret("wrong");
    // A Secret is read when it is needed, and kept for some seconds.
    let mut asked = 0;
    until("the token is refused", async || {
        asked += 1;
        let look = format!("ping-operator.dev/reconcile-requested-at=look-{asked}");
        world.kubectl(&["annotate", "--overwrite", "pingpc/default", &look], "");
        reason(&world.get("pingpc/default").await.unwrap_or_default(), "Ready") == "CredentialsRejected"
    })
    .await;
    world.shows(&paused("CredentialsRejected"), 1.0).await;
    world.secret(crate::harness::world::TOKEN);
    world.ready("pingpc/default").await;
    world.shows(&paused("CredentialsRejected"), 0.0).await;
}
