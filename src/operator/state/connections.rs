//! How each config leads to its account. Configs with the same token share the token's state, and all tokens of one account share
//! the account's state: what was observed, locks, rate limit, pauses.

pub(crate) mod pace;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::connection::account::{Account, Accounts};
use crate::connection::credential::Credential;
use crate::connection::endpoints::{AllowedEndpoints, NotAllowed, ResolvedEndpoints};
use crate::connection::error::CallError;
use crate::connection::options::ConnectionOptions;
use crate::connection::reader::Reader;
use crate::connection::route::Route;
use crate::connection::writer::Writer;
use crate::operator::state::connections::pace::Pace;
use crate::operator::state::index::Index;

/// How one config leads to its account.
struct Way {
    uid: String,
    credential: Arc<Credential>,
    route: Route,
    /// The account that it led to last.
    account: Option<Arc<Account>>,
    /// What the config asks for.
    pace: Pace,
}

/// The ways by config.
type Ways = HashMap<ResourceKey, Way>;

/// Why a config does not lead to an account now.
pub(crate) enum OpenError {
    /// An endpoint is not allowed.
    NotAllowed(NotAllowed),
    /// The account could not be read.
    Call(CallError),
}

/// The connections of all configs.
pub(crate) struct Connections {
    options: Arc<ConnectionOptions>,
    allowed: AllowedEndpoints,
    index: Arc<Index>,
    accounts: Accounts,
    ways: Mutex<Ways>,
}

impl Connections {
    /// No config leads anywhere yet.
    pub(crate) fn new(options: ConnectionOptions, allowed: AllowedEndpoints, index: Arc<Index>) -> Self {
        Self { options: Arc::new(options), allowed, index, accounts: Accounts::default(), ways: Mutex::default() }
    }

    /// The connection of a config with this token. Until the account of the token is known, only the read that tells it is sent.
    pub(crate) async fn open(&self, config: &ConfigView, token: &str) -> Result<Writer, OpenError> {
        let endpoints = ResolvedEndpoints::resolve(&config.settings, &self.allowed).map_err(OpenError::NotAllowed)?;
        let credential = self.use_token(config, &endpoints.of(config.provider), token);
        self.connect(config, credential).await.map_err(OpenError::Call)
    }

    /// The connection with the last token, to delete external objects when the Secret is gone; `None`: there was none.
    pub(crate) async fn remembered(&self, config: &ConfigView) -> Option<Result<Writer, CallError>> {
        let credential = {
            let ways = self.ways.lock();
            let way = ways.get(&config.key).filter(|way| way.uid == config.uid && way.account.is_some())?;
            Arc::clone(&way.credential)
        };
        Some(self.connect(config, credential).await)
    }

    /// Whether a call to the account that a config leads to succeeded since `time`.
    pub(crate) fn succeeded_since(&self, config: &ResourceKey, time: Timestamp) -> bool {
        let ways = self.ways.lock();
        ways.get(config).and_then(|way| way.account.as_ref()).is_some_and(|account| account.succeeded_since(time))
    }

    /// The other configs that lead to the same account.
    pub(crate) fn others(&self, config: &ResourceKey) -> Vec<ResourceKey> {
        let ways = self.ways.lock();
        let Some(account) = ways.get(config).and_then(|way| way.account.as_ref()) else { return Vec::new() };
        self.leading_to(&ways, account).into_keys().filter(|key| key != config).collect()
    }

    /// A config is gone: the account is forgotten with the last one, and the others may have another rate.
    pub(crate) fn forget(&self, config: &ResourceKey) {
        let others = self.others(config);
        {
            let mut ways = self.ways.lock();
            let Some(way) = ways.remove(config) else { return };
            way.route.end();
            way.account.iter().for_each(|account| self.configure(&ways, account));
        }
        self.index.trigger(others);
    }

    /// Lets no new call begin.
    pub(crate) fn close(&self) {
        self.options.close();
        self.accounts.close();
    }

    /// The credential of a config. If the token is another one than before, what was planned with the other is not sent, and the
    /// resources of the config are reconciled.
    fn use_token(&self, config: &ConfigView, endpoints: &ResolvedEndpoints, token: &str) -> Arc<Credential> {
        let mut ways = self.ways.lock();
        let is_same = |credential: &Arc<Credential>| credential.is(config.provider, endpoints, token);
        let shared = ways.values().map(|way| &way.credential).find(|credential| is_same(credential)).cloned();
        let known = ways.get_mut(&config.key).filter(|way| way.uid == config.uid);
        if let Some(way) = known.as_ref().filter(|way| is_same(&way.credential)) {
            return Arc::clone(&way.credential);
        }
        let new =
            || Arc::new(Credential::new(Arc::clone(&self.options), config.provider, endpoints.clone(), token.into()));
        let credential = shared.unwrap_or_else(new);
        let is_changed = known.is_some();
        if let Some(way) = known {
            way.route.change(credential.number);
            way.credential = Arc::clone(&credential);
        } else {
            let (route, pace) = (Route::new(credential.number), Pace::of(&config.settings));
            let way = Way { uid: config.uid.clone(), credential: Arc::clone(&credential), route, account: None, pace };
            if let Some(earlier) = ways.insert(config.key.clone(), way) {
                earlier.route.end();
            }
        }
        drop(ways);
        if is_changed {
            self.index.trigger(self.index.referrers(&config.key).into_iter().chain([config.key.clone()]));
        }
        credential
    }

    async fn connect(&self, config: &ConfigView, credential: Arc<Credential>) -> Result<Writer, CallError> {
        let account = credential.open(&self.accounts).await?;
        let mut ways = self.ways.lock();
        let is_current = |way: &&mut Way| way.credential.number == credential.number;
        let way = ways.get_mut(&config.key).filter(is_current).ok_or(CallError::Superseded)?;
        let writer = Writer::new(Reader::new(Arc::clone(&account), credential, &way.route));
        let pace = Pace::of(&config.settings);
        let is_same = way.account.as_ref().is_some_and(|known| Arc::ptr_eq(known, &account));
        if is_same && way.pace == pace {
            return Ok(writer);
        }
        way.pace = pace;
        let before = way.account.replace(Arc::clone(&account));
        // A config whose end was not seen is forgotten here at the latest.
        ways.retain(|key, _| *key == config.key || self.index.config(key).is_some());
        for changed in before.iter().chain([&account]) {
            self.configure(&ways, changed);
        }
        drop(ways);
        if !is_same && config.account.as_deref() != writer.reader().account_id() {
            self.index.trigger(self.others(&config.key));
        }
        Ok(writer)
    }

    /// Gives an account the least rate and the greatest read lag of its configs, and doubts positions that a deletion of an
    /// earlier process may have moved.
    fn configure(&self, ways: &Ways, account: &Arc<Account>) {
        let configs = self.leading_to(ways, account);
        if let Some(pace) = configs.values().copied().reduce(Pace::strictest) {
            account.configure(pace.requests_per_second, pace.burst, pace.read_lag);
        }
        let deletions = configs.keys().filter_map(|key| self.index.config(key)?.last_deletion);
        if let Some(last) = deletions.filter(|at| *at <= account.since).max() {
            account.doubt_positions(last);
        }
    }

    /// The configs of an account: those that led to it, and those that did when the process was not running yet.
    fn leading_to(&self, ways: &Ways, account: &Arc<Account>) -> BTreeMap<ResourceKey, Pace> {
        let leads = |way: &Way| way.account.as_ref().is_some_and(|known| Arc::ptr_eq(known, account));
        let led = ways.iter().filter(|(_, way)| leads(way)).map(|(key, way)| (key.clone(), way.pace));
        let key = account.key.as_ref();
        let is_recorded = |config: &ConfigView| {
            key.is_some_and(|key| config.provider == key.provider && config.account.as_ref() == Some(&key.id))
        };
        let recorded = self.index.configs().into_iter().filter(is_recorded);
        let unopened = recorded.filter(|config| ways.get(&config.key).is_none_or(|way| way.account.is_none()));
        led.chain(unopened.map(|config| (config.key.clone(), Pace::of(&config.settings)))).collect()
    }
}
