//! How a plan behaves towards a provider, and what it tells meanwhile.

use std::time::Instant;

use clap::Parser as _;
use ping_emulator::{Fault, Trouble};

use crate::cli::plan::tests::bench::{Bench, CommandLine, SECRET};

const TEAM: &str =
    "{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: platform}, spec: {name: Platform}}";

#[tokio::test]
async fn a_pause_that_a_provider_asks_for_is_waited_for_however_often() {
    let bench = Bench::start().await;
    bench.emulator.fault(Fault::new("GET", "/v1/", 2, Trouble::TooMany { retry_after: Some("1".to_owned()) }));
    let began = Instant::now();
    let planned = bench.plan(&[&bench.config("default"), SECRET, TEAM], &[]).await.unwrap();
    assert_eq!(planned.total(), "1 to create, 0 to change, 0 to delete, 0 unchanged, 1 calls");
    assert!(began.elapsed().as_secs() >= 2);
}

#[tokio::test]
async fn a_pause_that_is_longer_than_the_plan_may_take_ends_it_at_once_with_the_flag() {
    let bench = Bench::start().await;
    bench.emulator.fault(Fault::new("GET", "/v1/", 9, Trouble::TooMany { retry_after: Some("600".to_owned()) }));
    let began = Instant::now();
    let errors = bench.plan(&[&bench.config("default"), SECRET, TEAM], &["--timeout", "90s"]).await.err().unwrap();
    assert!(began.elapsed().as_secs() < 20);
    for expected in ["asks for fewer calls (429), for 10m:", "within 1m 30s (0 of 1 known reads done)", "--timeout"] {
        assert!(errors[0].contains(expected), "{errors:?}");
    }
}

#[tokio::test]
async fn reads_that_take_too_long_end_the_plan_with_the_flag() {
    let bench = Bench::start().await;
    bench.emulator.fault(Fault::new("GET", "/v1/", 9, Trouble::Before { status: 503 }));
    let errors = bench.plan(&[&bench.config("default"), SECRET, TEAM], &["--timeout", "300ms"]).await.err().unwrap();
    assert!(
        errors[0].contains("cannot be read within 1s (0 of 1 known reads done): give a longer --timeout"),
        "{errors:?}"
    );
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_told_once_with_the_flag_that_allows_it() {
    let bench = Bench::start().await;
    let away = |name: &str| bench.config(name).replace("http://127.0.0.1:", "https://elsewhere.example.com:");
    let other = TEAM.replace("platform", "other").replace("spec: {", "spec: {providerConfigRef: {name: second}, ");
    let third = TEAM.replace("platform", "third");
    let planned = bench.plan(&[&away("default"), &away("second"), SECRET, TEAM, &other, &third], &[]).await.unwrap();
    assert_eq!(
        planned.told,
        "FILE:1:1: ProviderConfig default/default: EndpointNotAllowed: `endpoints.customerQuery`: the host 'elsewhere.example.com' is not \
         allowed: give --allow-endpoint elsewhere.example.com, or remove the field (3 resources are not planned)"
    );
    assert_eq!(planned.report.totals.blocked, 3);
}

#[tokio::test]
async fn input_without_a_manifest_and_one_input_for_two_flags_are_errors() {
    let bench = Bench::start().await;
    let errors = bench.plan(&["# nothing"], &[]).await.err().unwrap();
    assert!(errors[0].contains("there is no manifest in it"), "{errors:?}");
    let twice = CommandLine::try_parse_from(["plan", "-f", "-", "--prune-from", "-"]).unwrap();
    let errors = twice.args.plan().await.err().unwrap();
    assert!(errors[0].contains("can be read once only"), "{errors:?}");
}
