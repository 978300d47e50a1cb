//! The orphans `ConfigMap`: one entry for every external object that may still exist when its resource is gone. A full one is followed by
//! another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, ObjectMeta, Patch, PostParams};
use serde_json::json;

use crate::api::orphans::{MOST, name};
use crate::api::resource_key::ResourceKey;
use crate::connection::clock::Clock;
use crate::operator::kubernetes::patch::{is_conflict, merge_params};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::operator::trouble::{ApiTrouble, rejection};

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
    api: Api<ConfigMap>,
    namespace: String,
    clock: Clock,
    /// How many are full.
    full: AtomicUsize,
}

impl Orphans {
    /// The `ConfigMap` in `namespace`.
    pub(crate) fn new(client: Client, namespace: &str, clock: Clock) -> Self {
        let (api, namespace) = (Api::namespaced(client, namespace), namespace.to_owned());
        Self { api, namespace, clock, full: AtomicUsize::default() }
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
        loop {
            let full = self.full.load(Ordering::Relaxed);
            let written = self.write_into(&name(full), &data).await;
            let is_full = written.as_ref().is_err_and(|trouble| matches!(rejection(&trouble.error), Some(413 | 422)));
            if !is_full || full.saturating_add(1) >= MOST {
                return written;
            }
            // Another one may have come to it first.
            let _ = self.full.compare_exchange(full, full.saturating_add(1), Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    async fn write_into(&self, name: &str, data: &BTreeMap<String, String>) -> Result<(), ApiTrouble> {
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
        Asked::to::<ConfigMap>(verb, &self.namespace)
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

    /// An API server where the first `ConfigMap` is full, and the paths of the requests that it got.
    fn api_server() -> (Client, Arc<Mutex<Vec<String>>>) {
        let paths = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&paths);
        let answer = move |request: Request<Body>| {
            let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
            let status = match path.rsplit('/').next() {
                Some(FIRST) => StatusCode::UNPROCESSABLE_ENTITY,
                Some("configmaps") => StatusCode::CREATED,
                _ => StatusCode::NOT_FOUND,
            };
            seen.lock().push(format!("{method} {}", path.rsplit('/').next().unwrap_or_default()));
            let body = if status.is_success() {
                json!({ "metadata": {} })
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
        let orphans = Orphans::new(client, "n", Clock::start());
        let key = ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: "a".to_owned() };
        let orphan = Orphan { key: &key, uid: "u", external_id: Some("1"), account: None, why: "x" };
        orphans.record(&orphan).await.unwrap();
        let second = ["PATCH ping-operator-orphans-2".to_owned(), "POST configmaps".to_owned()];
        let first = "PATCH ping-operator-orphans".to_owned();
        assert_eq!(*paths.lock(), [&[first][..], &second].concat());
        orphans.record(&orphan).await.unwrap();
        assert_eq!(paths.lock()[3..], second);
    }
}
