//! The account that a credential belongs to. It is recorded in the config's status, so that a token of another account is noticed
//! before anything is written.

use jiff::Timestamp;

use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{AccountIdentity, Provider};
use crate::api::reason::Reason;
use crate::connection::error::CallError;
use crate::connection::rate_limiter::Lane;
use crate::connection::reader::Reader;
use crate::inventory::collection::{Collection, Need};
use crate::operator::interrupt::Interrupt;
use crate::plan::state::State;

/// Reads the account of the current token, at most once per token.
pub(crate) async fn read(
    provider: Provider,
    reader: &Reader,
    lane: Lane,
) -> Result<Option<AccountIdentity>, CallError> {
    let collection = match provider {
        Provider::Pinghome => Collection::Customer,
        Provider::NodePing => Collection::Accounts,
    };
    reader.read(&Need { collection, not_before: reader.token_since() }, lane).await?;
    Ok(reader.known(|inventory| match provider {
        Provider::Pinghome => {
            let customer = inventory.customer(Timestamp::MIN).ok()?;
            Some(AccountIdentity { id: customer.id.to_string(), name: customer.account_name.clone() })
        }
        Provider::NodePing => {
            let primary = inventory.accounts(Timestamp::MIN).ok()?.items().find(|account| account.primary)?;
            let name = Some(primary.name.chars().take(256).collect());
            Some(AccountIdentity { id: primary.id.to_string(), name })
        }
    }))
}

/// Passes if the token belongs to the account that is recorded.
pub(crate) fn ensure_same(config: &ConfigView, found: Option<&AccountIdentity>) -> Result<(), Interrupt> {
    match (&config.account, found) {
        (Some(known), Some(found)) if *known != found.id => Err(changed(config, known, &found.id).into()),
        _ => Ok(()),
    }
}

fn changed(config: &ConfigView, known: &str, found: &str) -> State {
    State::Stalled {
        reason: Reason::AccountChanged,
        message: format!(
            "the token of '{}' opens the account '{found}', and it was '{known}' before: nothing is written. Put a token of '{known}' into the \
             Secret, or confirm the other account by the annotation ping-operator.dev/external-id: {found} on the config",
            config.key.name
        ),
    }
}
