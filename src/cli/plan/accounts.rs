//! The accounts that the configs stand for: tokens, reading, and what is known of each. Reads only, by type.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{AccountIdentity, NamespacedSecretKeyRef};
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifest_set::secrets::Found;
use crate::cli::manifests::place::Place;
use crate::cli::plan::fetch::fetched;
use crate::cli::plan::pace::Pace;
use crate::cli::plan::tokens;
use crate::cli::reader::reader;
use crate::connection::endpoints::AllowedEndpoints;
use crate::connection::http::Http;
use crate::connection::reader::Reader;
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::inventory::identity::shown_by;
use crate::provider::answer::Answer;
use crate::provider::model::sensitive::Sensitive;

/// How many reads are under way at once.
const AT_ONCE: usize = 16;

/// One account, as a config leads to it.
pub(crate) struct OpenAccount {
    /// Reads from the provider.
    pub(crate) reader: Reader,
    /// What is known of the account: what was read, and what simulated calls predict.
    pub(crate) inventory: Inventory,
    /// How long after a write the provider may show the old state.
    pub(crate) read_lag: SignedDuration,
    /// The id that the provider shows to the token, once it was asked.
    pub(crate) id: Option<String>,
    /// Which config it is, and where its token comes from.
    source: String,
    /// What was read; it is never read twice.
    seen: HashMap<Collection, Answer>,
    /// How it is read.
    pace: Pace,
}

/// The accounts that have a token, and why others have none.
#[derive(Default)]
pub(crate) struct OpenAccounts {
    /// By the key of the first config that leads there.
    pub(crate) known: BTreeMap<ResourceKey, OpenAccount>,
    /// The first config of the account that a config leads to.
    pub(crate) first: BTreeMap<ResourceKey, ResourceKey>,
    /// Why nothing can be read with the other configs.
    pub(crate) unusable: BTreeMap<ResourceKey, UnusableConfig>,
}

/// A config with which nothing can be read.
#[derive(Clone, Debug)]
pub(crate) struct UnusableConfig {
    /// Where it is written.
    pub(crate) place: Place,
    /// The reason that its resources would show.
    pub(crate) reason: Reason,
    /// What is wrong and what to do. Configs with the same trouble have the same.
    pub(crate) message: String,
}

impl OpenAccounts {
    /// The account that a config leads to.
    pub(crate) fn of(&self, config: &ResourceKey) -> Option<&OpenAccount> {
        self.known.get(self.first.get(config)?)
    }

    /// Opens every config; `tokens` are those of `--token`, by the config's name.
    pub(crate) fn open(
        set: &ManifestSet,
        tokens: &BTreeMap<String, String>,
        allowed: &AllowedEndpoints,
        http: &Http,
        pace: &Pace,
    ) -> Self {
        let mut accounts = Self::default();
        for (name, config) in &set.configs {
            let opened = token(set, name, &config.view, tokens).and_then(|token| {
                let source = token.source(name, &config.view.secret);
                open(&config.view, token, source, allowed, http.clone(), pace.clone())
            });
            match opened {
                Ok(account) => drop(accounts.known.insert(name.clone(), account)),
                Err((reason, message)) => {
                    let written_at = config.manifest.place.clone();
                    accounts.unusable.insert(name.clone(), UnusableConfig { place: written_at, reason, message });
                }
            }
        }
        accounts
    }
}

/// The token of a config.
enum ConfigToken {
    /// From `--token`.
    Flag(String),
    /// From a Secret among the manifests.
    Secret(Sensitive),
}

impl ConfigToken {
    /// Which config it is, and where its token comes from.
    fn source(&self, name: &ResourceKey, secret: &NamespacedSecretKeyRef) -> String {
        let NamespacedSecretKeyRef { namespace: _, name: secret, key } = secret;
        match self {
            Self::Flag(_) => format!("the config is '{0}', its token that of --token {0}", name.name),
            Self::Secret(_) => {
                format!("the config is '{}', its token the key '{key}' of the Secret '{secret}'", name.name)
            }
        }
    }
}

/// The token of a config: `--token` counts before the Secret. One that is hidden is never sent.
fn token(
    set: &ManifestSet,
    name: &ResourceKey,
    config: &ConfigView,
    tokens: &BTreeMap<String, String>,
) -> Result<ConfigToken, (Reason, String)> {
    let NamespacedSecretKeyRef { namespace, name: secret, key } = &config.secret;
    if let Some(token) = tokens::of(tokens, name) {
        return Ok(ConfigToken::Flag(token.clone()));
    }
    let found = set.secrets.find(namespace, secret, key);
    match (found.trouble(secret, key), found) {
        (None, Found::Known(token)) => Ok(ConfigToken::Secret(token.clone())),
        (why, Found::Known(_) | Found::Unknown(_) | Found::Missing) => {
            let message = format!(
                "the token of the config '{0}' is not known: {1}; put the token into an environment variable and give its name by \
                 --token {0}=ENV",
                name.name,
                why.unwrap_or_default()
            );
            Err((Reason::SecretNotFound, message))
        }
    }
}

fn open(
    config: &ConfigView,
    token: ConfigToken,
    source: String,
    allowed: &AllowedEndpoints,
    http: Http,
    pace: Pace,
) -> Result<OpenAccount, (Reason, String)> {
    let token = match token {
        ConfigToken::Flag(token) => token,
        ConfigToken::Secret(token) => token.expose().to_owned(),
    };
    let reader = reader(http, config.provider, &config.settings, allowed, token, AT_ONCE);
    let reader = reader.map_err(|message| (Reason::EndpointNotAllowed, message))?;
    let (per_second, burst) = pace.limits(config.settings.rate_limit);
    reader.set_rate(per_second, burst);
    let read_lag = SignedDuration::from_secs(config.settings.read_lag_seconds.into());
    Ok(OpenAccount { reader, inventory: unread(), read_lag, id: None, source, seen: HashMap::new(), pace })
}

/// An empty inventory. Its read lag is a year, so that predictions stay valid however much time is simulated.
fn unread() -> Inventory {
    let mut inventory = Inventory::default();
    inventory.set_read_lag(SignedDuration::from_hours(24 * 365));
    inventory
}

impl OpenAccount {
    /// Forgets all predictions; what was read is recorded again when it is needed.
    pub(crate) fn forget(&mut self) {
        self.inventory = unread();
    }

    /// Another config leads to the same account: the lower rate and the greater read lag count.
    pub(crate) fn join(&mut self, other: Self) {
        if other.reader.rate() < self.reader.rate() {
            (self.reader, self.source) = (other.reader, other.source);
        }
        self.read_lag = self.read_lag.max(other.read_lag);
        self.seen.extend(other.seen);
    }

    /// The account that a collection shows as that of the token, after it was read.
    pub(crate) fn shown(&self, collection: &Collection) -> Option<AccountIdentity> {
        shown_by(self.seen.get(collection)?)
    }

    /// The message with the config and where its token comes from.
    pub(crate) fn named(&self, message: &str) -> String {
        format!("{message}; {}", self.source)
    }

    /// Reads what is needed, several collections at once.
    ///
    /// # Errors
    /// The first read that failed.
    pub(crate) async fn read(&mut self, needed: HashSet<Collection>, now: Timestamp) -> Result<(), String> {
        let new: Vec<_> = needed.iter().filter(|collection| !self.seen.contains_key(collection)).cloned().collect();
        let Self { reader, source, pace, .. } = &*self;
        pace.progress.needs(new.len());
        let reads = new
            .into_iter()
            .map(|collection| async move { (fetched(source, reader, &collection, pace).await, collection) });
        let answers: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
        for (answer, collection) in answers {
            let answer = answer.map_err(|message| self.named(&message))?;
            self.seen.insert(collection, answer);
        }
        for collection in needed {
            if let Some(answer) = self.seen.get(&collection) {
                self.inventory.record(&collection.call(), answer, now);
            }
        }
        Ok(())
    }
}
