//! Deleting a channel by what is recorded of it: its references may be gone. No IO.

use jiff::Timestamp;

use crate::api::notification_channel::NotificationChannel;
use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::identity::{DeletionTarget, deletion_target};
use crate::plan::kinds::channel::forms::shown_otherwise;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::kinds::channel::positions::{ChannelPlan, delete_step, owner, read_back};
use crate::plan::kinds::channel::resolved::ResolvedChannel;
use crate::plan::managed::Managed;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::provider::model::channel::Channel;
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
    let id = match (deletion_target(context), resolved) {
        (DeletionTarget::Nothing, _) => return Ok(Plan::ending_in(State::Gone)),
        (DeletionTarget::Object(id), _) => ChannelId::parse(&id),
        // The address that the create asked for; the spec may have another one by now.
        (DeletionTarget::Unresolved, _) if address_of_create(context).is_some() => address_of_create(context),
        (DeletionTarget::Unresolved, Some(resolved)) => {
            Some(ChannelId::of(&owner(resolved, context)?, &resolved.type_, &resolved.value))
        }
        (DeletionTarget::Unresolved, None) => return Ok(Plan::ending_in(address_unknown())),
    };
    let Some(id) = id else { return Ok(Plan::ending_in(State::Gone)) };
    let Some(list) = read_back(&id.owner, context)? else { return without_list(&id, context) };
    let facts = resource.recorded_facts();
    let rest = |state| Plan::known(id.to_string(), facts, state);
    let former = resource.recorded_facts().former_ids;
    let ids: Vec<_> = std::iter::once(id.clone()).chain(former.iter().filter_map(|id| ChannelId::parse(id))).collect();
    if let Some(channel) = ids.iter().find_map(|id| list.items().find(|channel| id.is(channel))) {
        return rest(State::Gone).preceded_by(delete_step(&id.owner, channel.priority).counted(""), context, list);
    }
    // A create or a change of address that the list may not show yet.
    let made = context.annotations.intent.as_ref().map_or(Timestamp::MIN, |intent| intent.time);
    let unseen = list.listing().all_absent_since(|key| ids.iter().any(|id| id.has(key)));
    let until = unseen.saturating_add(context.read_lag).unwrap_or(unseen).max(context.resolvable_at(made));
    let Absence::NotBefore(until) =
        context.absence_provable_at(until, list.read_at(), &Collection::Channels(id.owner.clone()))?
    else {
        let shown = resolved.and_then(|resolved| shown_otherwise(&id, &resolved.value, list, context));
        return Ok(rest(shown.map_or(State::Gone, shown_in_another_form)));
    };
    Ok(rest(State::waiting(
        Reason::AwaitingRemoval,
        "no list shows the channel; it counts as gone once lists have agreed for the read lag",
        Some(until),
    )))
}

fn address_of_create(context: &PlanContext) -> Option<ChannelId> {
    ChannelId::parse(context.annotations.intent.as_ref()?.name.as_deref()?)
}

/// The provider does not list channels of this owner. If the team is gone, so are its channels.
fn without_list(id: &ChannelId, context: &PlanContext) -> Result<ChannelPlan, Need> {
    let has_owner = match &id.owner {
        ChannelOwner::Team(team) => context.inventory.teams(context.create_freshness())?.get(team.as_str()).is_some(),
        ChannelOwner::Customer(_) => false,
    };
    if !has_owner {
        return Ok(Plan::ending_in(State::Gone));
    }
    let message = "Pinghome lists the team, but not its channels; the list is read again in 10 s";
    let until = context.as_of.checked_add(jiff::SignedDuration::from_secs(10)).ok();
    Ok(Plan::ending_in(State::waiting(Reason::AwaitingRemoval, message, until)))
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
