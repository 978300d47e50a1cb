//! Secrets and Namespaces: read by name when they are needed, never listed or watched.
//!
//! A result is cached for five seconds from when its request began. Who asks while a recent request is under way waits for that one: so a
//! thousand resources with one Secret cause one request. Who must know what is true now waits for a request that begins after the question.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client};
use parking_lot::Mutex;

use crate::api::references::{SecretKeyRef, USABLE_LABEL};
use crate::operator::options::UsableSecrets;
use crate::operator::state::shared_reads::{Fetched, SharedReads};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::provider::model::sensitive::Sensitive;

/// How long a result is cached; also how often a resource that waits for a Secret checks again.
pub(crate) const FRESH: Duration = Duration::from_secs(5);

/// What is needed of one Secret; empty if it does not exist.
#[derive(Default)]
struct SecretData {
    values: BTreeMap<String, Sensitive>,
    /// Whether it carries the label.
    is_labelled: bool,
}

/// What a resource finds that names a key of a Secret.
pub(crate) enum UsableValue {
    /// The value.
    Value(Sensitive),
    /// There is no such Secret, or no such key.
    Nothing,
    /// The Secret lacks the label that the operator asks for.
    Unlabelled,
}

/// What one request brought, and when it began.
struct CachedObject<V> {
    read_at: Instant,
    data: Arc<V>,
}

/// What was read in the last seconds, by name.
struct Cached<V>(Mutex<Recent<V>>);

struct Recent<V> {
    objects: HashMap<String, CachedObject<V>>,
    /// When those that are too old were removed last.
    cleared_at: Instant,
}

impl<V> Cached<V> {
    fn new() -> Self {
        Self(Mutex::new(Recent { objects: HashMap::new(), cleared_at: Instant::now() }))
    }

    fn get(&self, name: &str) -> Option<Arc<V>> {
        let mut recent = self.0.lock();
        if recent.cleared_at.elapsed() >= FRESH {
            recent.objects.retain(|_, object| object.read_at.elapsed() < FRESH);
            recent.cleared_at = Instant::now();
        }
        let object = recent.objects.get(name).filter(|object| object.read_at.elapsed() < FRESH);
        object.map(|object| Arc::clone(&object.data))
    }

    /// Keeps what a request brought that began at `read_at`, unless a later one is known: each of those who waited for it puts it.
    fn put(&self, name: String, read_at: Instant, data: &Arc<V>) {
        let mut recent = self.0.lock();
        if recent.objects.get(&name).is_none_or(|known| known.read_at < read_at) {
            recent.objects.insert(name, CachedObject { read_at, data: Arc::clone(data) });
        }
    }
}

/// Reads Secrets and Namespaces.
pub(crate) struct Secrets {
    client: Client,
    /// Whether Namespaces may be read.
    reads_namespaces: bool,
    usable: UsableSecrets,
    data: Cached<SecretData>,
    labels: Cached<BTreeMap<String, String>>,
    secret_reads: SharedReads<String, Arc<SecretData>>,
    namespace_reads: SharedReads<String, Arc<ObjectMeta>>,
}

impl Secrets {
    /// Nothing is cached yet.
    pub(crate) fn new(client: Client, reads_namespaces: bool, usable: UsableSecrets) -> Self {
        Self {
            client,
            reads_namespaces,
            usable,
            data: Cached::new(),
            labels: Cached::new(),
            secret_reads: SharedReads::default(),
            namespace_reads: SharedReads::default(),
        }
    }

    /// The token of a config; `None`: the Secret or the key does not exist.
    pub(crate) async fn token(&self, namespace: &str, name: &str, key: &str) -> Result<Option<Sensitive>, ApiTrouble> {
        Ok(self.secret(namespace, name).await?.values.get(key).cloned())
    }

    /// The same, read now: all that was written before is in it. What is read is cached for the others.
    pub(crate) async fn token_now(
        &self,
        namespace: &str,
        name: &str,
        key: &str,
    ) -> Result<Option<Sensitive>, ApiTrouble> {
        Ok(self.read(namespace, name, Instant::now()).await?.values.get(key).cloned())
    }

    /// What a resource may use: an address, or a code.
    pub(crate) async fn value(&self, namespace: &str, reference: &SecretKeyRef) -> Result<UsableValue, ApiTrouble> {
        let secret = self.secret(namespace, &reference.name).await?;
        Ok(match secret.values.get(&reference.key) {
            None => UsableValue::Nothing,
            Some(_) if self.usable == UsableSecrets::Labelled && !secret.is_labelled => UsableValue::Unlabelled,
            Some(value) => UsableValue::Value(value.clone()),
        })
    }

    async fn secret(&self, namespace: &str, name: &str) -> Result<Arc<SecretData>, ApiTrouble> {
        match self.data.get(&place(namespace, name)) {
            Some(known) => Ok(known),
            None => self.read(namespace, name, fresh_since()).await,
        }
    }

    async fn read(&self, namespace: &str, name: &str, since: Instant) -> Result<Arc<SecretData>, ApiTrouble> {
        let place = place(namespace, name);
        let request = || read_secret(self.client.clone(), namespace.to_owned(), name.to_owned());
        let Fetched { began, value } = self.secret_reads.join_since(&place, since, request).await?;
        self.data.put(place, began, &value);
        Ok(value)
    }

    /// Since when a namespace is terminating; `None`: it is not, or namespaces may not be read. This is never cached, because it is rarely needed.
    pub(crate) async fn namespace_deleted_at(&self, namespace: &str) -> Result<Option<Timestamp>, ApiTrouble> {
        if !self.reads_namespaces {
            return Ok(None);
        }
        let found = self.namespace(namespace, Instant::now()).await?.value;
        Ok(found.deletion_timestamp.as_ref().map(|time| time.0))
    }

    /// A namespace's labels; none if there is no such namespace.
    pub(crate) async fn labels(&self, namespace: &str) -> Result<Arc<BTreeMap<String, String>>, ApiTrouble> {
        if let Some(known) = self.labels.get(namespace) {
            return Ok(known);
        }
        let Fetched { began, value } = self.namespace(namespace, fresh_since()).await?;
        let labels = Arc::new(value.labels.clone().unwrap_or_default());
        self.labels.put(namespace.to_owned(), began, &labels);
        Ok(labels)
    }

    /// The metadata of a namespace, by a request that began at or after `since`; empty if there is no such namespace.
    async fn namespace(&self, name: &str, since: Instant) -> Result<Fetched<Arc<ObjectMeta>>, ApiTrouble> {
        let name = name.to_owned();
        self.namespace_reads.join_since(&name, since, || read_namespace(self.client.clone(), name.clone())).await
    }
}

async fn read_secret(client: Client, namespace: String, name: String) -> Result<Arc<SecretData>, ApiTrouble> {
    let read = Api::<Secret>::namespaced(client, &namespace).get_opt(&name).await;
    let secret = Asked::to::<Secret>(Verb::Get, &namespace).check(read)?;
    Ok(Arc::new(secret.map(SecretData::of).unwrap_or_default()))
}

impl SecretData {
    fn of(secret: Secret) -> Self {
        let label = secret.metadata.labels.as_ref().and_then(|labels| labels.get(USABLE_LABEL));
        Self { is_labelled: label.is_some_and(|label| label == "true"), values: texts(secret.data.unwrap_or_default()) }
    }
}

async fn read_namespace(client: Client, name: String) -> Result<Arc<ObjectMeta>, ApiTrouble> {
    let read = Api::<Namespace>::all(client).get_metadata_opt(&name).await;
    let found = Asked::to::<Namespace>(Verb::Get, "").check(read)?;
    Ok(Arc::new(found.map(|namespace| namespace.metadata).unwrap_or_default()))
}

/// A request that began at or after this moment brings no more than what may be cached.
fn fresh_since() -> Instant {
    let now = Instant::now();
    now.checked_sub(FRESH).unwrap_or(now)
}

fn place(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// The values that are text, without the newline that editors and `echo` add at the end.
fn texts(data: BTreeMap<String, k8s_openapi::ByteString>) -> BTreeMap<String, Sensitive> {
    let text = |bytes: k8s_openapi::ByteString| String::from_utf8(bytes.0).ok().map(|text| text.trim().to_owned());
    data.into_iter().filter_map(|(key, bytes)| Some((key, Sensitive::new(text(bytes)?)))).collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::http::{Request, Response};
    use futures::future::{join, join_all};
    use kube::client::Body;
    use serde_json::json;

    use super::*;

    /// An API server that has any Secret and any Namespace, and how many requests it got.
    fn api_server() -> (Client, Arc<AtomicUsize>) {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let answer = move |_: Request<Body>| {
            counted.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let object = json!({
                    "metadata": {"name": "a", "labels": {"team": "a"}}, "data": {"token": "c2VjcmV0"},
                });
                Ok::<_, Infallible>(Response::new(Body::from(object.to_string().into_bytes())))
            }
        };
        (Client::new(tower::service_fn(answer), "default"), requests)
    }

    #[tokio::test]
    async fn a_thousand_who_need_one_secret_and_one_namespace_at_once_cause_one_request_for_each() {
        let (client, requests) = api_server();
        let secrets = Secrets::new(client, true, UsableSecrets::All);
        let tokens = join_all((0..1000).map(|_| secrets.token("n", "a", "token"))).await;
        assert!(tokens.into_iter().all(|token| token.unwrap().unwrap().expose() == "secret"));
        assert_eq!(requests.load(Ordering::Relaxed), 1);
        let labels = join_all((0..1000).map(|_| secrets.labels("n"))).await;
        assert!(labels.into_iter().all(|labels| labels.unwrap().contains_key("team")));
        assert_eq!(requests.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn the_answer_to_an_older_request_takes_the_place_of_no_newer_one_and_is_as_old_as_the_request() {
        let (cached, now) = (Cached::new(), Instant::now());
        let data = |token: &str| Arc::new(BTreeMap::from([("token".to_owned(), token.to_owned())]));
        let ago = |seconds| now.checked_sub(Duration::from_secs(seconds)).unwrap();
        cached.put("a".to_owned(), ago(1), &data("new"));
        cached.put("a".to_owned(), ago(3), &data("old"));
        assert_eq!(cached.get("a"), Some(data("new")));
        cached.put("b".to_owned(), ago(6), &data("old"));
        assert_eq!(cached.get("b"), None);
    }

    #[tokio::test]
    async fn who_reads_a_secret_now_does_not_join_a_request_from_before() {
        let (client, requests) = api_server();
        let secrets = Secrets::new(client, true, UsableSecrets::All);
        let before = secrets.token("n", "a", "token");
        let later = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            secrets.token_now("n", "a", "token").await
        };
        let (before, later) = join(before, later).await;
        assert!(before.unwrap().is_some() && later.unwrap().is_some());
        assert_eq!(requests.load(Ordering::Relaxed), 2);
    }
}
