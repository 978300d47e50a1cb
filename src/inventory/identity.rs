//! Which account it is whose inventory this is. No IO.

use jiff::Timestamp;

use crate::api::provider_config::{AccountIdentity, Provider};
use crate::inventory::Inventory;

/// The longest name in a status, in characters.
const LONGEST_NAME: usize = 256;

impl Inventory {
    /// The account as the provider shows it to its token: Pinghome's customer, NodePing's primary account. `None`: it was not
    /// read, or the provider does not show it.
    pub(crate) fn identity(&self, provider: Provider) -> Option<AccountIdentity> {
        let short = |name: &str| name.chars().take(LONGEST_NAME).collect::<String>();
        match provider {
            Provider::Pinghome => {
                let customer = self.customer(Timestamp::MIN).ok()?;
                let name = customer.account_name.as_deref().map(short);
                Some(AccountIdentity { id: customer.id.to_string(), name })
            }
            Provider::NodePing => {
                let primary = self.accounts(Timestamp::MIN).ok()?.items().find(|account| account.primary)?;
                Some(AccountIdentity { id: primary.id.to_string(), name: Some(short(&primary.name)) })
            }
        }
    }
}
