//! A replica without one of the rights that only the division of accounts needs.

use std::time::Duration;

use crate::harness::wait::until;
use crate::harness::world::TEAM;
use crate::harness::{Operator, Setup, World};
use crate::rights::{Rights, told};

/// How long nothing is written, so that it is seen that nothing is.
const QUIET: Duration = Duration::from_secs(3);

/// A replica that divides the accounts and lacks a right about Leases.
async fn replica_without(verb: &str) -> (World, Operator) {
    let flags = ["--leader-elect", "--shards", "2"].map(str::to_owned).to_vec();
    let world = Setup { flags, is_home: true, is_started: false, ..Setup::default() }.build().await;
    let kubeconfig = Rights::shipped(&world).without_verb("leases", verb).give(&world);
    world.apply(TEAM);
    let replica = world.spawn_through(&kubeconfig);
    (world, replica)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_may_not_list_leases_says_so_and_writes_nothing_until_it_may() {
    let (world, replica) = replica_without("list").await;
    until("the right is told", async || told(&world, &replica).await.contains("list leases")).await;
    tokio::time::sleep(QUIET).await;
    assert_eq!(world.writes(), Vec::<String>::new());
    Rights::shipped(&world).give(&world);
    world.ready("pingteam/platform").await;
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_may_not_delete_leases_works_and_says_so_when_it_ends() {
    let (world, mut replica) = replica_without("delete").await;
    world.ready("pingteam/platform").await;
    replica.signal("TERM");
    until("the replica has ended", async || replica.ended().is_some()).await;
    let log = replica.log();
    assert!(log.contains("forbids the operator to delete leases in the namespace"), "{log}");
}
