//! A config that changes hands while a reconcile of one of its resources waits for the API server.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;

use crate::api::probe::Probe;
use crate::api::provider_config::ProviderConfig;
use crate::api::provider_config::view::ConfigResource;
use crate::api::resource_key::ResourceKey;
use crate::operator::context::{Context, Shared};
use crate::operator::controllers::config_row;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::resolve::resolve;
use crate::operator::state::trigger::Trigger;
use crate::operator::tests::api_server::ApiServer;
use crate::operator::tests::{emulated, options, stored};
use crate::plan::serving::Serving;

/// What a reconcile resolves that began when this operator served the config, and during which `happens`.
async fn resolved_after(happens: impl FnOnce(&Shared, &ResourceKey)) -> Result<(), Interrupt> {
    let (_emulator, settings) = emulated().await;
    let config: ProviderConfig =
        serde_json::from_value(stored("ProviderConfig", "default", &settings)).expect("a config");
    let probe: Probe = serde_json::from_value(stored("Probe", "p", &json!({ "name": "Acme" }))).expect("a probe");
    let (_close, closing) = watch::channel(false);
    let server = ApiServer::start([]);
    let (shared, _receivers) = Shared::new(server.config(), &options(), closing).expect("an operator");
    let key = config.view().key;
    shared.index.put(&key, config_row(&config));
    shared.services.hold(Some("ping-operator/own".to_owned()));
    shared.services.keep(&key, None, Serving::Here, shared.services.holding(&config.view()));
    let context = Context::<Probe>::new(Arc::clone(&shared));
    let pass = Pass::new(&context, Arc::new(probe), Trigger::Change);
    happens(&shared, &key);
    resolve(&pass).await.map(drop)
}

#[tokio::test]
async fn a_reconcile_that_still_resolves_when_its_config_changes_hands_sends_nothing() {
    assert!(resolved_after(|_, _| ()).await.is_ok());
    let lapsed = resolved_after(|shared, _| shared.lapsed(Some("ping-operator/own".to_owned()))).await;
    assert!(matches!(lapsed, Err(Interrupt::Later)), "the Lease lapsed");
    let left = resolved_after(|shared, key| assert!(!shared.services.has_left(key))).await;
    assert!(matches!(left, Err(Interrupt::Later)), "the selector chooses it no longer");
    let message = "the other operator serves it".to_owned();
    let taken = |shared: &Shared, key: &ResourceKey| {
        let holding = shared.services.holding(&shared.index.config(key).expect("a config"));
        shared.services.keep(key, None, Serving::Elsewhere { message }, holding);
        shared.connections.forget(key);
    };
    assert!(matches!(resolved_after(taken).await, Err(Interrupt::Later)), "another operator serves it");
}

#[tokio::test]
async fn a_decision_that_rests_on_what_was_read_before_a_lapse_is_not_kept() {
    let kept = resolved_after(|shared, key| {
        let config = shared.index.config(key).expect("a config");
        let begun = shared.services.holding(&config);
        shared.services.lapsed();
        assert_eq!(shared.services.keep(key, None, Serving::Here, begun), None);
        assert!(!shared.services.is_decided(&config));
    });
    assert!(matches!(kept.await, Err(Interrupt::Later)));
}
