//! What a resource has, or may have made, in another account than the one that the config opens now. No IO.
//!
//! Nothing in this account is the result of a create that was sent there, and what it may have made must not be forgotten: the resource
//! stops until the config leads there again, or a person gives the create up. A recorded object is not looked for here.

use crate::api::annotations::{Annotations, Intent};
use crate::api::reason::Reason;
use crate::api::status::CommonStatus;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::state::State;

/// The create of this resource that was sent to another account, if its result is not known. `known_id`: the recorded id.
pub(crate) fn unresolved_elsewhere<'a>(
    annotations: &'a Annotations,
    known_id: Option<&str>,
    attempts: &Attempts,
) -> Option<&'a Intent> {
    let is_resolved = |intent: &Intent| known_id.is_some_and(|id| intent.replaces.as_deref() != Some(id));
    let is_refused = |intent: &Intent| intent.refused || attempts.outcome(&intent.nonce) == Some(CallResult::Refused);
    annotations.sent_elsewhere.as_deref().filter(|intent| !is_resolved(intent) && !is_refused(intent))
}

/// Whether the recorded object is in another account than this one. An account that is not known is not compared.
pub(crate) fn is_recorded_elsewhere(recorded: Option<&CommonStatus>, account: Option<&str>) -> bool {
    let recorded =
        recorded.filter(|status| status.external_id.is_some()).and_then(|status| status.account_id.as_deref());
    recorded.zip(account).is_some_and(|(recorded, account)| recorded != account)
}

/// Why a resource that is not deleted stops, if its create was sent to another account. A person may give that create up.
pub(crate) fn sent_elsewhere(annotations: &Annotations, known_id: Option<&str>, attempts: &Attempts) -> Option<State> {
    let is_given_up = |intent: &&Intent| annotations.retry_create.as_ref() == Some(&intent.nonce);
    let intent = unresolved_elsewhere(annotations, known_id, attempts).filter(|intent| !is_given_up(intent))?;
    let message = format!(
        "the last create was sent to the account '{}', its result is not known, and the config opens another account now: put back the \
         `providerConfigRef` or the token of that account. If the create made nothing there, or that may stay, set the annotation \
         ping-operator.dev/retry-create: {}",
        intent.account.as_deref().unwrap_or_default(),
        intent.nonce
    );
    Some(State::stalled(Reason::AccountChanged, message))
}
