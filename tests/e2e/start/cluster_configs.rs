//! Which of several operators serves a `ClusterProviderConfig`: the one whose namespaces use it.

use std::time::Duration;

use crate::harness::wait::{until, within};
use crate::harness::world::TEAM;
use crate::harness::{Operator, World};
use crate::start::serving::{operator, served_by, unstarted};

/// A world with a `ClusterProviderConfig`, which a Team is to use, and the operator of another namespace, in which nothing uses it.
struct Apart {
    world: World,
    /// The world of the other operator.
    _other: World,
    elsewhere: Operator,
    /// The config.
    config: String,
    /// The Team's manifest.
    team: String,
}

impl Apart {
    async fn new() -> Self {
        let (world, other) = (unstarted().await, unstarted().await);
        let address = world.emulator.address().to_string();
        let elsewhere = operator(&other, &["--allow-endpoint", &address]).await;
        let (name, config) = world.cluster_config(&format!("kubernetes.io/metadata.name: {}", world.namespace));
        world.apply(&config);
        let team = TEAM
            .replace("spec: {", &format!("spec: {{providerConfigRef: {{name: {name}, kind: ClusterProviderConfig}}, "));
        Self { world, _other: other, elsewhere, config: format!("pingcpc/{name}"), team }
    }

    /// Whether the other operator has said that it does not end the config.
    fn is_kept(&self) -> bool {
        let (name, log) = (self.config.rsplit('/').next().unwrap_or_default(), self.elsewhere.log());
        log.lines()
            .any(|line| line.contains(name) && line.contains("that this operator does not watch use this config"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_config_is_served_by_the_operator_whose_namespaces_use_it() {
    let apart = Apart::new().await;
    let Apart { world, elsewhere, config, team, .. } = &apart;
    world.ready(config).await;
    assert_eq!(served_by(world, config).await, "");
    let here = operator(world, &[]).await;
    world.apply(team);
    world.ready("pingteam/platform").await;
    assert!(!served_by(world, config).await.is_empty());
    // What is no longer used is free again, for the other one, too.
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    within(Duration::from_mins(2), "nobody serves the config", async || {
        let config = world.get(config).await.unwrap_or_default();
        config["status"]["servedBy"].is_null() && config["status"]["inUse"] == false
    })
    .await;
    world.delete(config);
    world.gone(config).await;
    for operator in [elsewhere, &here] {
        assert!(!operator.log().contains("ServedElsewhere"), "{}", operator.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_config_in_use_is_not_ended_by_an_operator_that_does_not_see_its_users() {
    let apart = Apart::new().await;
    let Apart { world, elsewhere: _, config, team, .. } = &apart;
    let here = operator(world, &[]).await;
    world.apply(team);
    world.ready("pingteam/platform").await;
    world.until(config, "is in use", |object| object["status"]["inUse"] == true).await;
    world.delete(config);
    world.says(config, "HasDependents").await;
    assert!(here.stop().await.success());
    until("the other operator has looked at the config", async || apart.is_kept()).await;
    world.says(config, "HasDependents").await;
    let here = operator(world, &[]).await;
    world.delete("pingteam/platform");
    world.gone("pingteam/platform").await;
    world.gone(config).await;
    assert_eq!(world.writes().len(), 2, "{:?}", world.writes());
    assert!(here.stop().await.success());
}
