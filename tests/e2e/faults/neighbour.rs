//! A second config of the same account, in a namespace of its own: what it manages lives beside a scenario, at the same time.

use std::time::Duration;

use kube::api::{Api, DynamicObject};
use serde_json::Value;

use super::oracle::{Broken, Oracle};
use crate::harness::World;
use crate::harness::wait::within;
use crate::harness::world::{TOKEN, condition};
use crate::lifecycle::channel;
use crate::members::named_team;

/// The addresses of webhooks of the one customer, whom both configs share, hold this.
const SHARED: &str = "shared.neighbour.example";

/// The second config.
pub(super) struct Neighbour {
    namespace: String,
    patience: Duration,
}

impl Neighbour {
    /// The namespace beside that of a world.
    pub(super) fn namespace(world: &World) -> String {
        format!("{}-b", world.namespace)
    }

    /// Makes the namespace, the Secret with the same token, and the config.
    pub(super) fn make(world: &World, patience: Duration) -> Self {
        let neighbour = Self { namespace: Self::namespace(world), patience };
        neighbour.kubectl(world, &["create", "namespace", &neighbour.namespace], "");
        neighbour.apply(
            world,
            &format!("{{apiVersion: v1, kind: Secret, metadata: {{name: tokens}}, stringData: {{token: '{TOKEN}'}}}}"),
        );
        neighbour.apply(world, &world.config("default", "Pinghome"));
        neighbour
    }

    /// Lets a team with a channel be made, changed and deleted; and webhooks of the customer, of which each config has some.
    pub(super) async fn live(&self, world: &World) -> Oracle {
        let manifests = |name: &str| {
            let hook = channel("mine", "{teamRef: {name: beside}}", "webhook", "https://neighbour.example/a");
            [named_team("beside", name, ""), hook].join("\n---\n")
        };
        self.apply(world, &manifests("Neighbour"));
        self.share(world).await?;
        self.all_ready(world, &["pingteam/beside", "pingnc/mine"]).await;
        self.apply(world, &manifests("Neighbour 2"));
        self.all_ready(world, &["pingteam/beside", "pingnc/mine"]).await;
        self.deleted(world, &["pingteam/beside", "pingnc/mine"]).await;
        let left = world.emulator.state(TOKEN)["teams"].to_string();
        if left.contains("Neighbour") { Err(Broken::Leak(left)) } else { Ok(()) }
    }

    /// Each config has two webhooks of the customer, and gives one back at the same time as the other.
    async fn share(&self, world: &World) -> Oracle {
        let hook = |name: &str| channel(name, "{customer: {}}", "webhook", &format!("https://{SHARED}/{name}"));
        let manifests = |names: [&str; 2]| names.map(hook).join("\n---\n");
        let home = Self { namespace: world.namespace.clone(), patience: self.patience };
        home.apply(world, &manifests(["one", "three"]));
        self.apply(world, &manifests(["two", "four"]));
        home.all_ready(world, &["pingnc/one", "pingnc/three"]).await;
        self.all_ready(world, &["pingnc/two", "pingnc/four"]).await;
        tokio::join!(home.deleted(world, &["pingnc/one"]), self.deleted(world, &["pingnc/two"]));
        let mut left = shared(world);
        left.sort();
        if left != [format!("https://{SHARED}/four"), format!("https://{SHARED}/three")] {
            return Err(Broken::Touched(format!("of the shared webhooks these are left: {left:?}")));
        }
        tokio::join!(home.deleted(world, &["pingnc/three"]), self.deleted(world, &["pingnc/four"]));
        let left = shared(world);
        if left.is_empty() { Ok(()) } else { Err(Broken::Leak(format!("{left:?}"))) }
    }

    fn kubectl(&self, world: &World, args: &[&str], input: &str) {
        let args: Vec<_> = ["-n", self.namespace.as_str()].iter().chain(args).copied().collect();
        let (accepted, text) = world.kubectl(&args, input);
        assert!(accepted, "{text}");
    }

    fn apply(&self, world: &World, manifests: &str) {
        self.kubectl(world, &["apply", "-f", "-"], manifests);
    }

    fn api(&self, world: &World, resource: &str) -> (Api<DynamicObject>, String) {
        let (short, name) = resource.split_once('/').expect("a short name and a name");
        (world.api_in(short, &self.namespace), name.to_owned())
    }

    async fn all_ready(&self, world: &World, resources: &[&str]) {
        for resource in resources {
            let (api, name) = self.api(world, resource);
            within(self.patience, &format!("{}/{resource} is Ready", self.namespace), async || {
                let object = api.get_opt(&name).await.expect("an answer of the API server");
                let object = object.and_then(|object| serde_json::to_value(object).ok()).unwrap_or_default();
                let ready = condition(&object, "Ready");
                ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"]
            })
            .await;
        }
    }

    async fn deleted(&self, world: &World, resources: &[&str]) {
        let args: Vec<_> = ["delete", "--wait=false"].iter().chain(resources).copied().collect();
        self.kubectl(world, &args, "");
        for resource in resources {
            let (api, name) = self.api(world, resource);
            within(self.patience, &format!("{}/{resource} is gone", self.namespace), async || {
                api.get_opt(&name).await.expect("an answer of the API server").is_none()
            })
            .await;
        }
    }
}

/// The addresses of the shared webhooks that are there.
fn shared(world: &World) -> Vec<String> {
    let state = world.emulator.state(TOKEN);
    let all = state["customer"]["channels"].as_array().cloned().unwrap_or_default();
    let values = all.iter().filter_map(|channel| channel["value"].as_str().map(str::to_owned));
    values.filter(|value| value.contains(SHARED)).collect::<Vec<_>>()
}

/// Whether a line of the journal is about what the neighbour manages.
pub(super) fn is_of_neighbour(line: &str) -> bool {
    line.contains("eighbour")
}

/// Whether an object is the neighbour's.
pub(super) fn is_neighbours(item: &Value) -> bool {
    item["name"].as_str().is_some_and(|name| name.starts_with("Neighbour"))
}
