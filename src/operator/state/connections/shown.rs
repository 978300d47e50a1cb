//! What metrics show of the connections.

use std::sync::Arc;

use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::connection::account::Account;
use crate::operator::state::connections::Connections;

/// Why nothing is sent for a config.
pub(crate) struct ConfigPauses {
    /// The config.
    pub(crate) config: ResourceKey,
    /// The reasons of its token and of its account; none: calls are sent.
    pub(crate) reasons: Vec<Reason>,
}

impl Connections {
    /// The accounts that something uses.
    pub(crate) fn accounts_in_use(&self) -> Vec<Arc<Account>> {
        self.accounts.in_use()
    }

    /// The pauses of every config whose token is known.
    pub(crate) fn pauses(&self) -> Vec<ConfigPauses> {
        let bindings = self.bindings.lock();
        let of = bindings.iter().map(|(config, binding)| {
            let account = binding.account.as_ref().and_then(|account| account.pauses_because());
            let reasons = binding.credential.pauses_because().into_iter().chain(account);
            ConfigPauses { config: config.clone(), reasons: reasons.collect() }
        });
        of.collect()
    }
}
