//! Planning a [`NotificationChannel`]: it has no id, only a position that moves. No IO.
//!
//! Identity is (owner, type, address); what is recorded of it is a salted fingerprint. A position
//! is used only out of a list that was read under the owner's lock and shows our last write.

mod deletion;
mod identity;

pub use identity::ChannelId;

use std::collections::BTreeSet;

use super::identity::{conflict, resolved, unresolved};
use super::managed::{Deletion, Found, Managed, Reference, catching_up};
use super::{Change, Plan, State, Step, Visit, Why};
use crate::api::conditions::{Claim, Truth};
use crate::api::notification_channel::NotificationChannelFacts as Facts;
use crate::api::provider_config::Provider;
use crate::api::{DeletionPolicy, NotificationChannel, Policies};
use crate::inventory::{Channel, Channels, Collection, Inventory, Need, Owner, Sensitive, TeamId};
use crate::pinghome::Call;

type ChannelPlan = Plan<Facts>;

/// A channel as wanted, its references filled in.
pub struct Desired {
    /// The owning team; absent: the token's own customer.
    team: Option<TeamId>,
    value: Sensitive,
}

impl Managed for NotificationChannel {
    type Facts = Facts;
    type Desired = Desired;

    const PROVIDER: Provider = Provider::Pinghome;

    fn policies(&self) -> &Policies {
        &self.spec.policies
    }

    fn deletion(&self) -> Deletion {
        match self.spec.deletion_policy {
            DeletionPolicy::Delete => Deletion::Act,
            DeletionPolicy::Orphan => Deletion::Orphan,
        }
    }

    fn references(&self) -> Vec<Reference> {
        let team = self.spec.owner.team_ref.iter().cloned().map(Reference::Team);
        let secret = self.spec.value_from.iter().map(|from| Reference::Secret(from.secret_key_ref.clone()));
        team.chain(secret).collect()
    }

    fn desired(&self, found: &Found) -> Result<Desired, State> {
        let team = self.spec.owner.team_ref.as_ref().and_then(|team| found.teams.get(&team.name).cloned());
        let secret = || found.secrets.get(&self.spec.value_from.as_ref()?.secret_key_ref).cloned();
        let value = self.spec.value.clone().map(Sensitive::new).or_else(secret);
        match value {
            Some(value) if !value.expose().trim().is_empty() => Ok(Desired { team, value }),
            _ => Err(State::Stalled {
                reason: "Invalid",
                message: "the channel's address is empty: put it into `value`, or into the Secret's key that `valueFrom` names".to_owned(),
            }),
        }
    }

    fn plan(&self, desired: &Desired, visit: &Visit, inventory: &Inventory) -> Result<ChannelPlan, Need> {
        let owner = owner(desired, inventory)?;
        let Some(list) = read_back(&owner, visit, inventory)? else { return Ok(Plan::rest(owner_unknown(visit))) };
        let wanted = ChannelId::of(&owner, &self.spec.type_, &desired.value);
        if let Some(state) = conflict(visit, &wanted.to_string()) {
            return Ok(Plan::rest(state));
        }
        let previous = previous(&wanted, visit, list);
        match (list.listing().get(&wanted.key(&desired.value)), previous) {
            (Some(channel), None) => self.bound(&wanted, channel, visit, list),
            (Some(channel), Some(old)) => {
                let step = delete_step(&owner, old.priority);
                self.bound(&wanted, channel, visit, list)?.preceded_by(step, visit, list)
            }
            (None, Some(old)) => replace(&wanted, old, desired, visit, list),
            (None, None) => self.absent(&wanted, desired, visit, list),
        }
    }

    fn plan_deletion(
        &self,
        desired: Option<&Desired>,
        visit: &Visit,
        inventory: &Inventory,
    ) -> Result<ChannelPlan, Need> {
        deletion::plan(self, desired, visit, inventory)
    }

    fn conditions(facts: &Facts) -> Vec<Claim> {
        let (status, reason, message) = match facts.verified {
            Some(true) => (Truth::True, "Verified", "the address is verified"),
            Some(false) => (Truth::False, "CodeAwaited", "Pinghome sent a code to the address and waits for it"),
            None => (Truth::Unknown, "Unknown", "Pinghome does not say whether the address is verified"),
        };
        if facts.priority.is_none() { Vec::new() } else { vec![Claim::new("Verified", status, reason, message)] }
    }
}

impl NotificationChannel {
    fn bound(&self, id: &ChannelId, channel: &Channel, visit: &Visit, list: &Channels) -> Result<ChannelPlan, Need> {
        // A list that does not say (PU5) leaves what we did last.
        let enabled = channel.enabled.or(self.status.as_ref().and_then(|status| status.facts.enabled));
        let facts = Facts {
            priority: Some(channel.priority),
            enabled: Some(enabled.unwrap_or(true)),
            verified: channel.verified,
        };
        let plan = Plan { external_id: Some(id.to_string()), facts, ..Plan::rest(State::Available) };
        if enabled.unwrap_or(true) == self.spec.enabled {
            return Ok(plan);
        }
        let call =
            Call::EnableChannel { owner: id.owner.clone(), enabled: self.spec.enabled, priority: channel.priority };
        let change =
            Change { field: "enabled", old: (!self.spec.enabled).to_string(), new: self.spec.enabled.to_string() };
        plan.preceded_by(positional(&id.owner, call, Why::Update(vec![change])), visit, list)
    }

    /// No list shows it: it is new, or a create is unresolved, or it vanished.
    fn absent(&self, id: &ChannelId, desired: &Desired, visit: &Visit, list: &Channels) -> Result<ChannelPlan, Need> {
        let since = |since| Need { collection: Collection::Channels(id.owner.clone()), since };
        let vanished = resolved(visit).and_then(|_| list.listing().absent_since(&id.key(&desired.value)));
        let attempt = unresolved(visit).filter(|_| vanished.is_none()).map(|intent| intent.time);
        let Some(from) = vanished.or(attempt) else {
            if list.read_at() < visit.before_create() {
                return Err(since(visit.before_create()));
            }
            return Ok(self.create(id, desired, visit));
        };
        let until = from.saturating_add(visit.read_lag).unwrap_or(from);
        if list.read_at() >= until {
            return Ok(self.create(id, desired, visit));
        }
        if visit.now >= until {
            return Err(since(until));
        }
        let (reason, message) = if vanished.is_some() {
            (
                "Recreating",
                "the channel is no longer in its owner's list; it is made again once the list has agreed for the read lag",
            )
        } else {
            (
                "ResolvingCreate",
                "the result of creating the channel is not known yet; its owner's list tells once the read lag is over",
            )
        };
        let state = State::Waiting { reason, message: message.to_owned(), until: Some(until) };
        Ok(Plan { external_id: resolved(visit).map(str::to_owned), ..Plan::rest(state) })
    }

    fn create(&self, id: &ChannelId, desired: &Desired, visit: &Visit) -> ChannelPlan {
        let call = Call::CreateChannel {
            owner: id.owner.clone(),
            value: desired.value.clone(),
            type_: self.spec.type_.clone(),
        };
        // The lost channel's own id marks this create as not resolved by it.
        let ids = visit.recorded.map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
        Plan::create(call, ids, id.owner.path())
    }
}

impl ChannelPlan {
    /// Puts a positional step before the others, once the list may be trusted for positions.
    fn preceded_by(mut self, step: Step, visit: &Visit, list: &Channels) -> Result<Self, Need> {
        let Some(owner) = step.lock.as_deref().and_then(Owner::parse) else { return Ok(self) };
        let since = visit.locked_at.unwrap_or(list.written_at()).max(list.written_at());
        if list.read_at() < since {
            return Err(Need { collection: Collection::Channels(owner), since });
        }
        if list.is_settled() {
            self.steps.insert(0, step);
        } else {
            self.steps.clear();
            self.state = catching_up(visit, Collection::Channels(owner), list.read_at())?;
        }
        Ok(self)
    }
}

fn replace(
    id: &ChannelId,
    old: &Channel,
    desired: &Desired,
    visit: &Visit,
    list: &Channels,
) -> Result<ChannelPlan, Need> {
    let call = Call::UpdateChannel { owner: id.owner.clone(), value: desired.value.clone(), priority: old.priority };
    let change = Change { field: "value", old: "(address)".to_owned(), new: "(another address)".to_owned() };
    let facts = Facts { priority: Some(old.priority), enabled: old.enabled, verified: old.verified };
    let plan = Plan { external_id: visit.recorded.map(str::to_owned), facts, ..Plan::rest(State::Available) };
    plan.preceded_by(positional(&id.owner, call, Why::Update(vec![change])), visit, list)
}

/// The channel under the address of before, if the address changed and it is still there.
fn previous<'a>(wanted: &ChannelId, visit: &Visit, list: &'a Channels) -> Option<&'a Channel> {
    let recorded = ChannelId::parse(resolved(visit)?)?;
    let moved = recorded != *wanted && recorded.owner == wanted.owner;
    list.items().find(|channel| moved && recorded.is(channel))
}

fn owner(desired: &Desired, inventory: &Inventory) -> Result<Owner, Need> {
    Ok(match &desired.team {
        Some(team) => Owner::Team(team.clone()),
        None => Owner::Customer(inventory.customer(jiff::Timestamp::MIN)?.id.clone()),
    })
}

/// The owner's list, read after our last write to it.
fn read_back<'a>(owner: &Owner, visit: &Visit, inventory: &'a Inventory) -> Result<Option<&'a Channels>, Need> {
    match inventory.channels(owner, visit.since)? {
        Some(list) if list.read_at() < list.written_at() => {
            Err(Need { collection: Collection::Channels(owner.clone()), since: list.written_at() })
        }
        list => Ok(list),
    }
}

fn positional(owner: &Owner, call: Call, why: Why) -> Step {
    Step { call: call.into(), why, lock: Some(owner.path()) }
}

fn delete_step(owner: &Owner, priority: i64) -> Step {
    positional(owner, Call::DeleteChannel { owner: owner.clone(), priority }, Why::Delete)
}

fn owner_unknown(visit: &Visit) -> State {
    let pause = jiff::SignedDuration::from_secs(10);
    State::Waiting {
        reason: "ReferenceNotReady",
        message: "Pinghome does not list channels of the owner yet; it is asked again in 10 s".to_owned(),
        until: visit.now.checked_add(pause).ok(),
    }
}
