//! One token: whether the provider accepts it, and which account it opens. Its exchange is the only place that sends calls.
//!
//! Until the account of a token is known, only the read that tells the account is sent. After the provider refused the token,
//! that read is the only probe, too.

pub(crate) mod check;
pub(crate) mod exchange;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};

use crate::api::provider_config::{AccountIdentity, Provider};
use crate::api::reason::Reason;
use crate::connection::account::{Account, AccountKey, Accounts, Permit};
use crate::connection::circuit_breaker::{CircuitBreaker, Tripped};
use crate::connection::endpoints::ResolvedEndpoints;
use crate::connection::error::CallError;
use crate::connection::options::{ConnectionOptions, Observation, Paused, Sends};
use crate::inventory::collection::Collection;
use crate::inventory::identity;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};

/// How often the account is read while it is not the one that a config expects: one wrong answer must not stay.
const DOUBT_INTERVAL: Duration = Duration::from_secs(30);

/// The pause between two pages of the list that tells the account: the default rate of `spec.rateLimit`.
const PAGE_PAUSE: Duration = Duration::from_millis(200);

/// The answer of the read that tells the account.
struct Identified {
    call: Call,
    answer: Answer,
    began: Timestamp,
    /// The id of the account.
    id: String,
}

/// Lets a further page be read before the rate limit of the account is known.
fn paced() -> BoxFuture<'static, Result<Option<Permit>, Infallible>> {
    async {
        tokio::time::sleep(PAGE_PAUSE).await;
        Ok(None)
    }
    .boxed()
}

/// The account that a token opens.
struct Opened {
    account: Arc<Account>,
    /// When it was read.
    at: Instant,
}

impl Opened {
    /// Whether it need not be read again for a config that expects this account.
    fn is_believed(&self, expected: Option<&str>) -> bool {
        let is_expected = |key: &AccountKey| expected.is_none_or(|id| id == key.id);
        self.account.key.as_ref().is_none_or(is_expected) || self.at.elapsed() < DOUBT_INTERVAL
    }
}

/// What the provider says of a token that it does not refuse.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Token {
    /// It shows the account.
    Accepted,
    /// Its answer shows nothing of the token.
    Unknown,
}

/// A check of the token.
#[derive(Clone, Copy)]
struct Checked {
    /// When it began.
    at: Instant,
    token: Token,
}

/// A token of a provider.
pub(crate) struct Credential {
    /// Tells apart the credentials of this process.
    pub(crate) number: u64,
    options: Arc<ConnectionOptions>,
    provider: Provider,
    endpoints: ResolvedEndpoints,
    token: SecretString,
    /// Open while the token is refused.
    circuit_breaker: CircuitBreaker,
    /// The account that it opens, once that is known.
    account: Mutex<Option<Opened>>,
    /// The last check of the token because an operation was refused. Locked while the account is read.
    checked: tokio::sync::Mutex<Option<Checked>>,
}

impl Credential {
    /// A token that was not used yet.
    pub(crate) fn new(
        options: Arc<ConnectionOptions>,
        provider: Provider,
        endpoints: ResolvedEndpoints,
        token: SecretString,
    ) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(1);
        Self {
            number: MADE.fetch_add(1, Ordering::Relaxed),
            options,
            provider,
            endpoints,
            token,
            circuit_breaker: CircuitBreaker::default(),
            account: Mutex::default(),
            checked: tokio::sync::Mutex::default(),
        }
    }

    /// What all connections share.
    pub(super) fn options(&self) -> &ConnectionOptions {
        &self.options
    }

    /// The base URLs.
    pub(super) fn endpoints(&self) -> &ResolvedEndpoints {
        &self.endpoints
    }

    /// Whether it is this token for this provider.
    pub(crate) fn is(&self, provider: Provider, endpoints: &ResolvedEndpoints, token: &str) -> bool {
        self.provider == provider && self.endpoints == *endpoints && self.token.expose_secret() == token
    }

    /// Whether it is the same token for the same provider.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.is(other.provider, &other.endpoints, other.token.expose_secret())
    }

    /// The key of the account with this id.
    pub(super) fn account_key(&self, id: &str) -> AccountKey {
        AccountKey { provider: self.provider, endpoints: self.endpoints.clone(), id: id.to_owned() }
    }

    /// An error while the token is refused. When that pause is over, the account is read first.
    pub(super) fn ensure_accepted(&self) -> Result<(), CallError> {
        let now = Instant::now();
        match self.circuit_breaker.open_because(now) {
            Some(failure) => Err(failure.into()),
            None if self.circuit_breaker.needs_probe(now) => Err(CallError::Superseded),
            None => Ok(()),
        }
    }

    /// Why nothing is sent with the token, until the provider has accepted it again.
    pub(crate) fn pauses_because(&self) -> Option<Reason> {
        self.circuit_breaker.pauses_because()
    }

    /// The account that the token opens: as it is known, or else by one call that all callers wait for. `expected`: the id of the
    /// account that the config is for, if that is known; `about`: for what the call is sent that asks.
    pub(crate) async fn open(
        &self,
        accounts: &Accounts,
        expected: Option<&str>,
        about: &str,
    ) -> Result<Arc<Account>, CallError> {
        if let Some(account) = self.opened(expected)? {
            return Ok(account);
        }
        let _checking = self.checked.lock().await;
        if let Some(account) = self.opened(expected)? {
            return Ok(account);
        }
        self.options.ensure_leader(about, Sends::Read)?;
        self.read_account(accounts).await
    }

    /// The account, unless the provider must be asked first.
    fn opened(&self, expected: Option<&str>) -> Result<Option<Arc<Account>>, CallError> {
        if self.options.is_closing() {
            return Err(CallError::Closing);
        }
        match self.ensure_accepted() {
            Ok(()) => {
                let opened = self.account.lock();
                let believed = opened.as_ref().filter(|opened| opened.is_believed(expected));
                Ok(believed.map(|opened| Arc::clone(&opened.account)))
            }
            Err(CallError::Superseded) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the account, and takes it as the first observation of that account.
    async fn read_account(&self, accounts: &Accounts) -> Result<Arc<Account>, CallError> {
        let identified = self.identify().await;
        let Identified { call, answer, began, id } =
            identified.map_err(|failure| self.refused(self.identifying(), &failure))?;
        let (provider, endpoints) = (self.provider, self.endpoints.clone());
        let account = accounts.of(AccountKey { provider, endpoints, id }, &self.options);
        account.inventory.lock().record(&call, &answer, began);
        account.succeeded(&call, self.options.clock.now());
        *self.account.lock() = Some(Opened { account: Arc::clone(&account), at: Instant::now() });
        Ok(account)
    }

    /// Sends the call that tells the account of the token.
    async fn identify(&self) -> Result<Identified, Failure> {
        let collection = self.shows_account();
        let call = collection.call();
        let Ok(answered) = self.exchange(&call, Vec::new(), &mut None, paced).await;
        match answered {
            Ok((answer, began)) => {
                let Some(AccountIdentity { id, name: _ }) = identity::shown_by(&answer) else {
                    return Err(Failure::new(Class::Retry, "the provider does not show which account the token opens"));
                };
                if self.circuit_breaker.on_answer(call.operation(), Instant::now()) {
                    self.observe(&Observation::Resume { paused: self.paused(), provider: self.provider });
                }
                Ok(Identified { call, answer, began, id })
            }
            // Whoever may not even see the own account has no valid token.
            Err(Failure { class: Class::Denied, status, .. }) => {
                Err(Failure::refused_credential(call.operation(), status))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The operation that tells the account of a token.
    fn identifying(&self) -> &'static str {
        self.shows_account().call().operation()
    }

    /// The collection that shows the account of a token.
    pub(super) fn shows_account(&self) -> Collection {
        match self.provider {
            Provider::Pinghome => Collection::Customer,
            Provider::NodePing => Collection::Accounts,
        }
    }

    /// An error if an answer shows another account than this one. Then the token opens that by now: the account is read again before
    /// anything else is sent.
    pub(super) fn ensure_about(&self, account: &Account, answer: &Answer) -> Result<(), CallError> {
        match (&account.key, identity::shown_by(answer)) {
            (Some(key), Some(shown)) if shown.id != key.id => {
                self.forget_account();
                Err(CallError::Superseded)
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// The account is read before anything else is sent.
    pub(crate) fn forget_account(&self) {
        *self.account.lock() = None;
    }

    /// An error if the token opens another account by now, or is not known to open this one any more.
    pub(super) fn ensure_opens(&self, account: &Arc<Account>) -> Result<(), CallError> {
        let opened = self.account.lock();
        let is_same = opened.as_ref().is_some_and(|opened| Arc::ptr_eq(&opened.account, account));
        if is_same || account.key.is_none() { Ok(()) } else { Err(CallError::Superseded) }
    }

    fn refused(&self, operation: &'static str, failure: &Failure) -> Failure {
        let Tripped { failure, is_new } = self.circuit_breaker.on_failure(operation, failure, Instant::now());
        if is_new {
            let (paused, provider) = (self.paused(), self.provider);
            self.observe(&Observation::Pause { paused, provider, operation, failure: &failure });
        }
        failure
    }

    fn paused(&self) -> Paused {
        Paused::Token(self.number)
    }

    fn observe(&self, observation: &Observation<'_>) {
        (self.options.observer)(observation);
    }
}
