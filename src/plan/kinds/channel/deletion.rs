//! Deleting a channel, from what is recorded of it: its references may be gone. No IO.

use jiff::Timestamp;

use crate::api::notification_channel::NotificationChannel;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::Visit;
use crate::plan::identity::{Doomed, doomed};
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::kinds::channel::{ChannelPlan, Desired, delete_step, owner, read_back};
use crate::plan::managed::Managed;
use crate::plan::{Plan, State};
use crate::provider::model::ids::Owner;

/// What to do about the channel of a deleted resource.
pub(crate) fn plan(
    resource: &NotificationChannel,
    desired: Option<&Desired>,
    visit: &Visit,
    inventory: &Inventory,
) -> Result<ChannelPlan, Need> {
    let id = match (doomed(visit), desired) {
        (Doomed::Nothing, _) => return Ok(Plan::rest(State::Gone)),
        (Doomed::Object(id), _) => ChannelId::parse(&id),
        // What was asked for, which the spec may not say any more.
        (Doomed::Unresolved, _) if asked_for(visit).is_some() => asked_for(visit),
        (Doomed::Unresolved, Some(desired)) => {
            Some(ChannelId::of(&owner(desired, inventory)?, &resource.spec.type_, &desired.value))
        }
        (Doomed::Unresolved, None) => return Ok(Plan::rest(address_unknown())),
    };
    let Some(id) = id else { return Ok(Plan::rest(State::Gone)) };
    let Some(list) = read_back(&id.owner, visit, inventory)? else { return without_list(&id, visit, inventory) };
    let facts = resource.recorded_facts();
    let rest = |state| Plan { external_id: Some(id.to_string()), facts, ..Plan::rest(state) };
    let former = resource.recorded_facts().former_ids;
    let ids: Vec<_> = std::iter::once(id.clone()).chain(former.iter().filter_map(|id| ChannelId::parse(id))).collect();
    if let Some(channel) = ids.iter().find_map(|id| list.items().find(|channel| id.is(channel))) {
        return rest(State::Gone).preceded_by(delete_step(&id.owner, channel.priority).counted(""), visit, list);
    }
    // A create or a change of address that the list may not show yet.
    let made = visit.annotations.intent.as_ref().map_or(Timestamp::MIN, |intent| intent.time);
    let unseen = list.listing().none_since(|key| ids.iter().any(|id| id.has(key)));
    let until = unseen.saturating_add(visit.read_lag).unwrap_or(unseen).max(visit.tells_from(made));
    if list.read_at() >= until {
        return Ok(rest(State::Gone));
    }
    if visit.now >= until {
        return Err(Need { collection: Collection::Channels(id.owner.clone()), since: until });
    }
    Ok(rest(State::Waiting {
        reason: "AwaitingRemoval",
        message: "no list shows the channel; it counts as gone once lists have agreed for the read lag".to_owned(),
        until: Some(until),
    }))
}

fn asked_for(visit: &Visit) -> Option<ChannelId> {
    ChannelId::parse(visit.annotations.intent.as_ref()?.name.as_deref()?)
}

/// The provider knows no such owner. With the team gone, its channels are gone.
fn without_list(id: &ChannelId, visit: &Visit, inventory: &Inventory) -> Result<ChannelPlan, Need> {
    let there = match &id.owner {
        Owner::Team(team) => inventory.teams(visit.before_create())?.get(team.as_str()).is_some(),
        Owner::Customer(_) => false,
    };
    if !there {
        return Ok(Plan::rest(State::Gone));
    }
    let message = "Pinghome lists the team, but not its channels; it is asked again in 10 s".to_owned();
    let until = visit.now.checked_add(jiff::SignedDuration::from_secs(10)).ok();
    Ok(Plan::rest(State::Waiting { reason: "AwaitingRemoval", message, until }))
}

fn address_unknown() -> State {
    State::Held {
        reason: "SecretNotFound",
        message:
            "a channel may have been made, and its address is not known any more: put the Secret and the Team back, \
                  or set the annotation ping-operator.dev/allow-deletion to 'orphan'"
                .to_owned(),
    }
}
