//! What comes out of the log, through the filter and the format that the operator uses.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;

use super::*;
use crate::api::provider_config::Provider;
use crate::api::reason::Reason;
use crate::connection::options::{Observation, Paused, RequestSample, WriteResult};
use crate::operator::state::reported_failures::ReportedFailures;
use crate::operator::telemetry::log::calls::observer;
use crate::operator::telemetry::log::reconcile;
use crate::operator::telemetry::log::reconcile::About;
use crate::plan::outcome::Outcome;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};
use crate::provider::request::Method;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(format: LineFormat, level: LogLevel, rust_log: &str, what: impl FnOnce()) -> String {
    let written = Lines::default();
    let writer = written.clone();
    let filter = filter(level, Some(rust_log.to_owned())).unwrap();
    let subscriber = registry().with(filter).with(lines(format, move || writer.clone()));
    tracing::subscriber::with_default(subscriber, what);
    let bytes = written.0.lock().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_line_has_the_fields_of_its_spans_at_every_level() {
    let text = logged(LineFormat::Json, LogLevel::Error, "", || {
        let span = tracing::error_span!("reconcile", name = "a", generation = tracing::field::Empty);
        span.record("generation", 3);
        let _entered = span.entered();
        tracing::error!(status = 500_u16, error = "it \"failed\"\n", created = None::<&str>, "no");
        tracing::warn!("not at this level");
    });
    let line: Value = serde_json::from_str(&text).unwrap();
    assert!(text.starts_with(r#"{"level":"error","ts":""#) && text.ends_with('\n'), "{text}");
    assert_eq!((&line["msg"], &line["name"], &line["generation"]), (&"no".into(), &"a".into(), &3.into()));
    assert_eq!((&line["error"], &line["status"]), (&"it \"failed\"\n".into(), &500.into()));
    assert!(line.get("created").is_none() && line.get("logger").is_none(), "{text}");
}

#[test]
fn a_line_of_text_is_one_line_whatever_a_field_holds() {
    let text = logged(LineFormat::Text { colours: false }, LogLevel::Info, "", || {
        tracing::info!(name = "a", error = "two\nlines \u{1b}[31m", times = 2, "told");
    });
    assert!(text.ends_with(" INFO told error=\"two\\nlines \\u001b[31m\" name=a times=2\n"), "{text:?}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn no_filter_lets_a_body_through() {
    let text = logged(LineFormat::Json, LogLevel::Trace, "trace,kube_client::client=trace", || {
        tracing::warn!(target: "kube_client::client", "a body");
        tracing::trace!(target: "kube_client::client", "a body");
        tracing::trace!(target: "kube_client::client::builder", "a body");
        tracing::trace!(target: "kube_client::config", "requesting");
    });
    assert!(text.contains("requesting") && !text.contains("a body"), "{text}");
}

#[test]
fn a_library_is_named_whether_it_logs_by_tracing_or_by_the_crate_log() {
    let text = logged(LineFormat::Json, LogLevel::Info, "", || {
        tracing::warn!(target: "hyper::client", "by tracing");
        // The form that a record of the crate `log` gets.
        tracing::warn!(target: "log", { "log.target" = "rustls::conn", "log.module_path" = "rustls", "log.line" = 3 }, "by log");
    });
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["logger"], &lines[1]["logger"]), (&"hyper::client".into(), &"rustls::conn".into()));
    assert!(!text.contains("log.line") && !text.contains("log.target"), "{text}");
}

#[test]
fn the_variable_wins_over_the_flag_where_both_say_something() {
    let told = |level, rust_log| {
        logged(LineFormat::Json, level, rust_log, || {
            tracing::debug!(target: "ping_operator", "own");
            tracing::info!(target: "hyper", "foreign");
        })
    };
    assert_eq!(told(LogLevel::Info, ""), "");
    assert!(told(LogLevel::Debug, " ").contains("own"));
    assert!(told(LogLevel::Info, "ping_operator=debug").contains("own"));
    assert!(!told(LogLevel::Debug, "ping_operator=warn").contains("own"));
    for all in ["debug", "hyper=warn, debug"] {
        assert!(told(LogLevel::Info, all).contains("own"), "{all}");
    }
    assert!(!told(LogLevel::Debug, "info").contains("own"));
    let both = told(LogLevel::Debug, "hyper=info");
    assert!(both.contains("own") && both.contains("foreign"), "{both}");
    assert!(filter(LogLevel::Info, Some("a=loud".to_owned())).unwrap_err().contains("RUST_LOG"));
}

fn sample(is_sent: bool, failure: Option<&Failure>) -> RequestSample<'_> {
    RequestSample {
        provider: Provider::Pinghome,
        operation: "create team",
        code: failure.map_or(201, |failure| failure.status),
        took: Duration::from_millis(7),
        waited: false,
        write: WriteResult::of(Method::Post, is_sent, failure),
        created: failure.is_none().then_some("t1"),
        failure,
    }
}

/// What an observer writes of these, at the default level.
fn observed(observations: &[Observation<'_>]) -> Vec<Value> {
    let log = observer(Arc::new(|_| ()));
    let text = logged(LineFormat::Json, LogLevel::Info, "", || {
        for observation in observations {
            log(observation);
        }
    });
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_write_that_the_provider_may_have_received_has_one_line() {
    let failed = |class, status| Failure { status, ..Failure::new(class, "x") };
    for (failure, result) in [
        (None, "done"),
        (Some(failed(Class::Invalid, 422)), "refused"),
        (Some(failed(Class::Wait, 429)), "refused"),
        (Some(failed(Class::Retry, 500)), "failed"),
        (Some(failed(Class::Uncertain, 0)), "unknown"),
    ] {
        let lines = observed(&[Observation::Request(sample(true, failure.as_ref()))]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!((&lines[0]["msg"], &lines[0]["result"]), (&"external write".into(), &result.into()));
        assert_eq!((&lines[0]["operation"], &lines[0]["durationMs"]), (&"create team".into(), &7.into()));
        assert_eq!(lines[0].get("externalId").is_some(), failure.is_none());
    }
    let unsent = failed(Class::Retry, 0);
    let read = RequestSample { write: None, ..sample(true, None) };
    assert_eq!(observed(&[Observation::Request(sample(false, Some(&unsent))), Observation::Request(read)]).len(), 0);
}

#[test]
fn a_resource_that_is_suspended_has_not_recovered_and_what_it_has_afterwards_is_new() {
    let (failures, now) = (ReportedFailures::default(), Timestamp::UNIX_EPOCH);
    let about = About { uid: "u", generation: 1, external_id: None, is_config: false };
    let invalid = Outcome::State(State::stalled(Reason::Invalid, "x".to_owned()));
    let text = logged(LineFormat::Json, LogLevel::Info, "", || {
        for outcome in [&invalid, &Outcome::Suspended, &invalid, &Outcome::State(State::Available)] {
            reconcile::outcome(&failures, about, outcome, now);
        }
    });
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| line["msg"].as_str().unwrap()).collect();
    assert_eq!(told, ["stalled", "stalled", "recovered"]);
}

#[test]
fn a_pause_and_a_slow_operation_are_told_once_and_a_pause_that_ends_is_told() {
    let slow =
        || Observation::Request(RequestSample { write: None, took: Duration::from_secs(6), ..sample(true, None) });
    let refused = Failure { status: 429, retry_after: Some(Duration::from_secs(2)), ..Failure::new(Class::Wait, "x") };
    let (paused, provider) = (|| Paused::Account(Some("a1".to_owned())), Provider::Pinghome);
    let pause = || Observation::Pause { paused: paused(), provider, operation: "invite", failure: &refused };
    let resume = || Observation::Resume { paused: paused(), provider };
    let throttled = || Observation::Throttled { account: "a1", provider, took: Duration::from_secs(11) };
    let lines = observed(&[slow(), slow(), throttled(), throttled(), pause(), pause(), resume(), resume(), pause()]);
    let told: Vec<_> = lines.iter().map(|line| line["msg"].as_str().unwrap()).collect();
    let asked = "the provider asks for fewer calls: the account pauses";
    let expected = ["slow call", "calls wait for the rate limit", asked, "the account is used again", asked];
    assert_eq!(told, expected);
    assert_eq!((&lines[2]["pauseMs"], &lines[2]["account"]), (&2000.into(), &"a1".into()));
}
