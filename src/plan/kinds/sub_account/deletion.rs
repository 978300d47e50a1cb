//! Deleting a sub-account: NodePing queues it, and only its list tells when it is done. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::conditions::find;
use crate::api::sub_account::{AccountDeletionPolicy, SubAccount};
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::attempts::Outcome;
use crate::plan::context::Visit;
use crate::plan::identity::{Doomed, Identity, doomed, doomed_by_list};
use crate::plan::kinds::sub_account::{AccountPlan, account_id};
use crate::plan::managed::Managed;
use crate::plan::step::{Change, Step, Why};
use crate::plan::{Plan, State};
use crate::provider::model::account::AccountEntry;
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::Call;

/// What comes of the call is remembered under this name.
const DELETION: &str = "deletion";
const QUEUED: &str = "NodePing queued the deletion; the resource goes when the sub-account has left the list";
/// What was deleted before, its answer lost, is refused like what is not this token's (NU2): the list tells them apart.
const REFUSED: &str = "NodePing says that the sub-account is gone, or not this token's to delete; the list still shows it and is looked at \
                       again. If it stays: let the token delete it, or set the annotation ping-operator.dev/allow-deletion to 'orphan'";

/// What to do about the account of a deleted resource.
pub(crate) fn plan(resource: &SubAccount, visit: &Visit, inventory: &Inventory) -> Result<AccountPlan, Need> {
    let accounts = inventory.accounts(visit.since)?;
    let need = |since| Need { collection: Collection::Accounts, since };
    let doomed = match doomed(visit) {
        Doomed::Unresolved => match doomed_by_list(visit, &resource.wanted(), accounts) {
            Ok(doomed) => doomed,
            Err(Identity::Look(since)) => return Err(need(since)),
            Err(Identity::Unsettled(state)) => return Ok(Plan::rest(state)),
            Err(_) => Doomed::Nothing,
        },
        known => known,
    };
    let Doomed::Object(id) = doomed else { return Ok(Plan::rest(State::Gone)) };
    let Some(id) = account_id(&id) else { return Ok(Plan::rest(State::Gone)) };
    match accounts.get(id.as_str()) {
        Some(entry) if entry.primary => Ok(Plan::rest(State::Gone)),
        Some(entry) => present(resource, entry, visit, inventory),
        None => unlisted(&id, visit, accounts.read_at()),
    }
}

/// A list that was read the read lag after the create, and lacks the account, is proof that it is gone.
fn unlisted(id: &AccountId, visit: &Visit, read_at: Timestamp) -> Result<AccountPlan, Need> {
    let created = visit.annotations.intent.as_ref().map_or(Timestamp::MIN, |intent| intent.time);
    let until = visit.tells_from(created);
    if read_at >= until {
        return Ok(Plan::rest(State::Gone));
    }
    if visit.now >= until {
        return Err(Need { collection: Collection::Accounts, since: until });
    }
    let message = "the sub-account was made a moment ago, and no list shows it yet".to_owned();
    let state = State::Waiting { reason: "ResolvingCreate", message, until: Some(until) };
    Ok(Plan { external_id: Some(id.to_string()), ..Plan::rest(state) })
}

fn present(
    resource: &SubAccount,
    entry: &AccountEntry,
    visit: &Visit,
    inventory: &Inventory,
) -> Result<AccountPlan, Need> {
    let facts = resource.recorded_facts();
    let rest = |state| Plan { external_id: Some(entry.id.to_string()), facts, ..Plan::rest(state) };
    if resource.spec.deletion_policy == AccountDeletionPolicy::Suspend {
        let detail = inventory.account(&entry.id, visit.since)?.value.as_ref();
        let status = detail.and_then(|detail| detail.status.clone()).unwrap_or_default();
        let mut plan = rest(State::Gone);
        if !status.eq_ignore_ascii_case("Suspend") {
            let settings = resource.settings("Suspend");
            let call = Call::UpdateAccount { account: entry.id.clone(), settings };
            plan.steps.push(Step::update(call, vec![Change::of("status", &status, "Suspend")]));
        }
        return Ok(plan);
    }
    if entry.deleting || asked_before(resource) {
        return Ok(rest(awaiting("AwaitingRemoval", QUEUED, next_look(resource, visit, inventory)?)));
    }
    if visit.memory.outcome(DELETION) == Some(Outcome::Refused) {
        return Ok(rest(awaiting("RemovalRefused", REFUSED, next_look(resource, visit, inventory)?)));
    }
    let checks = inventory.accounts(visit.before_delete())?.get(entry.id.as_str()).and_then(|entry| entry.checks);
    if checks.unwrap_or(0) > 0 && !visit.passes_guards() {
        return Ok(rest(State::Held { reason: "NotEmpty", message: not_empty(checks.unwrap_or(0)) }));
    }
    let call = Call::DeleteAccount { account: entry.id.clone() };
    let step = Step::new(call, Why::Delete).counted("").remembered(DELETION);
    Ok(Plan {
        steps: vec![step],
        ..rest(awaiting("AwaitingRemoval", QUEUED, visit.now.checked_add(SignedDuration::from_secs(1)).ok()))
    })
}

/// What was reported tells, across restarts, that the deletion was accepted.
fn asked_before(resource: &SubAccount) -> bool {
    let conditions = resource.status.as_ref().map(|status| status.common.conditions.as_slice()).unwrap_or_default();
    find(conditions, "Reconciling").is_some_and(|condition| condition.reason == "AwaitingRemoval")
}

/// Polls with a growing interval: a quarter of the time that the deletion took so far, 1 s to 5 min (NU16).
fn next_look(resource: &SubAccount, visit: &Visit, inventory: &Inventory) -> Result<Option<Timestamp>, Need> {
    let begun = resource.metadata.deletion_timestamp.as_ref().map_or(visit.now, |time| time.0);
    let pause =
        (visit.now.duration_since(begun) / 4).clamp(SignedDuration::from_secs(1), SignedDuration::from_secs(300));
    let since = visit.now.saturating_sub(pause).unwrap_or(visit.now);
    inventory.accounts(since)?;
    Ok(visit.now.checked_add(pause).ok())
}

fn awaiting(reason: &'static str, message: &str, until: Option<Timestamp>) -> State {
    State::Waiting { reason, message: message.to_owned(), until }
}

fn not_empty(checks: i64) -> String {
    format!(
        "the sub-account has {checks} active checks, which deleting it would lose: remove them, or set the annotation \
         ping-operator.dev/allow-deletion to 'true' (or to 'orphan' to keep the sub-account)"
    )
}
