//! A deletion without a usable credential in a namespace that is being deleted: nothing can be created there, so it is not
//! waited for long.

use jiff::SignedDuration;

use crate::api::reason::Reason;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::deletion::ended_with_token;
use crate::operator::reconcile::pass::Pass;
use crate::operator::trouble::ApiTrouble;
use crate::plan::managed::Managed;
use crate::plan::state::State;
use crate::provider::failure::Class;

/// How long a resource in a terminating namespace waits for its credential.
const LAST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// How the deletion of a resource ends whose namespace is being deleted: it waits a minute for the credential, and is orphaned
/// then. `None`: the namespace is not being deleted. `message` says what is missing.
pub(crate) async fn last_wait<T: Managed>(pass: &Pass<'_, T>, message: &str) -> Result<Option<Interrupt>, ApiTrouble> {
    let shared = &pass.context.shared;
    let Some(since) = shared.secrets.namespace_deleted_at(&pass.key.namespace).await? else { return Ok(None) };
    let until = since.saturating_add(LAST_WAIT).unwrap_or(since);
    if shared.clock.now() >= until {
        return Ok(Some(Interrupt::Orphan(
            "its namespace is being deleted, and there is no usable credential any more",
        )));
    }
    let message = format!(
        "{message}; the namespace is being deleted: the operator orphans the external object one minute after that began"
    );
    Ok(Some(State::Waiting { reason: Reason::CredentialsMissing, message, until: Some(until) }.into()))
}

/// Whether a resource with this reason does not reach the account that its config is for.
pub(crate) fn leads_elsewhere(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::NamespaceNotAllowed | Reason::WrongProvider | Reason::EndpointNotAllowed | Reason::AccountChanged
    )
}

/// How a deletion ends that was interrupted. A credential that is refused, or that leads elsewhere, is none.
pub(crate) async fn without_credential<T: Managed>(pass: &mut Pass<'_, T>, interrupt: Interrupt) -> Interrupt {
    if let Interrupt::Failed(failure) = &interrupt
        && pass.resource.is_ended_by(failure)
    {
        return ended_with_token(pass).await;
    }
    let message = match &interrupt {
        Interrupt::Failed(failure) if failure.class == Class::Credential => &failure.message,
        Interrupt::State(State::Stalled { reason, message }) if leads_elsewhere(*reason) => message,
        _ => return interrupt,
    };
    match last_wait(pass, message).await {
        Err(error) => error.into(),
        Ok(Some(last)) => last,
        Ok(None) => interrupt,
    }
}
