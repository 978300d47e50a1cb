//! Two operators: one works, and the other takes over, whatever happens to the first.

use crate::faults::{Fuse, Gateway, Line, Plan};
use crate::harness::world::TEAM;
use crate::harness::{Operator, Setup, World, wait::until};

/// A world with a leader and another operator that stands by.
async fn two_operators() -> (World, Operator) {
    let world = setup().build().await;
    stands_by(world).await
}

fn setup() -> Setup {
    let flags = ["--leader-elect", "--lease-name", "ping-operator"].map(str::to_owned).to_vec();
    Setup { flags, is_home: true, ..Setup::default() }
}

/// Starts an operator beside the leader.
async fn stands_by(world: World) -> (World, Operator) {
    world.apply(TEAM);
    world.ready("pingteam/platform").await;
    let other = world.another_operator().await;
    let (_, readyz) = other.get("/readyz").await.unwrap_or_default();
    assert!(readyz.contains("standing by"), "{readyz}");
    assert_eq!(leads(&other).await, None);
    assert_eq!(leads(world.operator.as_ref().expect("the leader")).await.as_deref(), Some("1"));
    world.emulator.clear_journal();
    (world, other)
}

async fn leads(operator: &Operator) -> Option<String> {
    let text = operator.get("/metrics").await?.1;
    let line = text.lines().find(|line| line.starts_with("leader_election_master_status{"))?.to_owned();
    line.rsplit(' ').next().map(str::to_owned)
}

/// Changes the Team's name, and waits until that is done.
pub(crate) async fn renamed(world: &World, name: &str) {
    world.patch("pingteam/platform", &format!(r#"{{"spec": {{"name": "{name}"}}}}"#));
    until("the Team is renamed", async || {
        let team = world.get("pingteam/platform").await.unwrap_or_default();
        team["status"]["observedGeneration"] == team["metadata"]["generation"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_asked_to_end_hands_over_at_once() {
    let (mut world, other) = two_operators().await;
    renamed(&world, "One").await;
    world.stop().await;
    let begun = std::time::Instant::now();
    renamed(&world, "Two").await;
    eprintln!("[leader] the next write came {:.2} s after the end", begun.elapsed().as_secs_f64());
    assert_eq!(leads(&other).await.as_deref(), Some("1"));
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_is_followed_when_its_lease_is_over() {
    let (mut world, other) = two_operators().await;
    world.kill();
    let begun = std::time::Instant::now();
    renamed(&world, "Two").await;
    eprintln!("[leader] the next write came {:.1} s after the kill", begun.elapsed().as_secs_f64());
    assert_eq!(leads(&other).await.as_deref(), Some("1"));
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_frozen_for_a_part_of_its_lease_does_what_was_asked_meanwhile() {
    let (world, other) = two_operators().await;
    let leader = world.operator.as_ref().expect("the leader");
    leader.signal("STOP");
    world.patch("pingteam/platform", r#"{"spec": {"name": "Two"}}"#);
    // This long and not until a condition: when it wakes its lease holds, but for less than a write may take.
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    leader.signal("CONT");
    until("the Team is renamed", async || world.writes().len() == 1).await;
    world.ready("pingteam/platform").await;
    assert_eq!(leads(leader).await.as_deref(), Some("1"));
    assert_eq!(leads(&other).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_frozen_writes_nothing_when_it_wakes_and_ends() {
    let (mut world, other) = two_operators().await;
    let mut frozen = world.operator.take().expect("the leader");
    frozen.signal("STOP");
    renamed(&world, "Two").await;
    world.patch("pingteam/platform", r#"{"spec": {"name": "Three"}}"#);
    frozen.signal("CONT");
    until("the old leader has ended", async || frozen.ended().is_some()).await;
    assert!(frozen.ended().is_some_and(|status| !status.success()));
    assert!(
        frozen.log().contains("leadership is lost") || frozen.log().contains("another candidate"),
        "{}",
        frozen.log()
    );
    let told = ["this operator holds its Lease now", "leadership lost: the process ends"];
    assert!(told.iter().all(|line| frozen.log().contains(line)), "{}", frozen.log());
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    assert_eq!(leads(&other).await.as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_cut_off_from_the_api_server_writes_nothing_more_and_ends() {
    let mut world = Setup { is_started: false, ..setup() }.build().await;
    let gateway = Gateway::start(&world.cluster.operator(), Fuse::new(Plan::Record)).await;
    world.operator = Some(world.operator_through(gateway.kubeconfig()).await);
    let (mut world, other) = stands_by(world).await;
    let mut cut_off = world.operator.take().expect("the leader");
    gateway.lines().set(Line::Down);
    renamed(&world, "Two").await;
    until("the one that was cut off has ended", async || cut_off.ended().is_some()).await;
    assert!(cut_off.ended().is_some_and(|status| !status.success()));
    assert!(cut_off.log().contains("leadership is lost"), "{}", cut_off.log());
    assert_eq!(leads(&other).await.as_deref(), Some("1"));
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

/// Does something to the lease; afterwards there is one leader, and each change is written once.
async fn one_leads_after(change: &[&str]) {
    let (mut world, other) = two_operators().await;
    let mut old = world.operator.take().expect("the leader");
    let (changed, text) = world.kubectl(change, "");
    assert!(changed, "{text}");
    until("the old leader has ended, and the other one leads", async || {
        old.ended().is_some() && leads(&other).await.as_deref() == Some("1")
    })
    .await;
    renamed(&world, "Two").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_a_person_deletes_leaves_one_leader() {
    one_leads_after(&["delete", "lease", "ping-operator"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_a_person_gives_to_another_leaves_one_leader() {
    one_leads_after(&[
        "patch",
        "lease",
        "ping-operator",
        "--type=merge",
        "-p",
        r#"{"spec": {"holderIdentity": "me"}}"#,
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_gets_no_answer_about_its_lease_is_not_ready_and_says_little() {
    let world = setup().build().await;
    let gateway = Gateway::start(&world.cluster.operator(), Fuse::new(Plan::Record)).await;
    let standby = world.operator_through(gateway.kubeconfig()).await;
    let code = async || standby.get("/readyz").await.map(|(code, _)| code);
    assert_eq!(code().await, Some(200));
    gateway.lines().set(Line::Down);
    let begun = std::time::Instant::now();
    until("the standby is not ready", async || code().await == Some(503)).await;
    let minutes = begun.elapsed().as_secs() / 60 + 1;
    let log = standby.log();
    let lines =
        log.lines().filter(|line| line.contains(r#""level":"warn""#) || line.contains(r#""level":"error""#)).count();
    assert!(lines >= 1 && lines <= 5 * usize::try_from(minutes).unwrap_or(1), "{log}");
    gateway.lines().set(Line::Open);
    until("the standby is ready again", async || code().await == Some(200)).await;
}
