//! Deleting a channel by what is recorded of it: its references may be gone. No IO.

use jiff::SignedDuration;

use crate::api::notification_channel::NotificationChannel;
use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::identity::{DeletionTarget, deletion_target};
use crate::plan::kinds::channel::forms::SentChannel;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::kinds::channel::positions::{ChannelPlan, delete_step, owner, read_back};
use crate::plan::kinds::channel::resolved::ResolvedChannel;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::{Kept, Plan};
use crate::plan::state::State;
use crate::provider::model::channel::Channel;
use crate::provider::model::channel::forms::Likeness;
use crate::provider::model::ids::ChannelOwner;

/// What to do for the channel of a deleted resource.
///
/// # Errors
/// A read that must come first.
pub(crate) fn plan(
    resource: &NotificationChannel,
    resolved: Option<&ResolvedChannel>,
    context: &PlanContext,
) -> Result<ChannelPlan, Need> {
    let id = match channel_to_delete(resolved, context)? {
        Ok(id) => id,
        Err(state) => return Ok(Plan::ending_in(state)),
    };
    let Some(list) = read_back(&id.owner, context)? else { return without_list(&id, context) };
    let facts = resource.recorded_facts();
    let rest = |state| Plan::known(id.to_string(), facts, state);
    let former = resource.recorded_facts().former_ids;
    let former = former.iter().filter_map(|id| ChannelId::parse(id)).filter(|id| is_free(id, context));
    let ids: Vec<_> = std::iter::once(id.clone()).chain(former).collect();
    if let Some(channel) = ids.iter().find_map(|id| list.items().find(|channel| id.is(channel))) {
        // Of equal channels one is ours. A call whose answer was lost took it: what is left is somebody else's.
        if context.attempts.has_failed_deletion() && list.has_fewer(&channel.key) && list.positions_trusted() {
            return Ok(rest(State::Gone));
        }
        let step = delete_step(&id.owner, channel.priority).counted("");
        let step = match list.copies(&channel.key) {
            0 | 1 => step,
            copies => step.remarking(one_of(copies, channel.priority)),
        };
        return rest(State::Gone).preceded_by(step, context, list);
    }
    // A create or a change of address may have made it, and the list may not show it yet.
    let unseen = list.listing().all_absent_since(|key| ids.iter().any(|id| id.has(key)));
    let absence = context.absence_after_create(unseen, list.read_at(), &Collection::Channels(id.owner.clone()))?;
    let message = "no list shows the channel; it counts as gone once lists have agreed for the read lag";
    if let Some(state) = absence.awaited(Reason::AwaitingRemoval, message) {
        return Ok(rest(state));
    }
    // The address of the spec may be another one by now.
    let value = resolved.and_then(|resolved| resolved.value.known()).filter(|value| id.has(&id.key(value)));
    Ok(match (SentChannel { id: &id, value }).shown_otherwise(list, context) {
        Some((channel, Likeness::Known)) => rest(shown_in_another_form(channel)),
        // What only may be it must not hold the deletion.
        Some((_, Likeness::Possible)) => Plan::keeping(Kept::ShownOtherwise),
        None => rest(State::Gone),
    })
}

/// The channel that may have to be deleted, or how the deletion ends without one.
fn channel_to_delete(
    resolved: Option<&ResolvedChannel>,
    context: &PlanContext,
) -> Result<Result<ChannelId, State>, Need> {
    let id = match (deletion_target(context), resolved) {
        (DeletionTarget::Nothing, _) => None,
        (DeletionTarget::Object(id), _) => ChannelId::parse(&id),
        // The address that the create asked for; the spec may have another one by now.
        (DeletionTarget::Unresolved, _) if address_of_create(context).is_some() => {
            address_of_create(context).filter(|id| is_free(id, context))
        }
        (DeletionTarget::Unresolved, resolved) => {
            let known = resolved.and_then(|resolved| Some((resolved, resolved.value.known()?)));
            let Some((resolved, value)) = known else { return Ok(Err(address_unknown())) };
            let id = ChannelId::of(&owner(resolved, context)?, &resolved.type_, value);
            Some(id).filter(|id| is_free(id, context))
        }
    };
    Ok(id.ok_or(State::Gone))
}

/// Whether no other resource claims a channel: what was asked for, or was recorded before, may be another one's by now.
fn is_free(id: &ChannelId, context: &PlanContext) -> bool {
    (context.claimed_by)(&id.to_string()).is_none()
}

fn one_of(copies: usize, priority: i64) -> String {
    format!("the list shows the address {copies} times; only the one at position {priority} is deleted, the rest stays")
}

fn address_of_create(context: &PlanContext) -> Option<ChannelId> {
    ChannelId::parse(context.annotations.intent.as_ref()?.name.as_deref()?)
}

/// The provider does not list channels of this owner. If the team is gone, so are its channels. An empty list of a customer may be
/// "not found".
fn without_list(id: &ChannelId, context: &PlanContext) -> Result<ChannelPlan, Need> {
    let absence = match &id.owner {
        ChannelOwner::Team(team) => {
            let teams = context.inventory.teams(context.create_freshness())?;
            let Some(since) = teams.absent_since(team.as_str()) else {
                return not_listed(id, context).map(Plan::ending_in);
            };
            context.absence_after_create(since, teams.read_at(), &Collection::Teams)?
        }
        ChannelOwner::Customer(_) => {
            let collection = Collection::Channels(id.owner.clone());
            let since = context.inventory.not_listed_since(&collection).unwrap_or(context.as_of);
            let read_at = context.inventory.read_at(&collection).unwrap_or(context.as_of);
            context.absence_after_create(since, read_at, &collection)?
        }
    };
    let message = "Pinghome does not list channels of the owner; the channel counts as gone once lists have agreed for the read lag";
    Ok(Plan::ending_in(absence.awaited(Reason::AwaitingRemoval, message).unwrap_or(State::Gone)))
}

fn not_listed(id: &ChannelId, context: &PlanContext) -> Result<State, Need> {
    let until = context.next_read(&Collection::Channels(id.owner.clone()), SignedDuration::from_secs(10))?;
    let message = "Pinghome lists the team, but not its channels; the list is read again in 10 s";
    Ok(State::waiting(Reason::AwaitingRemoval, message, until))
}

/// It is not deleted: it may be somebody else's.
fn shown_in_another_form(channel: &Channel) -> State {
    let message = format!(
        "the owner's list shows no channel with the address that was sent, and one that may be the same in another form at position {}: \
         delete it at Pinghome, or set the annotation ping-operator.dev/allow-deletion to 'orphan'",
        channel.priority
    );
    State::deletion_blocked(Reason::NotConverging, message)
}

fn address_unknown() -> State {
    State::deletion_blocked(
        Reason::SecretNotFound,
        "a channel may have been created, and its address is not known any more: restore the Secret and the Team, \
                  or set the annotation ping-operator.dev/allow-deletion to 'orphan'",
    )
}
