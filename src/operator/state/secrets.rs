//! Secrets and Namespaces: read by name when they are needed, never listed or watched.
//!
//! A result is cached for five seconds, so that a thousand resources with one Secret cause one request.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::{Api, Client};
use parking_lot::Mutex;

use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::provider::model::sensitive::Sensitive;

/// How long a result is cached; also how often a resource that waits for a Secret checks again.
pub(crate) const FRESH: Duration = Duration::from_secs(5);

/// The data of one object, or none if it does not exist.
struct CachedObject<V> {
    read_at: Instant,
    data: BTreeMap<String, V>,
}

/// What was read in the last seconds, by name.
struct Cached<V>(Mutex<HashMap<String, CachedObject<V>>>);

impl<V: Clone> Cached<V> {
    fn new() -> Self {
        Self(Mutex::default())
    }

    fn get(&self, name: &str) -> Option<BTreeMap<String, V>> {
        let mut known = self.0.lock();
        known.retain(|_, object| object.read_at.elapsed() < FRESH);
        known.get(name).map(|object| object.data.clone())
    }

    fn put(&self, name: String, data: &BTreeMap<String, V>) {
        self.0.lock().insert(name, CachedObject { read_at: Instant::now(), data: data.clone() });
    }
}

/// Reads Secrets and Namespaces.
pub(crate) struct Secrets {
    client: Client,
    /// Whether Namespaces may be read.
    reads_namespaces: bool,
    data: Cached<Sensitive>,
    namespaces: Cached<String>,
}

impl Secrets {
    /// Nothing is cached yet.
    pub(crate) fn new(client: Client, reads_namespaces: bool) -> Self {
        Self { client, reads_namespaces, data: Cached::new(), namespaces: Cached::new() }
    }

    /// The value of one key of a Secret; `None`: the Secret or the key does not exist.
    pub(crate) async fn secret(&self, namespace: &str, name: &str, key: &str) -> Result<Option<Sensitive>, ApiTrouble> {
        match self.data.get(&place(namespace, name)) {
            Some(known) => Ok(known.get(key).cloned()),
            None => self.look(namespace, name, key).await,
        }
    }

    /// The value of one key of a Secret, read now. What is read is cached for the others.
    pub(crate) async fn look(&self, namespace: &str, name: &str, key: &str) -> Result<Option<Sensitive>, ApiTrouble> {
        let read = Api::<Secret>::namespaced(self.client.clone(), namespace).get_opt(name).await;
        let secret = Asked::to::<Secret>(Verb::Get, namespace).check(read)?;
        let found = texts(secret.and_then(|secret| secret.data).unwrap_or_default());
        self.data.put(place(namespace, name), &found);
        Ok(found.get(key).cloned())
    }

    /// Since when a namespace is terminating; `None`: it is not, or namespaces may not be read. This is never cached, because it is rarely needed.
    pub(crate) async fn namespace_deleted_at(&self, namespace: &str) -> Result<Option<Timestamp>, ApiTrouble> {
        if !self.reads_namespaces {
            return Ok(None);
        }
        let found = self.namespace(namespace).await?;
        Ok(found.and_then(|namespace| namespace.metadata.deletion_timestamp).map(|time| time.0))
    }

    /// A namespace's labels; none if there is no such namespace.
    pub(crate) async fn labels(&self, namespace: &str) -> Result<BTreeMap<String, String>, ApiTrouble> {
        if let Some(known) = self.namespaces.get(namespace) {
            return Ok(known);
        }
        let found = self.namespace(namespace).await?;
        let labels = found.and_then(|namespace| namespace.metadata.labels).unwrap_or_default();
        self.namespaces.put(namespace.to_owned(), &labels);
        Ok(labels)
    }

    async fn namespace(&self, name: &str) -> Result<Option<Namespace>, ApiTrouble> {
        let read = Api::<Namespace>::all(self.client.clone()).get_opt(name).await;
        Asked::to::<Namespace>(Verb::Get, "").check(read)
    }
}

fn place(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// The values that are text, without the newline that editors and `echo` add at the end.
fn texts(data: BTreeMap<String, k8s_openapi::ByteString>) -> BTreeMap<String, Sensitive> {
    let text = |bytes: k8s_openapi::ByteString| String::from_utf8(bytes.0).ok().map(|text| text.trim().to_owned());
    data.into_iter().filter_map(|(key, bytes)| Some((key, Sensitive::new(text(bytes)?)))).collect()
}
