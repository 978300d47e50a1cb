//! How a test's world is made.

use std::sync::atomic::{AtomicU32, Ordering};

use ping_emulator::{Emulator, Settings};

use super::Operator;
use super::cluster::{Cluster, cluster};
use super::world::{TOKEN, World};

/// What a world is made of.
pub(crate) struct Setup {
    pub(crate) settings: Settings,
    /// `readLagSeconds` of both configs.
    pub(crate) read_lag: u32,
    /// `resyncIntervalSeconds` of both configs.
    pub(crate) resync: u32,
    /// Whether the configs and the Secret are made at once.
    pub(crate) with_configs: bool,
    pub(crate) flags: Vec<String>,
    /// For how many seconds a resource is waited for.
    pub(crate) patience: u64,
    pub(crate) log_level: &'static str,
    /// Whether the operator lives in the world's namespace, too: its lease is there.
    pub(crate) is_home: bool,
    /// Whether its operator is started at once.
    pub(crate) is_started: bool,
    /// How many further namespaces the operator watches, each with the same Secret and configs.
    pub(crate) neighbours: usize,
    /// Where the world is; none: where all are.
    pub(crate) cluster: Option<&'static Cluster>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            read_lag: 1,
            resync: 0,
            with_configs: true,
            flags: Vec::new(),
            patience: 60,
            log_level: "info",
            is_home: false,
            is_started: true,
            neighbours: 0,
            cluster: None,
        }
    }
}

/// What the shipped roles allow in the operator's own namespace, for this one.
const HOME: &str = r"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: home}
rules:
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, list, create, update, delete]}
- {apiGroups: [''], resources: [configmaps], verbs: [get, create, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: home}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: home}
subjects: [{kind: ServiceAccount, name: ping-operator, namespace: ping-operator}]
";

impl Setup {
    /// Makes the world and starts its operator.
    pub(crate) async fn build(self) -> World {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let namespace = format!("test-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let emulator = Emulator::start(self.settings.clone()).await.expect("a port for the emulator");
        let cluster = self.cluster.unwrap_or_else(cluster);
        let client = cluster.client().await;
        let mut world = World {
            namespace: namespace.clone(),
            home: namespace.clone(),
            emulator,
            operator: None,
            cluster,
            client,
            setup: self,
        };
        for namespace in world.namespaces() {
            let (made, text) = world.kubectl(&["create", "namespace", &namespace], "");
            assert!(made, "{text}");
            world.namespace = namespace;
            if world.setup.with_configs {
                world.secret(TOKEN);
                world.apply(&world.config("default", "Pinghome"));
                world.apply(&world.config("nodeping", "NodePing"));
            }
        }
        world.namespace = namespace;
        if world.setup.is_home {
            world.apply(HOME);
        }
        if world.setup.is_started {
            world.start().await;
        }
        world
    }
}

impl World {
    /// The namespaces that the operator watches.
    pub(crate) fn namespaces(&self) -> Vec<String> {
        let neighbours = (0..self.setup.neighbours).map(|number| format!("{}-n{number}", self.home));
        std::iter::once(self.home.clone()).chain(neighbours).collect()
    }

    /// Starts an operator that reaches the API server as a kubeconfig says.
    pub(crate) async fn operator_through(&self, kubeconfig: &std::path::Path) -> Operator {
        let operator = self.spawn_through(kubeconfig);
        operator.ready().await;
        operator
    }

    /// The same, without waiting until it is ready.
    pub(crate) fn spawn_through(&self, kubeconfig: &std::path::Path) -> Operator {
        let mut flags = vec!["--allow-endpoint".to_owned(), self.emulator.address().to_string()];
        flags.extend(self.setup.flags.iter().cloned());
        let mut env = vec![("RUST_LOG", self.setup.log_level)];
        env.extend(self.setup.is_home.then_some(("POD_NAMESPACE", self.home.as_str())));
        Operator::spawn(kubeconfig, &self.namespaces().join(","), &flags, &env)
    }

    /// Ends the operator and starts another one, without flags of this test.
    pub(crate) async fn restart_without_flags(&mut self) {
        self.stop().await;
        self.setup.flags.clear();
        self.start().await;
    }

    /// Ends the operator and starts it again with these flags, and without `RUST_LOG`.
    #[allow(dead_code, reason = "the bench changes no flags")]
    pub(crate) async fn restart_with(&mut self, flags: &[&str]) {
        self.stop().await;
        self.setup.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self.setup.log_level = "";
        self.start().await;
    }

    /// Acts in another of the namespaces; 0 is the first.
    #[allow(dead_code, reason = "the bench has one namespace")]
    pub(crate) fn go_to(&mut self, number: usize) {
        self.namespace = self.namespaces().swap_remove(number);
    }
}
