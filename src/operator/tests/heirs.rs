//! A deleted resource whose object another one claims.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::api::probe::Probe;
use crate::api::provider_config::ProviderConfig;
use crate::api::provider_config::view::ConfigResource;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::{Context, Shared};
use crate::operator::controllers::{config_row, row_of};
use crate::operator::reconcile::reconcile;
use crate::operator::state::trigger::Trigger;
use crate::operator::tests::api_server::ApiServer;
use crate::operator::tests::{emulated, options, stored};
use crate::plan::serving::Serving;

const OLDER: &str = "probes/monitoring/older";
const HEIR: &str = "probes/monitoring/heir";

fn probe(object: &Value) -> Probe {
    serde_json::from_value(object.clone()).expect("a probe")
}

/// A resource with an object, which is deleted.
fn deleted() -> Value {
    let mut older = stored("Probe", "older", &json!({ "name": "Acme" }));
    older["status"] = json!({ "observedGeneration": 1, "externalId": "x", "accountId": "a" });
    older["metadata"]["finalizers"] = json!(["ping-operator.dev/finalizer"]);
    older["metadata"]["deletionTimestamp"] = json!("2026-01-02T00:00:00Z");
    older
}

/// Another one that claims the object.
fn heir() -> Value {
    let mut heir = stored("Probe", "heir", &json!({ "name": "Acme" }));
    heir["metadata"]["annotations"] = json!({ "ping-operator.dev/external-id": "x" });
    heir["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:01Z");
    heir
}

/// An operator that serves a config, and an API server with both resources.
async fn both(check: impl AsyncFnOnce(&Arc<Shared>, &ApiServer)) {
    let (_emulator, settings) = emulated().await;
    let config: ProviderConfig =
        serde_json::from_value(stored("ProviderConfig", "default", &settings)).expect("a config");
    let (_close, closing) = watch::channel(false);
    let server = ApiServer::start([(OLDER, deleted()), (HEIR, heir())]);
    let (shared, _receivers) = Shared::new(server.config(), &options(), closing).expect("an operator");
    let key = config.view().key;
    shared.index.put(&key, config_row(&config));
    shared.services.hold(Some("ping-operator/own".to_owned()));
    shared.services.keep(&key, None, Serving::Here, shared.services.holding(&config.view()));
    check(&shared, &server).await;
}

fn put(shared: &Shared, object: &Value) {
    let probe = probe(object);
    shared.index.put(&ResourceKey::of(&probe), row_of(&probe));
}

#[tokio::test]
async fn a_deletion_that_only_a_read_or_the_answer_to_a_write_has_shown_waits_for_the_watch_which_may_show_an_heir_before()
 {
    both(async |shared, server| {
        let mut seen = deleted();
        seen["metadata"].as_object_mut().expect("metadata").remove("deletionTimestamp");
        put(shared, &seen);
        let context = Arc::new(Context::<Probe>::new(Arc::clone(shared)));
        let look = async || reconcile(Arc::new(probe(&deleted())), Arc::clone(&context), Trigger::Deletion).await;
        let looked = look().await;
        assert!(looked.action.requeue_after.is_some() && server.get(OLDER) == deleted(), "{}", server.get(OLDER));
        put(shared, &heir());
        put(shared, &deleted());
        look().await;
        assert_ne!(server.get(OLDER), deleted(), "it goes on");
    })
    .await;
}
