//! Reads from a provider, and what was read so far.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use jiff::Timestamp;

use crate::connection::account::{Account, AccountKey, Permit};
use crate::connection::basis::{BasedOn, Basis};
use crate::connection::credential::Credential;
use crate::connection::error::CallError;
use crate::connection::lane::Lane;
use crate::connection::options::Sends;
use crate::connection::shared_lane::SharedLane;
use crate::connection::single_flight::FlightKey;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::list::List;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Host;

/// Reads from the provider; cannot change anything there. It belongs to one token of one config: after the config uses another
/// token, nothing is sent by it any more.
#[derive(Clone)]
pub(crate) struct Reader {
    /// The account that the token opens.
    pub(super) account: Arc<Account>,
    /// The token.
    pub(super) credential: Arc<Credential>,
    /// Whether the config still uses the token.
    route: BasedOn,
}

impl Reader {
    /// Reads an account with a token, for as long as a config uses that.
    pub(crate) fn new(account: Arc<Account>, credential: Arc<Credential>, route: &Basis) -> Self {
        let route = route.used_with(credential.number);
        Self { account, credential, route }
    }

    /// Reads with a token of which only the endpoints are known: its account is not asked for.
    pub(crate) fn alone(credential: Credential) -> Self {
        let (account, route) = (Account::new(None, credential.options()), Basis::new(credential.number));
        Self::new(Arc::new(account), Arc::new(credential), &route)
    }

    /// The id of the account; `None`: the provider does not show it.
    pub(crate) fn account_id(&self) -> Option<&str> {
        self.account.key.as_ref().map(|key| key.id.as_str())
    }

    /// Whether both read with the same token.
    pub(crate) fn has_token_of(&self, other: &Self) -> bool {
        self.credential.is_same(&other.credential)
    }

    /// The collection that shows which account the token opens.
    pub(crate) fn shows_account(&self) -> Collection {
        self.credential.shows_account()
    }

    /// The key of the account with this id, if the token opens it.
    pub(crate) fn account_key(&self, id: &str) -> AccountKey {
        self.credential.account_key(id)
    }

    /// Tells apart where calls go: the endpoints, and the account. It is the same as long as the process runs.
    pub(crate) fn route_id(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.account.key.hash(&mut hasher);
        hasher.finish()
    }

    /// How long the pause still lasts that the provider asked for; `None`: there is none.
    pub(crate) fn throttled_for(&self) -> Option<Duration> {
        self.account.pause(Instant::now())
    }

    /// An error if nothing may be sent with this token now.
    fn ensure_current(&self) -> Result<(), CallError> {
        self.route.ensure_current()?;
        self.ensure_leader(Sends::Read)?;
        self.credential.ensure_accepted()?;
        self.credential.ensure_opens(&self.account)
    }

    /// An error if another process may send calls to the account before a call is over that begins now.
    pub(super) fn ensure_leader(&self, sends: Sends) -> Result<(), CallError> {
        self.credential.options().ensure_leader(self.account_id().unwrap_or_default(), sends)
    }

    /// Waits for the permit of one read, or until the config uses another token.
    pub(super) async fn acquire(&self, lane: SharedLane) -> Result<Permit, CallError> {
        self.acquire_for(lane, None).await
    }

    /// The same for a call of a caller who keeps its place ([`RateLimiter::acquire`]).
    ///
    /// [`RateLimiter::acquire`]: crate::connection::rate_limiter::RateLimiter::acquire
    pub(super) async fn acquire_for(&self, lane: SharedLane, caller: Option<&str>) -> Result<Permit, CallError> {
        self.ensure_current()?;
        let permit = self.route.wait(self.account.acquire(lane, caller)).await?;
        // The token may have been refused while this call waited.
        self.ensure_current()?;
        permit
    }

    /// Waits for the permit to read a further page of a list, after a page was read.
    async fn further(&self, call: &Call, lane: SharedLane) -> Result<Option<Permit>, CallError> {
        self.account.succeeded(call, self.credential.options().clock.now());
        let permit = self.acquire(lane).await?;
        self.account.ensure_closed()?;
        Ok(Some(permit))
    }

    /// Sends one call, and reads all pages of the answer; returns the answer and when it was asked for. `secrets`: what the caller knows
    /// that no message may repeat.
    pub(super) async fn send(
        &self,
        call: &Call,
        permit: Permit,
        secrets: &[Sensitive],
    ) -> Result<(Answer, Timestamp), CallError> {
        // Since the permit was given, the token may have changed, or the provider may have asked for a pause.
        self.ensure_current()?;
        self.account.ensure_closed()?;
        let (reader, read, lane, mut permit) = (self.clone(), call.clone(), permit.lane.clone(), Some(permit));
        let more = move || {
            let (reader, call, lane) = (reader.clone(), read.clone(), lane.clone());
            async move { reader.further(&call, lane).await }.boxed()
        };
        let mut unsaid = self.known(|inventory| inventory.addresses_behind(call));
        unsaid.extend(secrets.iter().map(|secret| secret.expose().to_owned()));
        match self.credential.exchange(call, unsaid, &mut permit, more).await? {
            Ok(answered) => {
                self.account.succeeded(call, self.credential.options().clock.now());
                Ok(answered)
            }
            Err(failure) => {
                let failure = self.account.settle(call, failure, Instant::now());
                drop(permit);
                // What is found out about the token may need another call.
                let failure = match self.ensure_leader(Sends::Read) {
                    Ok(()) => self.credential.judged(call.operation(), failure).await,
                    Err(_) => failure,
                };
                Err(failure.into())
            }
        }
    }

    /// What was observed so far. The inventory is locked while `query` runs, so `query` is synchronous.
    pub(crate) fn known<R>(&self, query: impl FnOnce(&Inventory) -> R) -> R {
        query(&self.account.inventory.lock())
    }

    /// Reads a collection unless it is fresh enough. Concurrent readers share one request, in the best of their lanes.
    pub(crate) async fn read(&self, need: &Need, lane: &SharedLane) -> Result<(), CallError> {
        let fresh =
            || self.known(|inventory| inventory.read_at(&need.collection)).is_some_and(|at| at >= need.not_before);
        while !fresh() {
            let call = need.collection.call();
            let reader = self.clone();
            let flight = |lane| async move {
                let permit = reader.acquire(lane).await?;
                let (answer, began) = reader.send(&call, permit, &[]).await?;
                reader.credential.ensure_about(&reader.account, &answer)?;
                reader.account.inventory.lock().record(&call, &answer, began);
                Ok(began)
            };
            let key = FlightKey { credential: self.credential.number, collection: need.collection.clone() };
            self.account.single_flight.join(key, lane, flight).await?;
        }
        Ok(())
    }

    /// The channels of an owner, of some types only: none of `exclude`, and only those of `include` if it names any.
    /// A filtered list proves no absence, so the inventory does not record it.
    pub(crate) async fn list_channels(
        &self,
        owner: &ChannelOwner,
        include: &[String],
        exclude: &[String],
        lane: Lane,
    ) -> Result<Vec<Channel>, CallError> {
        let call =
            PinghomeCall::ListChannels { owner: owner.clone(), include: include.to_vec(), exclude: exclude.to_vec() };
        let (answer, _) = self.send(&call.into(), self.acquire(lane.into()).await?, &[]).await?;
        let Answer::Channels(List { items, unreadable }) = answer else { return Ok(Vec::new()) };
        let Some(item) = unreadable else { return Ok(items) };
        let message = format!("the list of notification channels {item}");
        Err(Failure::new(Class::Retry, message).into())
    }

    /// Reads a collection without recording it in the inventory: `plan` keeps an inventory of its own.
    pub(crate) async fn fetch(&self, collection: &Collection, lane: Lane) -> Result<Answer, CallError> {
        let permit = self.acquire(lane.into()).await?;
        Ok(self.send(&collection.call(), permit, &[]).await?.0)
    }

    /// The host and port that a call goes to.
    pub(crate) fn authority(&self, host: Host) -> String {
        self.credential.endpoints().authority(host)
    }

    /// How many calls a second there may be to the account.
    pub(crate) fn rate(&self) -> f64 {
        self.account.rate_limiter.per_second()
    }

    /// Since when the state of the account is kept.
    pub(crate) fn known_since(&self) -> Timestamp {
        self.account.since
    }

    /// Sets the rate limit of the account.
    pub(crate) fn set_rate(&self, requests_per_second: f64, burst: f64) {
        self.account.rate_limiter.configure(requests_per_second, burst);
    }
}
