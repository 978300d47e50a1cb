//! Tokens and accounts against the emulator.

use std::sync::Arc;

use futures::future::join_all;
use jiff::Timestamp;
use ping_emulator::{Edit, Emulator, Fault, Paging, Reply, Settings as EmulatorSettings, Trouble};
use serde_json::json;

use crate::api::provider_config::Provider;
use crate::api::provider_config::settings::Settings;
use crate::connection::account::Accounts;
use crate::connection::basis::Basis;
use crate::connection::clock::Clock;
use crate::connection::credential::Credential;
use crate::connection::endpoints::{AllowedEndpoints, ResolvedEndpoints};
use crate::connection::error::CallError;
use crate::connection::http::Http;
use crate::connection::keyed_lock::KeyedLocks;
use crate::connection::lane::Lane;
use crate::connection::network::Network;
use crate::connection::options::{ConnectionOptions, Sends};
use crate::connection::reader::Reader;
use crate::connection::shared_lane::SharedLane;
use crate::connection::single_flight::{FlightKey, SingleFlight};
use crate::connection::writer::Writer;
use crate::inventory::collection::{Collection, Need};
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{ChannelOwner, CustomerId};
use crate::provider::model::list::List;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

fn credential(emulator: &Emulator, token: &str) -> Arc<Credential> {
    let [query, command] = ["query", "cmd"].map(|side| format!("http://{}/customer-{side}", emulator.address()));
    let endpoints = json!({ "endpoints": { "customerQuery": query, "customerCommand": command } });
    let settings: Settings = serde_json::from_value(endpoints).unwrap();
    let allowed = AllowedEndpoints::new(["127.0.0.1".to_owned()]);
    let endpoints = ResolvedEndpoints::resolve(&settings, &allowed).unwrap();
    let (http, leadership) = (Http::new(&Network::default()).unwrap(), Arc::new(|_: &str, _: Sends| true));
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
    let opened = first.open(&accounts, None, "").await.ok().unwrap();
    assert!(Arc::ptr_eq(&opened, &second.open(&accounts, None, "").await.ok().unwrap()));
    assert!(!Arc::ptr_eq(&opened, &other.open(&accounts, None, "").await.ok().unwrap()));
    // Each token is asked for once.
    assert!(first.open(&accounts, None, "").await.is_ok());
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
        let all = join_all((0..20).map(|_| refused.open(&accounts, None, ""))).await;
        assert!(all.into_iter().all(|opened| opened.err().as_ref().and_then(class) == Some(Class::Credential)));
    }
    assert_eq!(emulator.journal().len(), 1);
}

#[tokio::test]
async fn a_token_that_no_request_can_have_is_a_refused_one_and_nothing_is_sent() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let Err(CallError::Failed(failure)) = credential(&emulator, "one\ntwo").open(&Accounts::default(), None, "").await
    else {
        panic!("it was accepted");
    };
    assert_eq!((failure.class, emulator.journal().len()), (Class::Credential, 0));
    assert!(failure.message.contains("line break") && !failure.message.contains("one"), "{failure}");
}

#[tokio::test]
async fn nothing_is_sent_with_a_token_that_its_config_does_not_use_any_more() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let account = first.open(&accounts, None, "").await.ok().unwrap();
    account.configure(1.0, 1.0, jiff::SignedDuration::ZERO);
    let route = Basis::new(first.number);
    let reader = Reader::new(account, Arc::clone(&first), &route);
    let (permit, sent) = (reader.acquire(Lane::Change.into()).await.ok().unwrap(), emulator.journal().len());
    let waiting = tokio::spawn({
        let reader = reader.clone();
        async move { reader.fetch(&Collection::Teams, Lane::Change).await.err() }
    });
    tokio::task::yield_now().await;
    route.change(first.number + 1);
    // Neither the call that waits for a permit is sent, nor the one that has its permit.
    assert!(matches!(waiting.await, Ok(Some(CallError::Superseded))));
    assert!(matches!(reader.send(&Collection::Teams.call(), permit, &[]).await, Err(CallError::Superseded)));
    assert_eq!(emulator.journal().len(), sent);
}

#[tokio::test]
async fn a_403_leads_to_one_check_of_the_token_and_stops_only_that_call() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    emulator.fault(Fault::new("GET", "/v1/teams", Fault::FOREVER, Reply::new(403, "{}")));
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let reader =
        Reader::new(first.open(&accounts, None, "").await.ok().unwrap(), Arc::clone(&first), &Basis::new(first.number));
    for _ in 0..3 {
        let error = reader.fetch(&Collection::Teams, Lane::Change).await.err();
        assert_eq!(error.as_ref().and_then(class), Some(Class::Denied));
    }
    assert!(reader.fetch(&Collection::Customer, Lane::Change).await.is_ok());
    let checks = emulator.journal().iter().filter(|entry| entry.path == "/v1/customer").count();
    // At the start, once after the refusals, and the read of this test.
    assert_eq!(checks, 3);
}

#[tokio::test]
async fn a_401_of_one_operation_is_the_trouble_of_that_call_if_the_token_still_shows_its_account() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    emulator.fault(Fault::new("GET", "/v1/teams", 3, Reply::new(401, "{}")));
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let reader =
        Reader::new(first.open(&accounts, None, "").await.ok().unwrap(), Arc::clone(&first), &Basis::new(first.number));
    for _ in 0..2 {
        let Some(CallError::Failed(failure)) = reader.fetch(&Collection::Teams, Lane::Change).await.err() else {
            panic!("not refused");
        };
        assert_eq!(failure.class, Class::Denied);
        assert!(failure.message.contains("does not allow this token to do 'list teams' (HTTP 401)"), "{failure}");
    }
    assert_eq!(first.pauses_because(), None);
    // A token that is refused by now stops at the next 401, however short ago it was checked.
    emulator.fault(Fault::new("GET", "/v1/customer", Fault::FOREVER, Reply::new(401, "{}")));
    for _ in 0..3 {
        let error = reader.fetch(&Collection::Teams, Lane::Change).await.err();
        assert_eq!(error.as_ref().and_then(class), Some(Class::Credential));
    }
    let sent = |path: &str| emulator.journal().iter().filter(|entry| entry.path == path).count();
    // The account at the start, and once after each 401.
    assert_eq!((sent("/v1/teams"), sent("/v1/customer")), (3, 4));
}

#[tokio::test]
async fn many_401s_at_once_share_the_checks_of_the_token() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    assert!(first.open(&accounts, None, "").await.is_ok());
    let refused = || Failure::from_status(true, "invite", 401);
    let all = join_all((0..20).map(|_| first.judged("invite", refused()))).await;
    assert!(all.iter().all(|failure| failure.class == Class::Denied));
    // The account at the start; a check for the first, and one for all that were refused while that was under way.
    assert_eq!(emulator.journal().len(), 3);
}

#[tokio::test]
async fn an_answer_about_another_account_is_not_believed_and_nothing_is_sent_for_the_old_one() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let account = first.open(&accounts, None, "").await.ok().unwrap();
    let reader = Reader::new(Arc::clone(&account), Arc::clone(&first), &Basis::new(first.number));
    let own = account.key.as_ref().unwrap().id.clone();
    let edits = vec![Edit::new(&own, "11111111-2222-3333-4444-555555555555")];
    emulator.fault(Fault::new("GET", "/v1/customer", Fault::FOREVER, Trouble::Edited { edits }));
    let need = Need { collection: Collection::Customer, not_before: Timestamp::now() };
    assert!(matches!(reader.read(&need, &Lane::Change.into()).await, Err(CallError::Superseded)));
    assert_eq!(reader.known(|inventory| inventory.identity(Provider::Pinghome)).map(|shown| shown.id), Some(own));
    assert!(matches!(reader.acquire(Lane::Change.into()).await, Err(CallError::Superseded)));
    assert!(!Arc::ptr_eq(&account, &first.open(&accounts, None, "").await.ok().unwrap()));
}

#[tokio::test]
async fn all_pages_of_a_list_are_read_at_its_own_host_and_what_shifts_is_doubted() {
    let (emulator, elsewhere) =
        (Emulator::start(EmulatorSettings::default()), Emulator::start(EmulatorSettings::default()));
    let (emulator, elsewhere) = (emulator.await.unwrap(), elsewhere.await.unwrap());
    for number in 1..=5 {
        emulator.human("token-a", "POST", "/customer-cmd/v1/team", json!({"name": format!("Team {number}")}));
    }
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let basis = Basis::new(first.number);
    let reader = Reader::new(first.open(&accounts, None, "").await.ok().unwrap(), Arc::clone(&first), &basis);
    let need = |clock: Timestamp| Need { collection: Collection::Teams, not_before: clock };
    let counted = || reader.known(|inventory| inventory.teams(Timestamp::MIN).map(|teams| teams.items().count()).ok());
    for paging in [Paging::Next, Paging::Header, Paging::Cursor, Paging::Number] {
        emulator.set(|settings| (settings.page_size, settings.paging) = (2, paging));
        emulator.clear_journal();
        assert!(reader.read(&need(first.options().clock.now()), &Lane::Change.into()).await.is_ok(), "{paging:?}");
        assert_eq!((counted(), emulator.journal().len()), (Some(5), 3), "{paging:?}");
        assert_eq!(reader.known(|inventory| inventory.doubt(&Collection::Teams)), None, "{paging:?}");
    }
    emulator.set(|settings| (settings.paging, settings.pages_shift) = (Paging::Next, true));
    assert!(reader.read(&need(first.options().clock.now()), &Lane::Change.into()).await.is_ok());
    assert!(reader.known(|inventory| inventory.doubt(&Collection::Teams)).is_some());
    emulator.set(|settings| settings.next_base = format!("http://{}", elsewhere.address()));
    let error = reader.read(&need(first.options().clock.now()), &Lane::Change.into()).await.err();
    assert_eq!(error.as_ref().and_then(class), Some(Class::Retry));
    assert_eq!(elsewhere.journal().len(), 0);
}

#[tokio::test]
async fn a_refusal_repeats_no_address_that_only_the_lists_or_a_secret_show() {
    let emulator = Emulator::start(EmulatorSettings::default()).await.unwrap();
    let said = r#"{"message": "hooks.internal.corp/alarm (masked-elsewhere) is in use"}"#;
    emulator.fault(Fault::new("DELETE", "/v1/", Fault::FOREVER, Reply::new(409, said)));
    let (accounts, first) = (Accounts::default(), credential(&emulator, "token-a"));
    let account = first.open(&accounts, None, "").await.ok().unwrap();
    let owner = ChannelOwner::Customer(CustomerId::parse(account.key.as_ref().unwrap().id.as_str()).unwrap());
    let address = |text: &str| Channel::new("webhook", Sensitive::new(text), 1, None, None);
    let list = |text: &str| Answer::Channels(List { items: vec![address(text)], unreadable: None });
    let writer = Writer::new(Reader::new(Arc::clone(&account), Arc::clone(&first), &Basis::new(first.number)));
    let input = Basis::new(1).used_with(1);
    let call = Call::from(PinghomeCall::DeleteChannel { owner: owner.clone(), priority: 1 });
    let shown = Collection::Channels(owner).call();
    account.inventory.lock().record(&shown, &list("hooks.internal.corp/alarm"), jiff::Timestamp::now());
    let permit = writer.acquire(Lane::Change.into(), "uid").await.ok().unwrap();
    let error = writer.write(&call, permit, &input, &[Sensitive::new("masked-elsewhere")]).await.err();
    let Some(CallError::Failed(failure)) = error else { panic!("not refused") };
    assert!(failure.message.ends_with("the provider says: \"[…] is in use\""), "{}", failure.message);
}

#[tokio::test]
async fn a_read_and_a_lock_take_the_best_lane_of_those_who_wait_for_them() {
    let (flights, locks, began) = (SingleFlight::default(), KeyedLocks::default(), Timestamp::UNIX_EPOCH);
    let key = || FlightKey { credential: 1, collection: Collection::Teams };
    // The read ends once its lane is the best.
    let read = |lane: SharedLane| async move {
        lane.better_than(Lane::Deletion).await;
        Ok(began)
    };
    let [resync, retry] = [Lane::Resync, Lane::Retry].map(SharedLane::from);
    let mut first = Box::pin(flights.join(key(), &resync, read));
    let mut second = Box::pin(flights.join(key(), &retry, read));
    assert!(futures::poll!(&mut first).is_pending() && futures::poll!(&mut second).is_pending());
    // Who waits under a lock is lifted by who waits for the lock.
    let held = locks.lock("name", Lane::Resync).await;
    let mut third = Box::pin(flights.join(key(), held.lane(), read));
    assert!(futures::poll!(&mut third).is_pending());
    let mut waiting = Box::pin(locks.lock("name", Lane::Change));
    assert!(futures::poll!(&mut waiting).is_pending());
    assert!(matches!(third.await, Ok(at) if at == began));
    assert!(matches!((first.await, second.await), (Ok(_), Ok(_))));
    drop(held);
    assert_eq!(waiting.await.lane().best(), Lane::Change);
    assert_eq!(locks.lock("name", Lane::Retry).await.lane().best(), Lane::Retry);
}
