//! The orphans `ConfigMap`: one entry for every external object that may still exist when its resource is gone. A full one is followed by
//! another. While the namespace of the operator is being deleted, the `ConfigMap` is in a namespace that stays.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::Client;
use kube::api::{Api, ObjectMeta, Patch, PostParams};
use serde_json::json;

use crate::api::orphans::{MOST, name};
use crate::api::resource_key::ResourceKey;
use crate::connection::clock::Clock;
use crate::operator::kubernetes::patch::{is_conflict, merge_params};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, rejection};

/// The namespace that nobody can delete.
pub(crate) const REFUGE: &str = "default";

/// An external object that is kept while its resource is deleted.
pub(crate) struct Orphan<'a> {
    /// The resource.
    pub(crate) key: &'a ResourceKey,
    /// The resource's uid, which is the entry's key.
    pub(crate) uid: &'a str,
    /// The recorded id; absent: a create may have been accepted, and no id is recorded.
    pub(crate) external_id: Option<&'a str>,
    /// The account to which the last create was sent; absent: no create record names it.
    pub(crate) account: Option<&'a str>,
    /// Why it is kept.
    pub(crate) why: &'static str,
}

/// Writes the orphans `ConfigMap`.
pub(crate) struct Orphans {
    client: Client,
    home: String,
    /// Whether it may be seen that the namespace is being deleted.
    reads_namespaces: bool,
    clock: Clock,
    /// How many are full.
    full: AtomicUsize,
}

impl Orphans {
    /// The `ConfigMap` in `namespace`.
    pub(crate) fn new(client: Client, namespace: &str, reads_namespaces: bool, clock: Clock) -> Self {
        Self { client, home: namespace.to_owned(), reads_namespaces, clock, full: AtomicUsize::default() }
    }

    /// The namespace of the operator.
    pub(crate) fn namespace(&self) -> &str {
        &self.home
    }

    /// Whether the namespace of the operator is being deleted, as far as can be known.
    pub(crate) async fn is_home_ending(&self) -> bool {
        if !self.reads_namespaces {
            return false;
        }
        let found = Api::<Namespace>::all(self.client.clone()).get_metadata_opt(&self.home).await;
        found.ok().flatten().is_some_and(|namespace| namespace.metadata.deletion_timestamp.is_some())
    }

    /// Records an orphan. If the API server rejects the entry, it is logged instead: the deletion of the resource continues.
    pub(crate) async fn record(&self, orphan: &Orphan<'_>) -> Result<(), ApiTrouble> {
        let Orphan { key, uid, external_id, account, why } = orphan;
        let entry = json!({
            "kind": key.kind.as_str(),
            "namespace": key.namespace,
            "name": key.name,
            "externalId": external_id,
            "account": account,
            "time": self.clock.now(),
            "why": why,
        });
        let written = self.write(BTreeMap::from([((*uid).to_owned(), entry.to_string())])).await;
        let Err(trouble) = written else { return Ok(()) };
        if rejection(&trouble.error).is_none() {
            return Err(trouble);
        }
        let why = trouble.report().message;
        tracing::warn!(
            externalId = external_id,
            account,
            detail = orphan.why,
            error = why,
            "the orphans ConfigMap cannot be written: this orphan is recorded in the log only"
        );
        Ok(())
    }

    /// Writes entries into the first `ConfigMap` that has room.
    async fn write(&self, data: BTreeMap<String, String>) -> Result<(), ApiTrouble> {
        let place = self.place(if self.is_home_ending().await { REFUGE } else { &self.home });
        loop {
            let full = self.full.load(Ordering::Relaxed);
            let written = place.write(&name(full), &data).await;
            let is_full = written.as_ref().is_err_and(|trouble| matches!(rejection(&trouble.error), Some(413 | 422)));
            if !is_full || full.saturating_add(1) >= MOST {
                return written;
            }
            // Another one may have come to it first.
            let _ = self.full.compare_exchange(full, full.saturating_add(1), Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn place<'a>(&self, namespace: &'a str) -> OrphanList<'a> {
        OrphanList { api: Api::namespaced(self.client.clone(), namespace), namespace }
    }
}

/// Where the `ConfigMap` is.
struct OrphanList<'a> {
    api: Api<ConfigMap>,
    namespace: &'a str,
}

impl OrphanList<'_> {
    async fn write(&self, name: &str, data: &BTreeMap<String, String>) -> Result<(), ApiTrouble> {
        match self.merge(name, data).await {
            Err(trouble) if trouble.is_not_found() => {}
            written => return written,
        }
        let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
        let orphans = ConfigMap { metadata, data: Some(data.clone()), ..ConfigMap::default() };
        match self.api.create(&PostParams::default(), &orphans).await {
            // It was created meanwhile.
            Err(error) if is_conflict(&error) => self.merge(name, data).await,
            created => self.asked(Verb::Create).check(created).map(drop),
        }
    }

    fn asked(&self, verb: Verb) -> Asked {
        Asked::to::<ConfigMap>(verb, self.namespace)
    }

    async fn merge(&self, name: &str, data: &BTreeMap<String, String>) -> Result<(), ApiTrouble> {
        let patch = Patch::Merge(json!({ "data": data }));
        let merged = self.api.patch_metadata(name, &merge_params(), &patch).await;
        self.asked(Verb::Patch).check(merged).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use axum::http::{Request, Response, StatusCode};
    use kube::client::Body;
    use parking_lot::Mutex;

    use super::*;
    use crate::api::kinds::Kind;
    use crate::api::orphans::FIRST;

    /// An API server where the first `ConfigMap` is full, and the paths of the requests that it got. The namespace `ending` is being deleted.
    fn api_server() -> (Client, Arc<Mutex<Vec<String>>>) {
        let paths = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&paths);
        let answer = move |request: Request<Body>| {
            let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
            let status = match path.rsplit('/').next() {
                Some(FIRST) => StatusCode::UNPROCESSABLE_ENTITY,
                Some("configmaps" | "ending") => StatusCode::CREATED,
                _ => StatusCode::NOT_FOUND,
            };
            seen.lock().push(format!("{method} {}", path.trim_start_matches("/api/v1/namespaces/")));
            let body = if status.is_success() {
                json!({ "metadata": { "deletionTimestamp": "2026-01-01T00:00:00Z" } })
            } else {
                json!({ "kind": "Status", "status": "Failure", "code": status.as_u16(), "message": "x", "reason": "x" })
            };
            async move {
                let response = Response::builder().status(status).body(Body::from(body.to_string().into_bytes()));
                Ok::<_, Infallible>(response.unwrap())
            }
        };
        (Client::new(tower::service_fn(answer), "default"), paths)
    }

    #[tokio::test]
    async fn what_a_full_config_map_has_no_room_for_goes_into_the_next_one() {
        let (client, paths) = api_server();
        let orphans = Orphans::new(client, "n", false, Clock::start());
        orphans.record(&orphan(&key())).await.unwrap();
        let second = ["PATCH n/configmaps/ping-operator-orphans-2".to_owned(), "POST n/configmaps".to_owned()];
        let first = "PATCH n/configmaps/ping-operator-orphans".to_owned();
        assert_eq!(*paths.lock(), [&[first][..], &second].concat());
        orphans.record(&orphan(&key())).await.unwrap();
        assert_eq!(paths.lock()[3..], second);
    }

    #[tokio::test]
    async fn while_the_namespace_of_the_operator_is_deleted_the_list_is_where_nobody_can_delete_it() {
        for (home, place) in [("ending", "default"), ("living", "living")] {
            let (client, paths) = api_server();
            Orphans::new(client, home, true, Clock::start()).record(&orphan(&key())).await.unwrap();
            let seen = paths.lock().clone();
            assert_eq!(seen.first(), Some(&format!("GET {home}")));
            assert!(
                seen.get(1..).is_some_and(|rest| rest.iter().all(|path| path.contains(&format!(" {place}/")))),
                "{seen:?}"
            );
        }
    }

    fn key() -> ResourceKey {
        ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: "a".to_owned() }
    }

    fn orphan(key: &ResourceKey) -> Orphan<'_> {
        Orphan { key, uid: "u", external_id: Some("1"), account: None, why: "x" }
    }
}
