//! Configs whose tokens open one account are one account. Which one a token opens is read before anything else is.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::{ManifestConfig, ManifestSet};
use crate::cli::plan::accounts::{OpenAccount, OpenAccounts, UnusableConfig};
use crate::connection::account::AccountKey;
use crate::plan::account_changed::account_changed;

impl OpenAccounts {
    /// Reads the account of each config that is used, and joins those of one account. A config that is for another account cannot be used.
    ///
    /// # Errors
    /// A read that failed.
    pub(crate) async fn join(&mut self, set: &ManifestSet, used: &BTreeSet<ResourceKey>) -> Result<(), String> {
        let opened = std::mem::take(&mut self.known);
        let mut firsts = HashMap::<AccountKey, ResourceKey>::new();
        for (key, mut opened) in opened.into_iter().filter(|(key, _)| used.contains(key)) {
            let Some(config) = set.configs.get(&key) else { continue };
            let same = self.known.values().find(|known| known.reader.has_token_of(&opened.reader));
            let found = match same.and_then(|known| known.id.clone()) {
                Some(found) => found,
                None => identified(&mut opened).await?,
            };
            if let Some(unusable) = unusable(config, &found) {
                self.unusable.insert(key, unusable);
                continue;
            }
            opened.id = Some(found.clone());
            let first = firsts.entry(opened.reader.account_key(&found)).or_insert_with(|| key.clone());
            self.first.insert(key, first.clone());
            match self.known.get_mut(first) {
                Some(known) => known.join(opened),
                None => drop(self.known.insert(first.clone(), opened)),
            }
        }
        Ok(())
    }
}

/// The id of the account that a token opens.
async fn identified(opened: &mut OpenAccount) -> Result<String, String> {
    let collection = opened.reader.shows_account();
    opened.read(HashSet::from([collection.clone()]), Timestamp::now()).await?;
    let shown = opened.shown(&collection).map(|account| account.id);
    shown.ok_or_else(|| opened.named("the provider does not show which account the token opens"))
}

/// Why a config cannot be used whose token opens this account.
fn unusable(config: &ManifestConfig, found: &str) -> Option<UnusableConfig> {
    let (place, reason) = (config.manifest.place.clone(), Reason::AccountChanged);
    account_changed(&config.view, found).map(|message| UnusableConfig { place, reason, message })
}
