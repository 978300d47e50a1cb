//! The primary account of NodePing's list, by which all accounts are planned. No IO.

use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::identity;
use crate::plan::context::PlanContext;
use crate::plan::state::State;
use crate::provider::model::account::AccountEntry;

/// The primary account, or the state of a resource that cannot be planned because the list does not show it.
///
/// # Errors
/// A read that must come first.
pub(crate) fn primary<'a>(context: &'a PlanContext) -> Result<Result<&'a AccountEntry, State>, Need> {
    let accounts = context.inventory.accounts(context.not_before)?;
    if let Some(primary) = identity::primary(accounts.items()) {
        return Ok(Ok(primary));
    }
    Ok(Err(context.doubt(&Collection::Accounts)?.unwrap_or_else(no_primary)))
}

/// A list without a primary account is no list to write by: any account in it may be that one.
fn no_primary() -> State {
    State::stalled(
        Reason::ExternalNotFound,
        "NodePing's list does not show which account is the primary one, so nothing is written: check that the token belongs to \
                  a primary account",
    )
}
