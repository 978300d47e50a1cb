//! What the review of a thousand manifests costs: `plan` against a provider that takes 5 ms, and `validate`.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::binary;
use crate::harness::world::TOKEN;
use crate::measure::{Memory, float};
use crate::table::{Growth, Table};
use crate::{Bench, create, team};

/// Half of them Teams that are there under these names, half new services of theirs.
fn manifests(bench: &Bench) -> String {
    let team = |i: usize| {
        format!(
            "apiVersion: ping-operator.dev/v1alpha1\nkind: Team\nmetadata:\n  name: team-{i}\nspec:\n  name: Renamed {i}\n  adoptionPolicy: IfUnique\n  \
             members:\n  - email: a{i}@example.com\n  - email: b{i}@example.com\n"
        )
    };
    let service = |i: usize| {
        format!(
            "apiVersion: ping-operator.dev/v1alpha1\nkind: Service\nmetadata:\n  name: service-{i}\nspec:\n  name: Service {i}\n  teamRef:\n    name: team-{i}\n"
        )
    };
    let half = 1..bench.n / 2;
    let fast = bench
        .world
        .config("default", "Pinghome")
        .replace("requestsPerSecond: 1000, burst: 1000", "requestsPerSecond: 100000, burst: 100000");
    let all = half.clone().map(team).chain(half.map(service)).chain([fast]);
    all.collect::<Vec<_>>().join("---\n")
}

/// How long a process took, and the most memory that it had, in MB.
fn ended(mut child: Child) -> (Duration, f64) {
    let (begun, mut peak) = (Instant::now(), 0.0_f64);
    while child.try_wait().expect("its state").is_none() {
        peak = peak.max(Memory::of(child.id()).peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    (begun.elapsed(), peak)
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env("THE_TOKEN", TOKEN).stdout(Stdio::null());
    command
}

pub(super) async fn review(bench: &Bench, table: &mut Table) {
    let teams: String = (0..bench.n).map(|i| team(&format!("team-{i}"), &format!("Team {i}"), &[])).collect();
    create(&bench.world, &teams);
    bench.all_ready().await;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("review.yaml");
    std::fs::write(&path, manifests(bench)).expect("a file");
    let (path, emulator) = (path.to_string_lossy(), &bench.world.emulator);
    let host = emulator.address().to_string();
    emulator.set(|settings| settings.latency = 5);
    let before = emulator.journal().len();
    let mut plan = command(&["plan", "-f", &path, "--token", "default=THE_TOKEN", "--allow-endpoint", &host]);
    let (took, peak) = ended(plan.spawn().expect("the binary"));
    emulator.set(|settings| settings.latency = 0);
    let journal = emulator.journal();
    let reads: Vec<_> = journal.iter().skip(before).map(|entry| (&entry.method, &entry.path, &entry.query)).collect();
    let collections: BTreeSet<_> = reads.iter().map(|read| format!("{read:?}")).collect();
    let n = bench.n;
    table.put(n, "plan of as many manifests at 5 ms of latency, s", Growth::Told, took.as_secs_f64(), "≤ 2");
    table.put(n, "plan: reads", Growth::Told, float(reads.len()), "each collection once");
    table.put(n, "plan: most RSS, MB", Growth::Told, peak, "≤ 100");
    assert!(journal.iter().skip(before).all(|entry| !entry.is_write()));
    assert_eq!(reads.len(), collections.len(), "each collection once");
    let (took, peak) = ended(command(&["validate", "-f", &path]).spawn().expect("the binary"));
    table.put(n, "validate, s", Growth::Told, took.as_secs_f64(), "≤ 1");
    table.put(n, "validate: most RSS, MB", Growth::Told, peak, "≤ 100");
}
