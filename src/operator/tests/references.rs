//! References of a resource that the operator may not read.

use std::sync::Arc;

use ping_emulator::{Emulator, Settings};
use serde_json::json;
use tokio::sync::watch;

use crate::api::notification_channel::NotificationChannel;
use crate::api::provider_config::ProviderConfig;
use crate::api::provider_config::view::ConfigResource;
use crate::operator::context::{Context, Shared};
use crate::operator::controllers::config_row;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::resolve::resolve;
use crate::operator::state::trigger::Trigger;
use crate::operator::tests::api_server::ApiServer;
use crate::operator::tests::{options, stored};
use crate::plan::serving::Serving;

/// How the references of a channel are resolved whose address is in a Secret that may not be read.
async fn resolved(is_deleted: bool) -> Result<(), Interrupt> {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let base = format!("http://{}", emulator.address());
    let endpoints = json!({
        "customerQuery": format!("{base}/customer-query"), "customerCommand": format!("{base}/customer-cmd"),
        "resourceQuery": format!("{base}/resource-query"), "resourceCommand": format!("{base}/resource-cmd"),
    });
    let secret = json!({ "secretRef": { "name": "token", "key": "token" } });
    let spec = json!({ "provider": "Pinghome", "endpoints": endpoints, "credentials": secret });
    let config: ProviderConfig = serde_json::from_value(stored("ProviderConfig", "default", &spec)).unwrap();
    let forbidden = json!({ "secretKeyRef": { "name": "forbidden", "key": "value" } });
    let spec = json!({ "owner": { "customer": {} }, "type": "sms", "valueFrom": forbidden });
    let mut channel = stored("NotificationChannel", "c", &spec);
    if is_deleted {
        channel["metadata"]["deletionTimestamp"] = json!("2026-01-02T00:00:00Z");
    }
    let channel: NotificationChannel = serde_json::from_value(channel).unwrap();
    let (_close, closing) = watch::channel(false);
    let server = ApiServer::start([]);
    let (shared, _receivers) = Shared::new(server.config(), &options(), closing).unwrap();
    let key = config.view().key;
    shared.index.put(&key, config_row(&config));
    shared.services.hold(Some("ping-operator/own".to_owned()));
    shared.services.keep(&key, None, Serving::Here, shared.services.holding(&config.view()));
    let context = Context::<NotificationChannel>::new(Arc::clone(&shared));
    let pass = Pass::new(&context, Arc::new(channel), Trigger::Change);
    resolve(&pass).await.map(drop)
}

#[tokio::test]
async fn a_deletion_does_not_wait_for_the_right_to_read_a_secret_that_it_does_not_need() {
    assert!(matches!(resolved(false).await, Err(Interrupt::ApiServer(_))));
    assert!(resolved(true).await.is_ok());
}
