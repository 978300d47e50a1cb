//! Deleting a sub-account: NodePing queues the deletion, and only its list shows when it is done. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::reason::Reason;
use crate::api::sub_account::{AccountDeletionPolicy, AccountState, SubAccount, SubAccountFacts};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::attempts::CallResult;
use crate::plan::attempts::difference::{Attempt, MOST_TRIES, TriedDifference, TryResult};
use crate::plan::context::PlanContext;
use crate::plan::identity::{DeletionTarget, Identity, deletion_target};
use crate::plan::kinds::account_settings::{SettingsDiff, ShownSettings};
use crate::plan::kinds::primary_account::primary;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::model::account::{AccountEntry, NodePingStatus};
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::NodePingCall;

/// The key under which the result of the call is remembered.
const DELETION: &str = "deletion";
/// For so long at least NodePing may show an account as active whose deletion it has accepted.
const QUEUE: SignedDuration = SignedDuration::from_mins(10);
const QUEUED: &str = "NodePing queued the deletion; the resource goes when the sub-account has left the list";
/// NodePing refuses an account that is deleted already like one that is not this token's: only the list shows the difference.
const REFUSED: &str = "NodePing refused to delete the sub-account, as it does if the sub-account is gone already or is not this token's to \
                       delete; the list still shows it, and the deletion is tried again. If it stays: let the token delete it, or set the \
                       annotation ping-operator.dev/allow-deletion to 'orphan'";

/// What to do for the account of a deleted resource.
///
/// # Errors
/// A read that must come first.
pub(crate) fn plan(resource: &SubAccount, context: &PlanContext) -> Result<Plan<SubAccountFacts>, Need> {
    if let Err(state) = primary(context)? {
        return Ok(Plan::ending_in(state));
    }
    let accounts = context.inventory.accounts(context.not_before)?;
    let id = match deletion_target(context) {
        DeletionTarget::Object(id) => AccountId::parse(&id),
        DeletionTarget::Nothing => None,
        DeletionTarget::Unresolved => match resource.wanted(accounts).left_by_create(context)? {
            Identity::Bound(entry) | Identity::Contradicted(entry, _) => Some(entry.id.clone()),
            Identity::New(_) => None,
            Identity::Undetermined(state) => return Ok(Plan::ending_in(state)),
        },
    };
    let Some(id) = id else { return Ok(Plan::ending_in(State::Gone)) };
    match accounts.get(id.as_str()) {
        Some(entry) if entry.primary => Ok(Plan::ending_in(State::Gone)),
        Some(entry) => present(resource, entry, context),
        None => unlisted(resource, &id, context, accounts),
    }
}

/// No list shows the account: once its deletion was accepted, one list proves that it is gone; before, lists for the read lag.
fn unlisted(
    resource: &SubAccount,
    id: &AccountId,
    context: &PlanContext,
    accounts: &Listing<AccountEntry>,
) -> Result<Plan<SubAccountFacts>, Need> {
    let read_at = accounts.read_at();
    let is_accepted = accepted_at(resource, context).is_some();
    let since = accounts.absent_since(id.as_str()).filter(|_| !is_accepted).unwrap_or(Timestamp::MIN);
    let absence = context.absence_after_create(since, read_at, &Collection::Accounts)?;
    let message = "no list shows the sub-account; it counts as gone once lists have agreed for the read lag";
    Ok(match absence.awaited(Reason::ResolvingCreate, message) {
        Some(state) => Plan { external_id: Some(id.to_string()), ..Plan::ending_in(state) },
        None => Plan::ending_in(State::Gone),
    })
}

fn present(resource: &SubAccount, entry: &AccountEntry, context: &PlanContext) -> Result<Plan<SubAccountFacts>, Need> {
    let accepted_at = accepted_at(resource, context);
    let facts = SubAccountFacts { deletion_accepted_time: accepted_at, ..resource.recorded_facts() };
    let rest = |state| Plan::known(entry.id.to_string(), facts, state);
    if resource.spec.deletion_policy == AccountDeletionPolicy::Suspend {
        let detail = context.inventory.account(&entry.id, context.not_before)?.value.as_ref();
        let shown = detail.map_or_else(ShownSettings::default, |detail| ShownSettings::of(detail, None));
        let suspend = SettingsDiff::new(resource.settings(AccountState::Suspend), shown).status_step(&entry.id);
        return Ok(Plan { steps: suspend.into_iter().collect(), ..rest(State::Gone) });
    }
    let result = context.attempts.outcome(DELETION);
    if entry.deleting || is_queued(&entry.id, accepted_at, context)? {
        return Ok(rest(awaiting(Reason::AwaitingRemoval, QUEUED, next_poll(resource, context)?)));
    }
    let checks =
        context.inventory.accounts(context.delete_freshness())?.get(entry.id.as_str()).and_then(|entry| entry.checks);
    if checks != Some(0) && !context.passes_guards() {
        return Ok(rest(State::deletion_blocked(Reason::NotEmpty, not_empty(checks))));
    }
    let call = NodePingCall::DeleteAccount { account: entry.id.clone() };
    let step = Step::new(call, Why::Delete).counted("").remembered(DELETION);
    // This is reported while the call is not made again.
    let state = if result == Some(CallResult::Refused) {
        awaiting(Reason::RemovalRefused, REFUSED, next_poll(resource, context)?)
    } else {
        awaiting(Reason::AwaitingRemoval, QUEUED, context.as_of.checked_add(SignedDuration::from_secs(1)).ok())
    };
    Ok(Plan { steps: vec![step], ..rest(state) })
}

/// When NodePing accepted the deletion last: this process knows it, or status does.
fn accepted_at(resource: &SubAccount, context: &PlanContext) -> Option<Timestamp> {
    let accepted = attempt(context).filter(|attempt| attempt.result == TryResult::Done).map(|attempt| attempt.last);
    accepted.or(resource.recorded_facts().deletion_accepted_time)
}

/// The calls of this process.
fn attempt<'a>(context: &PlanContext<'a>) -> Option<&'a Attempt> {
    context.attempts.attempt(&TriedDifference::Surplus(String::new()))
}

/// Whether an accepted deletion is under way, although the list shows the account. After a while the account itself must show it, too: else
/// the deletion was accepted and has no effect.
///
/// # Errors
/// A read that must come first.
fn is_queued(id: &AccountId, accepted_at: Option<Timestamp>, context: &PlanContext) -> Result<bool, Need> {
    let Some(at) = accepted_at else { return Ok(false) };
    // From then on the bound says when it is sent again, and tells.
    let is_bounded = attempt(context).is_some_and(|attempt| attempt.tries >= MOST_TRIES);
    let queue = if is_bounded { context.read_lag } else { context.read_lag.max(QUEUE) };
    let until = at.saturating_add(queue).unwrap_or(at);
    if context.as_of < until {
        return Ok(true);
    }
    context.inventory.accounts(until)?;
    let detail = context.inventory.account(id, until)?.value.as_ref();
    Ok(detail.is_none_or(|detail| detail.status == Some(NodePingStatus::Delete)))
}

/// When the list is read again: after a quarter of the time that the deletion took so far, 1 s to 5 min.
fn next_poll(resource: &SubAccount, context: &PlanContext) -> Result<Option<Timestamp>, Need> {
    let begun = resource.metadata.deletion_timestamp.as_ref().map_or(context.as_of, |begun| begun.0);
    let pause =
        (context.as_of.duration_since(begun) / 4).clamp(SignedDuration::from_secs(1), SignedDuration::from_secs(300));
    let since = context.as_of.saturating_sub(pause).unwrap_or(context.as_of);
    context.inventory.accounts(since)?;
    Ok(context.as_of.checked_add(pause).ok())
}

fn awaiting(reason: Reason, message: &str, until: Option<Timestamp>) -> State {
    State::waiting(reason, message, until)
}

/// Why a sub-account with so many active checks is not deleted; `None`: the list does not show how many.
fn not_empty(checks: Option<i64>) -> String {
    let found = checks.map_or_else(
        || {
            "NodePing does not show how many active checks the sub-account has; deleting it would lose them: "
                .to_owned()
        },
        |checks| format!("the sub-account has {checks} active checks, which deleting it would lose: remove them, or "),
    );
    format!(
        "{found}set the annotation ping-operator.dev/allow-deletion to 'true' (or to 'orphan' to keep the sub-account)"
    )
}
