//! What is counted, and the whole exposition: line by line, and against docs/metrics.md.

pub(crate) mod exposition;

use std::collections::BTreeSet;

use exposition::{MetricFamily, documented, findings, read, row_of};
use jiff::Timestamp;
use kube::core::Status;
use ping_emulator::{Emulator, Settings as EmulatorSettings};
use serde_json::json;

use super::*;
use crate::api::conditions::{ConditionStatus, ConditionSummary, ConditionType};
use crate::api::provider_config::view::{ConfigResource, ConfigView};
use crate::api::provider_config::{Provider, ProviderConfig};
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::api::team::Team;
use crate::connection::clock::Clock;
use crate::connection::endpoints::AllowedEndpoints;
use crate::connection::http::Http;
use crate::connection::network::Network;
use crate::connection::options::{ConnectionOptions, Observation, RequestSample};
use crate::operator::options::RemovedTokens;
use crate::operator::reconcile_result::Action;
use crate::operator::state::connections::Connections;
use crate::operator::state::index::row::{Age, IndexRow, RefSummary};
use crate::operator::state::index::{Index, Triggers};
use crate::operator::telemetry::metrics::text_format::TextFormat;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::outcome::Outcome;
use crate::plan::state::State;

/// The families of the classic format.
fn families(metrics: &Metrics) -> Vec<MetricFamily> {
    read(&TextFormat::Classic.of(metrics.exposition())).unwrap()
}

fn value(metrics: &Metrics, series: &str) -> Option<f64> {
    families(metrics).iter().find_map(|family| family.samples.get(series).copied())
}

/// A config whose provider is the emulator.
fn config(emulator: &Emulator) -> ConfigView {
    let base = format!("http://{}/customer-query", emulator.address());
    let config = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": "ProviderConfig",
        "metadata": { "name": "default", "namespace": "monitoring", "uid": "c" },
        "spec": {
            "provider": "Pinghome", "credentials": { "secretRef": { "name": "s", "key": "k" } },
            "endpoints": { "customerQuery": base }, "deletionGuard": { "maxDeletions": 5 },
        },
        "status": { "recentDeletions": [
            { "uid": "old", "time": "2020-01-01T00:00:00Z" }, { "uid": "new", "time": Timestamp::now() },
        ] },
    });
    serde_json::from_value::<ProviderConfig>(config).unwrap().view()
}

fn row(config: Option<ConfigView>, uid: String) -> IndexRow {
    let ready = ConditionSummary {
        type_: ConditionType::Ready,
        status: ConditionStatus::True,
        reason: Some(Reason::Available),
    };
    IndexRow {
        uses: Vec::new(),
        claims: Vec::new(),
        awaits_claim: false,
        is_managed: config.is_none(),
        is_deleted: false,
        age: Age { created: Timestamp::UNIX_EPOCH, uid: uid.into() },
        referent: RefSummary::default(),
        config: config.map(Arc::new),
        unreadable: None,
        conditions: vec![ready],
        mentions: Vec::new(),
        moved: None,
    }
}

/// An index with so many Teams.
fn index(teams: usize) -> Arc<Index> {
    let index = Index::new(Triggers::new());
    for number in 0..teams {
        let key = ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: number.to_string() };
        index.put(&key, row(None, number.to_string()));
    }
    Arc::new(index)
}

/// Metrics of this state.
fn showing(mut metrics: Metrics, index: Arc<Index>, wanted: Option<bool>) -> (Metrics, Arc<Connections>) {
    let (clock, leadership) = (Clock::start(), Arc::new(|_: &str, _| true));
    let options =
        ConnectionOptions::new(Http::new(&Network::default()).unwrap(), clock, metrics.observer(), 4, leadership);
    let allowed = AllowedEndpoints::new(["127.0.0.1".to_owned()]);
    let connections = Arc::new(Connections::new(options, allowed, RemovedTokens::Kept, Arc::clone(&index)));
    metrics.show(Shown { clock, index, connections: Arc::clone(&connections) }, wanted);
    (metrics, connections)
}

fn sample(write: Option<WriteResult>) -> Observation<'static> {
    let (provider, took) = (Provider::Pinghome, Duration::from_millis(1));
    let operation = "create team";
    Observation::Request(RequestSample {
        provider,
        operation,
        code: 201,
        took,
        waited: true,
        write,
        created: None,
        failure: None,
    })
}

#[test]
fn a_reconcile_is_counted_once_whatever_it_came_to() {
    let (metrics, again) = (Metrics::new(), || Action::requeue(Duration::from_secs(1)));
    let stalled = State::Stalled { reason: Reason::Invalid, message: String::new() };
    for result in [
        ReconcileResult::error(again()),
        ReconcileResult::success(again()),
        ReconcileResult::success(Action::await_change()),
        ReconcileResult::of(&Outcome::State(stalled), Action::await_change()),
    ] {
        metrics.reconciled("ProviderConfig", &result, Duration::ZERO);
    }
    let text = metrics.exposition();
    for (result, count) in [("error", 1), ("requeue_after", 1), ("success", 2)] {
        let line = "controller_runtime_reconcile_total{controller=\"ProviderConfig\",result=";
        assert!(text.contains(&format!("{line}\"{result}\"}} {count}\n")), "{result}");
    }
    for name in ["controller_runtime_reconcile_errors", "controller_runtime_terminal_reconcile_errors"] {
        assert!(text.contains(&format!("{name}_total{{controller=\"ProviderConfig\"}} 1\n")), "{name}");
    }
}

#[test]
fn a_write_is_counted_by_its_result_and_a_read_is_not() {
    let metrics = Metrics::new();
    let observe = metrics.observer();
    for write in [None, Some(WriteResult::Done), Some(WriteResult::Unknown), Some(WriteResult::Done)] {
        observe(&sample(write));
    }
    for (result, count) in [("done", 2.0), ("refused", 0.0), ("unknown", 1.0)] {
        let labels = format!("provider=\"Pinghome\",operation=\"create team\",result=\"{result}\"");
        assert_eq!(
            value(&metrics, &format!("ping_operator_external_writes_total{{{labels}}}")),
            Some(count),
            "{result}"
        );
    }
}

#[test]
fn the_conditions_of_each_resource_are_shown_up_to_2000_resources_unless_the_flag_says_otherwise() {
    let (few, many) = (index(2_000), index(2_001));
    for (index, wanted, expected) in
        [(&few, None, 2_000), (&many, None, 0), (&many, Some(true), 2_001), (&few, Some(false), 0)]
    {
        let (metrics, _) = showing(Metrics::new(), Arc::clone(index), wanted);
        let families = families(&metrics);
        let family = families.iter().find(|family| family.name == "ping_operator_resource_status_condition").unwrap();
        assert_eq!(family.samples.len(), expected, "{wanted:?}");
        let enabled = value(&metrics, "ping_operator_resource_metrics_enabled");
        assert_eq!(enabled, Some(if expected > 0 { 1.0 } else { 0.0 }), "{wanted:?}");
    }
}

#[tokio::test]
async fn prometheus_reads_all_metrics_without_a_warning_and_the_page_about_them_has_each_as_it_is() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let (index, view) = (index(1), config(&emulator));
    index.put(&view.key, row(Some(view.clone()), "c".to_owned()));
    let mut metrics = Metrics::new();
    metrics.show_watches(Arc::new(Caches::new([(Kind::Team, String::new())])), Arc::clone(&index));
    let (metrics, connections) = showing(metrics, index, None);
    let writer = connections.open(&view, "token-a").await.ok().unwrap();
    // Every series once.
    metrics.observer()(&sample(Some(WriteResult::Done)));
    metrics.reconciled("Team", &ReconcileResult::success(Action::await_change()), Duration::ZERO);
    metrics.controller_started("Team", 1);
    metrics.wrote(EventReason::AdoptedExternalResource);
    metrics.set_leader("ping-operator-a1", true);
    let asked = Asked::to::<Team>(Verb::Patch, "n");
    metrics.api_errors()(&ApiTrouble::new(asked, kube::Error::LinesCodecMaxLineLengthExceeded));
    metrics.kubernetes.count("200".to_owned(), "GET".to_owned(), "127.0.0.1:6443".to_owned());
    drop(metrics.active("Team"));
    let asked = Asked::to::<Team>(Verb::List, "monitoring");
    metrics.api_errors()(&ApiTrouble::new(
        asked,
        kube::Error::Api(Box::new(Status::failure("no", "x").with_code(403))),
    ));
    let families = families(&metrics);
    assert_eq!(findings(&families), Vec::<String>::new());
    for name in Metrics::NAMES {
        let is_shown =
            families.iter().any(|family| family.name.strip_suffix("_total").unwrap_or(&family.name) == *name);
        assert!(is_shown, "{name} has no series in this test");
    }
    let shown: BTreeSet<_> = families.iter().map(|it| row_of(&it.name, &it.kind, &it.labels)).collect();
    assert_eq!(documented(include_str!("../../../../docs/metrics.md")), shown);
    let config = "kind=\"ProviderConfig\",namespace=\"monitoring\",name=\"default\"";
    let account = format!("provider=\"Pinghome\",account=\"{}\"", writer.reader().account_id().unwrap());
    for (series, expected) in [
        ("leader_election_master_status{name=\"ping-operator-a1\"}".to_owned(), 1.0),
        (format!("ping_operator_deletion_guard_remaining{{{config}}}"), 4.0),
        (format!("ping_operator_credential_paused{{{config},reason=\"RateLimited\"}}"), 0.0),
        (format!("ping_operator_rate_limit_queue_age_seconds{{{account},lane=\"resync\"}}"), 0.0),
    ] {
        assert_eq!(value(&metrics, &series), Some(expected), "{series}");
    }
    let read = format!("ping_operator_last_successful_read_timestamp_seconds{{{account},collection=\"customer\"}}");
    let now = Timestamp::now().as_duration().as_secs_f64();
    assert!(value(&metrics, &read).is_some_and(|at| at <= now && at + 60.0 > now), "{read}");
}

#[test]
fn what_promtool_warns_of_is_found_and_what_prometheus_cannot_read_is_no_exposition() {
    let found = |text: &str| findings(&read(text).unwrap()).len();
    assert_eq!(found("# HELP a_total A.\n# TYPE a_total counter\na_total{b=\"\\\"}\"} 1\n"), 0);
    for wrong in [
        "# HELP a A.\n# TYPE a counter\na 1\n",
        "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n",
        "# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n",
        "# HELP aB A.\n# TYPE aB gauge\naB 1\n",
        "# HELP a A.\n# TYPE a gauge\na{job=\"1\"} 1\n",
    ] {
        assert_eq!(found(wrong), 1, "{wrong}");
    }
    for unreadable in [
        "a 1\n",
        "# HELP a A.\n# TYPE a gauge\nb 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"\"\"} 1\n",
        "# HELP a A.\n# TYPE a gauge\na{b=\"1\"} 1\na{b=\"1\"} 1\n",
        "# HELP a A.\n# TYPE a unknown\na 1\n",
        "# HELP a A.\n# TYPE a gauge\na one\n",
        "# HELP a A.\n# TYPE a gauge\na 1\n# EOF\n",
    ] {
        assert!(read(unreadable).is_err(), "{unreadable}");
    }
}
