//! Which account the token of each config opens. Configs with the same token share the token's state, and all tokens of one account share
//! the account's state: what was observed, locks, rate limit, pauses.

pub(crate) mod limits;
pub(crate) mod shown;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::connection::account::{Account, Accounts};
use crate::connection::basis::Basis;
use crate::connection::credential::Credential;
use crate::connection::endpoints::{AllowedEndpoints, NotAllowed, ResolvedEndpoints};
use crate::connection::error::CallError;
use crate::connection::options::ConnectionOptions;
use crate::connection::reader::Reader;
use crate::connection::writer::Writer;
use crate::operator::options::RemovedTokens;
use crate::operator::state::connections::limits::Limits;
use crate::operator::state::index::Index;

/// A config with its token, and the account that the token opens.
struct Binding {
    uid: String,
    credential: Arc<Credential>,
    /// The last token that opened the account that the config is for: a deletion uses it when the Secret is gone.
    confirmed: Option<Arc<Credential>>,
    /// The token that what is sent must be planned with.
    route: Basis,
    /// The account that its token opened last.
    account: Option<Arc<Account>>,
    /// The rate and the read lag that the config asks for.
    limits: Limits,
}

/// The bindings by config.
type Bindings = HashMap<ResourceKey, Binding>;

/// Why a config has no connection now.
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
    /// Whether a token is forgotten once its Secret is gone.
    forgets_removed: bool,
    index: Arc<Index>,
    accounts: Accounts,
    bindings: Mutex<Bindings>,
}

impl Connections {
    /// Nothing is connected yet.
    pub(crate) fn new(
        connection: ConnectionOptions,
        allowed: AllowedEndpoints,
        removed: RemovedTokens,
        index: Arc<Index>,
    ) -> Self {
        let forgets_removed = removed == RemovedTokens::Forgotten;
        let (options, accounts, bindings) = (Arc::new(connection), Accounts::default(), Mutex::default());
        Self { options, allowed, forgets_removed, index, accounts, bindings }
    }

    /// The connection of a config with this token. Until the account of the token is known, only the read that tells it is sent.
    pub(crate) async fn open(&self, config: &ConfigView, token: &str) -> Result<Writer, OpenError> {
        let endpoints = ResolvedEndpoints::resolve(&config.settings, &self.allowed).map_err(OpenError::NotAllowed)?;
        let credential = self.use_token(config, &endpoints.of(config.provider), token);
        self.connect(config, credential).await.map_err(OpenError::Call)
    }

    /// The connection with the last token of the account that the config is for, to delete external objects when the Secret is gone; `None`: there was none.
    pub(crate) async fn remembered(&self, config: &ConfigView) -> Option<Result<Writer, CallError>> {
        let credential = {
            let mut bindings = self.bindings.lock();
            let binding = bindings.get_mut(&config.key).filter(|binding| binding.uid == config.uid)?;
            let confirmed = binding.confirmed.clone()?;
            binding.route.change(confirmed.number);
            binding.credential = Arc::clone(&confirmed);
            confirmed
        };
        Some(self.connect(config, credential).await)
    }

    /// The Secret of a config, or its key, is gone. Deletions go on with the last token, unless such tokens are to be forgotten: then
    /// nothing more is sent with it. Says whether one is remembered.
    pub(crate) fn token_removed(&self, config: &ConfigView) -> bool {
        if self.forgets_removed {
            self.forget(&config.key);
        }
        let bindings = self.bindings.lock();
        let ours = bindings.get(&config.key).filter(|binding| binding.uid == config.uid);
        ours.is_some_and(|binding| binding.confirmed.is_some())
    }

    /// Whether a call to the account of a config succeeded since `time`.
    pub(crate) fn succeeded_since(&self, config: &ResourceKey, time: Timestamp) -> bool {
        let bindings = self.bindings.lock();
        bindings
            .get(config)
            .and_then(|binding| binding.account.as_ref())
            .is_some_and(|account| account.succeeded_since(time))
    }

    /// The other configs of the same account.
    pub(crate) fn others(&self, config: &ResourceKey) -> Vec<ResourceKey> {
        let bindings = self.bindings.lock();
        let Some(account) = bindings.get(config).and_then(|binding| binding.account.as_ref()) else {
            return Vec::new();
        };
        self.bound_to(&bindings, account).into_keys().filter(|key| key != config).collect()
    }

    /// A config is gone: the account is forgotten with the last one, and the others may have another rate.
    pub(crate) fn forget(&self, config: &ResourceKey) {
        let others = self.others(config);
        {
            let mut bindings = self.bindings.lock();
            let Some(binding) = bindings.remove(config) else { return };
            binding.route.end();
            binding.account.iter().for_each(|account| self.configure(&bindings, account));
        }
        self.index.trigger(others);
    }

    /// What is planned with any config is not sent; reconciles that begin later are not concerned, and read anew.
    pub(crate) fn restart(&self) {
        self.others_wrote(|_| true);
        for binding in self.bindings.lock().values_mut() {
            binding.route.end();
            binding.route = Basis::new(binding.credential.number);
        }
    }

    /// Another process had these accounts until now: what was read of them counts no more, and their rates hold across the hand-over.
    pub(crate) fn accounts_taken_over(&self, is_of: impl Fn(&str) -> bool) {
        let now = self.options.clock.now();
        self.accounts_of(is_of).for_each(|account| account.taken_over(now));
    }

    /// Whether no call to these accounts is in progress.
    pub(crate) fn are_idle(&self, is_of: impl Fn(&str) -> bool) -> bool {
        self.accounts_of(is_of).all(|account| account.is_idle())
    }

    fn accounts_of(&self, is_of: impl Fn(&str) -> bool) -> impl Iterator<Item = Arc<Account>> {
        let is_one = move |account: &Arc<Account>| account.key.as_ref().is_some_and(|key| is_of(&key.id));
        self.accounts.in_use().into_iter().filter(is_one)
    }

    /// Another process served a config until now, and may have written: what was read of its account before counts no more.
    pub(crate) fn taken_over(&self, config: &ConfigView) {
        self.others_wrote(|account| config.is_for(account.key.as_ref().map(|key| key.id.as_str())));
    }

    fn others_wrote(&self, may_concern: impl Fn(&Account) -> bool) {
        let (now, accounts) = (self.options.clock.now(), self.accounts.in_use());
        accounts.iter().filter(|account| may_concern(account)).for_each(|account| account.others_wrote_until(now));
    }

    /// Lets no new call begin.
    pub(crate) fn close(&self) {
        self.options.close();
        self.accounts.close();
    }

    /// The credential of a config. If the token is another one than before, what was planned with the other is not sent, and the
    /// resources of the config are reconciled.
    fn use_token(&self, config: &ConfigView, endpoints: &ResolvedEndpoints, token: &str) -> Arc<Credential> {
        let mut bindings = self.bindings.lock();
        let is_same = |credential: &Arc<Credential>| credential.is(config.provider, endpoints, token);
        let is_ours = |binding: &Binding| binding.uid == config.uid;
        if let Some(binding) =
            bindings.get(&config.key).filter(|binding| is_ours(binding) && is_same(&binding.credential))
        {
            return Arc::clone(&binding.credential);
        }
        let shared =
            bindings.values().map(|binding| &binding.credential).find(|credential| is_same(credential)).cloned();
        let new =
            || Arc::new(Credential::new(Arc::clone(&self.options), config.provider, endpoints.clone(), token.into()));
        let credential = shared.unwrap_or_else(new);
        let known = bindings.get_mut(&config.key).filter(|binding| is_ours(binding));
        let is_changed = known.is_some();
        if let Some(binding) = known {
            binding.route.change(credential.number);
            binding.credential = Arc::clone(&credential);
        } else {
            let (route, limits) = (Basis::new(credential.number), Limits::of(&config.settings));
            let (uid, credential) = (config.uid.clone(), Arc::clone(&credential));
            let binding = Binding { uid, credential, confirmed: None, route, account: None, limits };
            if let Some(earlier) = bindings.insert(config.key.clone(), binding) {
                earlier.route.end();
            }
        }
        drop(bindings);
        if is_changed {
            self.index.trigger(self.index.referrers(&config.key).into_iter().chain([config.key.clone()]));
        }
        credential
    }

    async fn connect(&self, config: &ConfigView, credential: Arc<Credential>) -> Result<Writer, CallError> {
        let expected = config.confirmed_account.as_deref().or(config.account.as_deref());
        let account = credential.open(&self.accounts, expected, &config.part()).await?;
        let mut bindings = self.bindings.lock();
        let is_current = |binding: &&mut Binding| binding.credential.number == credential.number;
        let binding = bindings.get_mut(&config.key).filter(is_current).ok_or(CallError::Superseded)?;
        let id = account.key.as_ref().map(|key| key.id.as_str());
        if config.is_for(id) {
            binding.confirmed = Some(Arc::clone(&credential));
            if let Some(id) = id {
                self.index.opened(&config.key, id);
            }
        }
        let writer = Writer::new(Reader::new(Arc::clone(&account), credential, &binding.route));
        let limits = Limits::of(&config.settings);
        let is_same = binding.account.as_ref().is_some_and(|known| Arc::ptr_eq(known, &account));
        if is_same && binding.limits == limits {
            return Ok(writer);
        }
        binding.limits = limits;
        let before = binding.account.replace(Arc::clone(&account));
        let forgotten = self.forget_ended(&mut bindings, &config.key);
        for changed in before.iter().chain(&forgotten).chain([&account]) {
            self.configure(&bindings, changed);
        }
        drop(bindings);
        if !is_same && config.account.as_deref() != writer.reader().account_id() {
            self.index.trigger(self.others(&config.key).into_iter().chain([config.key.clone()]));
        }
        Ok(writer)
    }

    /// A config whose end was not seen is forgotten here at the latest. Returns the accounts of those.
    fn forget_ended(&self, bindings: &mut Bindings, current: &ResourceKey) -> Vec<Arc<Account>> {
        let ended: Vec<_> =
            bindings.keys().filter(|key| *key != current && self.index.config(key).is_none()).cloned().collect();
        let ended = ended.iter().filter_map(|key| bindings.remove(key));
        ended.inspect(|binding| binding.route.end()).filter_map(|binding| binding.account).collect()
    }

    /// Gives an account the least rate and the greatest read lag of its configs, and doubts positions that a deletion of another
    /// process may have moved.
    fn configure(&self, bindings: &Bindings, account: &Arc<Account>) {
        let configs = self.bound_to(bindings, account);
        if let Some(limits) = configs.values().copied().reduce(Limits::strictest) {
            account.configure(limits.requests_per_second, limits.burst, limits.read_lag);
        }
        let deletions = configs.keys().filter_map(|key| self.index.config(key)?.last_deletion());
        if let Some(last) = deletions.max() {
            account.deletion_told(last, self.options.clock.now());
        }
    }

    /// The configs of an account: those whose token opened it, and those of which only status says so yet.
    fn bound_to(&self, bindings: &Bindings, account: &Arc<Account>) -> BTreeMap<ResourceKey, Limits> {
        let is_bound = |binding: &Binding| binding.account.as_ref().is_some_and(|known| Arc::ptr_eq(known, account));
        let bound = bindings
            .iter()
            .filter(|(_, binding)| is_bound(binding))
            .map(|(key, binding)| (key.clone(), binding.limits));
        let key = account.key.as_ref();
        let is_recorded = |config: &Arc<ConfigView>| {
            key.is_some_and(|key| config.provider == key.provider && config.account.as_ref() == Some(&key.id))
        };
        let recorded = self.index.configs().into_iter().filter(is_recorded);
        let unopened =
            recorded.filter(|config| bindings.get(&config.key).is_none_or(|binding| binding.account.is_none()));
        bound.chain(unopened.map(|config| (config.key.clone(), Limits::of(&config.settings)))).collect()
    }
}
