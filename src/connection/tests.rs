//! Tokens and accounts against the emulator.

use std::sync::Arc;

use futures::future::join_all;
use ping_emulator::{Emulator, Fault, Reply, Settings as EmulatorSettings};
use serde_json::json;

use crate::api::provider_config::Provider;
use crate::api::provider_config::settings::Settings;
use crate::connection::account::Accounts;
use crate::connection::clock::Clock;
use crate::connection::credential::Credential;
use crate::connection::endpoints::{AllowedEndpoints, ResolvedEndpoints};
use crate::connection::error::CallError;
use crate::connection::http::Http;
use crate::connection::options::ConnectionOptions;
use crate::connection::rate_limiter::Lane;
use crate::connection::reader::Reader;
use crate::connection::route::Route;
use crate::inventory::collection::Collection;
use crate::provider::failure::{Class, Failure};

fn credential(emulator: &Emulator, token: &str) -> Arc<Credential> {
    let base = format!("http://{}/customer-query", emulator.address());
    let settings: Settings = serde_json::from_value(json!({ "endpoints": { "customerQuery": base } })).unwrap();
    let allowed = AllowedEndpoints::new(["127.0.0.1".to_owned()]);
    let endpoints = ResolvedEndpoints::resolve(&settings, &allowed).unwrap();
    let (http, leadership) = (Http::new().unwrap(), Arc::new(|_| true));
    let options = ConnectionOptions::new(http, Clock::start(), Arc::new(|_| ()), 4, leadership);
    Arc::new(Credential::new(Arc::new(options), Provider::Pinghome, endpoints, token.into()))
}

fn class(error: &CallError) -> Option<Class> {
    match error {
        CallError::Failed(Failure { class, .. }) => Some(*class),
        CallError::Closing | CallError::NotLeader | CallError::Superseded => None,
    }
}

#[tokio::test]
async fn all_tokens_of_an_account_lead_to_one_state_and_nothing_is_kept_after_the_last() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let accounts = Accounts::default();
    let [first, second, other] = ["token-a", "token-a2", "token-b"].map(|token| credential(&emulator, token));
    let opened = first.open(&accounts, None).await.ok().unwrap();
    assert!(Arc::ptr_eq(&opened, &second.open(&accounts, None).await.ok().unwrap()));
    assert!(!Arc::ptr_eq(&opened, &other.open(&accounts, None).await.ok().unwrap()));
    // Each token is asked for once.
    assert!(first.open(&accounts, None).await.is_ok());
    assert_eq!(emulator.journal().len(), 3);
    let kept = Arc::downgrade(&opened);
    drop((opened, first));
    assert!(kept.upgrade().is_some());
    drop(second);
    assert!(kept.upgrade().is_none());
}

#[tokio::test]
async fn a_refused_token_is_sent_once_however_many_ask() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let (accounts, refused) = (Accounts::default(), credential(&emulator, "wrong"));
    for _ in 0..3 {
        let all = join_all((0..20).map(|_| refused.open(&accounts, None))).await;
        assert!(all.into_iter().all(|opened| opened.err().as_ref().and_then(class) == Some(Class::Credential)));
    }
    assert_eq!(emulator.journal().len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_with_a_token_that_its_config_does_not_use_any_more() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let account = first.open(&accounts, None).await.ok().unwrap();
    account.configure(1.0, 1.0, jiff::SignedDuration::ZERO);
    let route = Route::new(first.number);
    let reader = Reader::new(account, Arc::clone(&first), &route);
    let (permit, sent) = (reader.acquire(Lane::Change).await.ok().unwrap(), emulator.journal().len());
    let waiting = tokio::spawn({
        let reader = reader.clone();
        async move { reader.fetch(&Collection::Teams, Lane::Change).await.err() }
    });
    tokio::task::yield_now().await;
    route.change(first.number + 1);
    // Neither the call that waits for a permit is sent, nor the one that has its permit.
    assert!(matches!(waiting.await, Ok(Some(CallError::Superseded))));
    assert!(matches!(reader.send(&Collection::Teams.call(), permit).await, Err(CallError::Superseded)));
    assert_eq!(emulator.journal().len(), sent);
}

#[tokio::test]
async fn a_403_leads_to_one_check_of_the_token_and_stops_only_that_call() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    emulator.fault(Fault::new("GET", "/v1/teams", Fault::FOREVER, Reply::new(403, "{}")));
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let reader =
        Reader::new(first.open(&accounts, None).await.ok().unwrap(), Arc::clone(&first), &Route::new(first.number));
    for _ in 0..3 {
        let error = reader.fetch(&Collection::Teams, Lane::Change).await.err();
        assert_eq!(error.as_ref().and_then(class), Some(Class::Denied));
    }
    assert!(reader.fetch(&Collection::Customer, Lane::Change).await.is_ok());
    let checks = emulator.journal().iter().filter(|entry| entry.path == "/v1/customer").count();
    // At the start, once after the refusals, and the read of this test.
    assert_eq!(checks, 3);
}
