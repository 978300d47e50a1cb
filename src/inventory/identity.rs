//! Which account it is whose inventory this is. No IO.

use jiff::Timestamp;

use crate::api::provider_config::{AccountIdentity, Provider};
use crate::inventory::Inventory;
use crate::provider::json::cut;

/// The longest name in a status, in characters.
const LONGEST_NAME: usize = 256;

impl Inventory {
    /// The account as the provider shows it to its token: Pinghome's customer, NodePing's primary account. `None`: it was not
    /// read, or the provider does not show it.
    pub(crate) fn identity(&self, provider: Provider) -> Option<AccountIdentity> {
        match provider {
            Provider::Pinghome => {
                let customer = self.customer(Timestamp::MIN).ok()?;
                let name = customer.account_name.as_deref().map(|name| cut(name, LONGEST_NAME));
                Some(AccountIdentity { id: customer.id.to_string(), name })
            }
            Provider::NodePing => {
                let primary = self.accounts(Timestamp::MIN).ok()?.items().find(|account| account.primary)?;
                Some(AccountIdentity { id: primary.id.to_string(), name: Some(cut(&primary.name, LONGEST_NAME)) })
            }
        }
    }
}
