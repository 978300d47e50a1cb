//! Replicas that divide the accounts, each with its own lines to the API server and to the provider.

use std::time::Duration;

use super::line::{Calls, ProviderLine};
use crate::faults::{Fuse, Gateway, Line, Plan};
use crate::harness::{Operator, World};

/// One replica, as a pod has it: whoever follows has another name.
pub(super) struct Pod {
    pub(super) name: String,
    pub(super) operator: Operator,
    pub(super) gateway: Gateway,
    pub(super) line: ProviderLine,
}

/// The replicas.
pub(super) struct Crowd {
    pub(super) pods: Vec<Pod>,
    calls: Calls,
    shards: u16,
    /// What their names begin with.
    name: &'static str,
    started: u32,
}

impl Crowd {
    pub(super) fn new(calls: &Calls, shards: u16, name: &'static str) -> Self {
        Self { pods: Vec::new(), calls: calls.clone(), shards, name, started: 0 }
    }

    /// Starts and ends replicas until there are so many.
    pub(super) async fn scale(&mut self, world: &World, count: usize) {
        while self.pods.len() > count {
            let Some(Pod { name: _, operator, gateway, line }) = self.pods.pop() else { break };
            operator.stop().await;
            drop((gateway, line));
        }
        while self.pods.len() < count {
            let pod = self.start(world).await;
            self.pods.push(pod);
        }
    }

    async fn start(&mut self, world: &World) -> Pod {
        self.started += 1;
        let name = format!("{}-{}", self.name, self.started);
        let line = ProviderLine::start(&name, &self.calls).await;
        let gateway = Gateway::start(&world.cluster.operator(), Fuse::new(Plan::Record)).await;
        let shards = self.shards.to_string();
        let host = world.emulator.address().to_string();
        let flags = ["--allow-endpoint", &host, "--leader-elect", "--lease-name", "ping-operator", "--shards", &shards];
        let flags: Vec<_> = flags.into_iter().chain(["--proxy", line.url()]).map(str::to_owned).collect();
        let env = [("POD_NAME", name.as_str()), ("POD_NAMESPACE", world.namespace.as_str())];
        let operator = Operator::spawn(gateway.kubeconfig(), &world.namespace, &flags, &env);
        Pod { name, operator, gateway, line }
    }

    /// Whoever has ended is followed by another one.
    pub(super) async fn revive(&mut self, world: &World) {
        for at in 0..self.pods.len() {
            if self.pods[at].operator.ended().is_some() {
                self.pods[at] = self.start(world).await;
            }
        }
    }

    /// One thing that goes wrong, or a change of their number.
    pub(super) async fn disturb(&mut self, world: &World, random: &mut fastrand::Rng) {
        let (at, pause) = (random.usize(0..self.pods.len()), Duration::from_millis(random.u64(500..22_000)));
        let pod = &mut self.pods[at];
        match random.u8(0..8) {
            0 => pod.operator.signal("KILL"),
            1 | 2 => pod.operator.signal("TERM"),
            3 => {
                pod.operator.signal("STOP");
                tokio::time::sleep(pause).await;
                pod.operator.signal("CONT");
            }
            4 => {
                pod.gateway.lines().set(if random.bool() { Line::Down } else { Line::Hanging });
                tokio::time::sleep(pause).await;
                pod.gateway.lines().set(Line::Open);
            }
            5 => {
                pod.line.cut(true);
                tokio::time::sleep(pause).await;
                pod.line.cut(false);
            }
            6 => self.scale(world, 1).await,
            _ => self.scale(world, 3).await,
        }
        tokio::time::sleep(Duration::from_millis(random.u64(100..4000))).await;
        self.revive(world).await;
    }
}
