//! Manifests of the configs of a world.

use crate::harness::World;

impl World {
    /// A config's manifest.
    pub(crate) fn config(&self, name: &str, provider: &str) -> String {
        let base = format!("http://{}", self.emulator.address());
        let endpoints = match provider {
            "NodePing" => format!("{{api: '{base}/nodeping'}}"),
            _ => format!(
                "{{customerQuery: '{base}/customer-query', customerCommand: '{base}/customer-cmd', \
                 resourceQuery: '{base}/resource-query', resourceCommand: '{base}/resource-cmd'}}"
            ),
        };
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: ProviderConfig, metadata: {{name: {name}}}, spec: {{\
             provider: {provider}, credentials: {{secretRef: {{name: tokens, key: token}}}}, endpoints: {endpoints}, \
             rateLimit: {{requestsPerSecond: 1000, burst: 1000}}, \
             readLagSeconds: {}, resyncIntervalSeconds: {}}}}}",
            self.setup.read_lag, self.setup.resync
        )
    }

    /// The name and the manifest of a `ClusterProviderConfig` of this world, for namespaces with `labels`.
    pub(crate) fn cluster_config(&self, labels: &str) -> (String, String) {
        let name = format!("shared-{}", self.namespace);
        let manifest = self
            .config(&name, "Pinghome")
            .replace("kind: ProviderConfig", "kind: ClusterProviderConfig")
            .replace("secretRef: {", &format!("secretRef: {{namespace: {}, ", self.namespace))
            .replace("spec: {", &format!("spec: {{allowedNamespaces: {{matchLabels: {{{labels}}}}}, "));
        (name, manifest)
    }
}
