//! One test's world: a namespace, an emulator, an operator, and how to look at them.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use ping_emulator::Emulator;
use serde_json::Value;

use super::cluster::Cluster;
pub(crate) use super::look::{TEAM, condition, id_of, reason};
use super::wait::{until, within};
use super::{Operator, Setup};

pub(crate) struct World {
    /// Where a test acts.
    pub(crate) namespace: String,
    /// The first namespace.
    pub(super) home: String,
    pub(crate) emulator: Emulator,
    pub(crate) operator: Option<Operator>,
    pub(crate) cluster: &'static Cluster,
    pub(super) client: kube::Client,
    pub(super) setup: Setup,
}

/// The kinds that have a namespace, for kubectl. The objects of the others belong to all tests.
pub(crate) const IN_NAMESPACE: &str = "pingteam,pingsvc,pingnc,pingsub,pingacct,pingcust,pingpc";

/// Short name, kind and plural of each kind.
const KINDS: [(&str, &str, &str); 8] = [
    ("pingcust", "Customer", "customers"),
    ("pingacct", "Account", "accounts"),
    ("pingpc", "ProviderConfig", "providerconfigs"),
    ("pingcpc", "ClusterProviderConfig", "clusterproviderconfigs"),
    ("pingteam", "Team", "teams"),
    ("pingsvc", "Service", "services"),
    ("pingnc", "NotificationChannel", "notificationchannels"),
    ("pingsub", "SubAccount", "subaccounts"),
];

/// The token of the Secret that worlds begin with.
pub(crate) const TOKEN: &str = "token-a";

impl World {
    /// A world with the default switches.
    pub(crate) async fn new() -> Self {
        Setup::default().build().await
    }

    /// Runs kubectl in the world's namespace: whether it succeeded, and what it printed.
    pub(crate) fn kubectl(&self, args: &[&str], input: &str) -> (bool, String) {
        let mut child = Command::new("kubectl")
            .env("KUBECONFIG", self.cluster.admin())
            .args(["-n", &self.namespace])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl");
        let mut stdin = child.stdin.take().expect("its input");
        // In a thread of its own: kubectl prints while it reads, and waits when nobody reads what it printed.
        let (written, output) = std::thread::scope(|scope| {
            // Without the dashes kubectl takes flow-style YAML for JSON.
            let writing = scope.spawn(move || write!(stdin, "---\n{input}"));
            let output = child.wait_with_output().expect("its output");
            (writing.join().expect("it ends"), output)
        });
        // A kubectl that reads no manifest may have ended by now.
        assert!(input.is_empty() || written.is_ok(), "{written:?}");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (output.status.success(), text)
    }

    /// Applies manifests, which must be accepted.
    pub(crate) fn apply(&self, manifests: &str) {
        let (accepted, text) = self.kubectl(&["apply", "-f", "-"], manifests);
        assert!(accepted, "{text}");
    }

    /// Changes a resource by a merge patch, which must be accepted.
    pub(crate) fn patch(&self, resource: &str, patch: &str) {
        let (accepted, text) = self.kubectl(&["patch", resource, "--type=merge", "-p", patch], "");
        assert!(accepted, "{text}");
    }

    /// Deletes a resource and does not wait.
    pub(crate) fn delete(&self, resource: &str) {
        let (accepted, text) = self.kubectl(&["delete", resource, "--wait=false"], "");
        assert!(accepted, "{text}");
    }

    /// A resource by its short name, such as `pingteam/platform`.
    pub(crate) async fn get(&self, resource: &str) -> Option<Value> {
        let (short, name) = resource.split_once('/').expect("a short name and a name");
        let found = self.api(short).get_opt(name).await.expect("an answer of the API server");
        found.and_then(|mut object| {
            object.metadata.managed_fields = None;
            serde_json::to_value(object).ok()
        })
    }

    /// The resources of a kind, by its short name; for the benches, too.
    pub(crate) fn api(&self, short: &str) -> Api<DynamicObject> {
        self.api_in(short, &self.namespace)
    }

    /// The resources of a kind in another namespace.
    pub(crate) fn api_in(&self, short: &str, namespace: &str) -> Api<DynamicObject> {
        let (_, kind, plural) = KINDS.iter().find(|(known, ..)| *known == short).expect("a known short name");
        let kind = GroupVersionKind::gvk("ping-operator.dev", "v1alpha1", kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, plural);
        match short {
            "pingcpc" => Api::all_with(self.client.clone(), &resource),
            _ => Api::namespaced_with(self.client.clone(), namespace, &resource),
        }
    }

    /// Waits until a resource is as it should be.
    pub(crate) async fn until(&self, resource: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        self.watch(resource, what, self.setup.patience, |object| object.is_some_and(&holds)).await.expect("it is there")
    }

    /// Looks at a resource until it is as it should be, or absent, for so many seconds; tells what it was if it does not.
    async fn watch(
        &self,
        resource: &str,
        what: &str,
        seconds: u64,
        holds: impl Fn(Option<&Value>) -> bool,
    ) -> Option<Value> {
        let mut last = None;
        let what = format!("{resource} {what}");
        let outcome = tokio::time::timeout(std::time::Duration::from_secs(seconds), async {
            let limit = std::time::Duration::from_secs(seconds + 1);
            within(limit, &what, async || {
                last = self.get(resource).await;
                holds(last.as_ref())
            })
            .await;
        });
        assert!(outcome.await.is_ok(), "{what}: {last:#?}\n{:#?}", self.calls());
        last
    }

    /// Waits until a resource is Ready at its present generation.
    pub(crate) async fn ready(&self, resource: &str) -> Value {
        self.until(resource, "is Ready", |object| {
            let ready = condition(object, "Ready");
            ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"]
        })
        .await
    }

    /// Waits until a resource says why it is not Ready.
    pub(crate) async fn says(&self, resource: &str, expected: &str) -> Value {
        self.until(resource, &format!("says {expected}"), |object| reason(object, "Ready") == expected).await
    }

    /// Waits until a resource is gone.
    pub(crate) async fn gone(&self, resource: &str) {
        self.watch(resource, "is gone", self.setup.patience + 20, |object| object.is_none()).await;
    }

    /// Waits until the world's namespace is gone.
    pub(crate) async fn namespace_ends(&self, limit: std::time::Duration) {
        let gone = async || !self.kubectl(&["get", "namespace", &self.namespace], "").0;
        within(limit, "the namespace is gone", gone).await;
    }

    /// What the providers received: method, path and body of each request.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.lines(|_| true)
    }

    /// How many requests the providers received whose line holds all of these words.
    pub(crate) fn count(&self, words: &[&str]) -> usize {
        self.calls().iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }

    /// What the providers received, reads apart.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.lines(ping_emulator::Entry::is_write)
    }

    fn lines(&self, wanted: impl Fn(&ping_emulator::Entry) -> bool) -> Vec<String> {
        let line = |entry: &ping_emulator::Entry| match &entry.body {
            Value::Null => entry.line(),
            body => format!("{} {body}", entry.line()),
        };
        self.emulator.journal().iter().filter(|entry| wanted(entry)).map(line).collect()
    }

    /// The operator's writes to a kind of this world's namespace: verb and subresource, in order.
    pub(crate) fn kubernetes_writes(&self, plural: &str) -> Vec<String> {
        self.kubernetes_requests(plural, |verb| !["get", "list", "watch"].contains(&verb))
    }

    /// The operator's reads of single objects of a kind of this world's namespace: verb and subresource, in order.
    pub(crate) fn kubernetes_reads(&self, plural: &str) -> Vec<String> {
        self.kubernetes_requests(plural, |verb| verb == "get")
    }

    fn kubernetes_requests(&self, plural: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let log = std::fs::read_to_string(self.cluster.audit_log()).expect("the audit log");
        let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ours = entries.filter(|entry| {
            let object = &entry["objectRef"];
            let by_operator = entry["user"]["username"].as_str().is_some_and(|name| name.ends_with(":ping-operator"));
            let is_wanted = wanted(entry["verb"].as_str().unwrap_or_default());
            is_wanted && by_operator && object["resource"] == plural && object["namespace"] == self.namespace.as_str()
        });
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        ours.map(|entry| format!("{} {}", word(&entry["verb"]), word(&entry["objectRef"]["subresource"]))).collect()
    }

    /// Does what a person does in the provider's web interface; it must succeed.
    pub(crate) fn human(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.emulator.human(TOKEN, method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A resync, asked for by a person: returns when it has been done.
    pub(crate) async fn look_again(&self, resource: &str) -> Value {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let token = format!("look-{}", ASKED.fetch_add(1, Ordering::Relaxed));
        let annotation = format!("ping-operator.dev/reconcile-requested-at={token}");
        let (accepted, text) = self.kubectl(&["annotate", "--overwrite", resource, &annotation], "");
        assert!(accepted, "{text}");
        self.until(resource, "has looked again", |object| object["status"]["lastHandledReconcileAt"] == token.as_str())
            .await
    }

    /// Starts the operator, if it does not run.
    pub(crate) async fn start(&mut self) {
        self.operator = Some(self.another_operator().await);
    }

    /// Starts an operator beside the one that runs.
    pub(crate) async fn another_operator(&self) -> Operator {
        self.operator_through(&self.cluster.operator()).await
    }

    /// Ends the operator.
    pub(crate) async fn stop(&mut self) {
        if let Some(operator) = self.operator.take() {
            let status = operator.stop().await;
            assert!(status.success(), "{status}");
        }
    }

    /// Ends the operator and starts it again.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// Ends the operator as a crash would.
    pub(crate) fn kill(&mut self) {
        drop(self.operator.take());
    }

    /// Makes or changes a Secret with one key.
    pub(crate) fn secret_with(&self, name: &str, key: &str, value: &str) {
        self.apply(&format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: {name}}}, stringData: {{{key}: '{value}'}}}}"
        ));
    }

    /// Makes the Secret with this token.
    pub(crate) fn secret(&self, token: &str) {
        self.secret_with("tokens", "token", token);
    }

    /// Waits until what is made is younger than a resource: the API server tells ages by the second.
    pub(crate) async fn second_after(&self, resource: &str) {
        let object = self.get(resource).await.unwrap_or_default();
        let made = object["metadata"]["creationTimestamp"].as_str().unwrap_or_default();
        until("another second", async || {
            let (_, now) = self.kubectl(&["create", "configmap", "clock", "--dry-run=server", "-o", "json"], "");
            !now.contains(made)
        })
        .await;
    }
}
