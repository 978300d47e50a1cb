//! Planning a [`NotificationChannel`]: it has no id, only a position that moves. No IO.
//!
//! Identity is (owner, type, address); what is recorded of it is a salted fingerprint. A position
//! is used only out of a list that was read under the owner's lock and shows our last write.

pub(crate) mod address;
pub(crate) mod deletion;
pub(crate) mod identity;
pub(crate) mod present;

use std::collections::BTreeSet;

use crate::api::conditions::{Claim, Truth};
use crate::api::notification_channel::{NotificationChannel, NotificationChannelFacts as Facts};
use crate::api::policies::{DeletionPolicy, Policies};
use crate::api::provider_config::Provider;
use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::Visit;
use crate::plan::identity::{conflict, resolved, unresolved};
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::managed::{Deletion, Found, Managed, Reference, catching_up};
use crate::plan::step::{Change, Creation, Step, Why};
use crate::plan::{Plan, State};
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::{Owner, TeamId};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::Call;

/// So many addresses of before are remembered.
const MOST_FORMER: usize = 8;

type ChannelPlan = Plan<Facts>;

/// A channel as wanted, its references filled in.
pub(crate) struct Desired {
    /// The owning team; absent: the token's own customer.
    team: Option<TeamId>,
    value: Sensitive,
    /// The code for its verification, if somebody has typed it.
    code: Option<Sensitive>,
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
        let code = self.spec.verification.iter().map(|from| Reference::Code(from.code_secret_ref.clone()));
        team.chain(secret).chain(code).collect()
    }

    fn desired(&self, found: &Found) -> Result<Desired, State> {
        let team = self.spec.owner.team_ref.as_ref().and_then(|team| found.teams.get(&team.name).cloned());
        let secret = || found.secrets.get(&self.spec.value_from.as_ref()?.secret_key_ref).cloned();
        let value = self.spec.value.clone().map(Sensitive::new).or_else(secret);
        let code = self.spec.verification.as_ref().and_then(|from| found.secrets.get(&from.code_secret_ref).cloned());
        let code = code.filter(|code| !code.expose().is_empty());
        let value = value.unwrap_or_else(|| Sensitive::new(""));
        address::check(&self.spec.type_, &value)?;
        Ok(Desired { team, value, code })
    }

    fn plan(&self, desired: &Desired, visit: &Visit, inventory: &Inventory) -> Result<ChannelPlan, Need> {
        let owner = owner(desired, inventory)?;
        let Some(list) = read_back(&owner, visit, inventory)? else {
            return Ok(self.as_known(visit.recorded, owner_unknown(visit)));
        };
        let wanted = ChannelId::of(&owner, &self.spec.type_, &desired.value);
        if let Some(state) = conflict(visit, &wanted.to_string()) {
            return Ok(self.as_known(visit.recorded, state));
        }
        let previous = self.listed_before(&wanted, visit, list);
        match (list.listing().get(&wanted.key(&desired.value)), previous) {
            (Some(channel), None) => self.present(&wanted, channel, desired, visit, list),
            (Some(channel), Some(old)) => {
                let mut plan = self.present(&wanted, channel, desired, visit, list)?;
                plan.facts.former_ids = self.former_ids(&wanted, visit);
                plan.preceded_by(delete_step(&owner, old.priority).counted("address"), visit, list)
            }
            (None, Some(old)) => self.replace(&wanted, old, desired, visit, list),
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
        let (status, reason, message) = match (facts.verified, &facts.submitted_code) {
            (Some(true), _) => (Truth::True, "Verified", "the address is verified"),
            (Some(false), None) => {
                let message = "Pinghome sent a code to the address: put it into the Secret that `verification` names";
                (Truth::False, "CodeAwaited", message)
            }
            (Some(false), Some(_)) => {
                let message = "the code was submitted and the address is not verified: put the code that Pinghome sent last into the Secret";
                (Truth::False, "CodeRejected", message)
            }
            (None, _) => (Truth::Unknown, "Unknown", "Pinghome does not say whether the address is verified"),
        };
        if facts.priority.is_none() { Vec::new() } else { vec![Claim::new("Verified", status, reason, message)] }
    }
}

impl NotificationChannel {
    /// No list shows it: it is new, or a create is unresolved, or it vanished.
    fn absent(&self, id: &ChannelId, desired: &Desired, visit: &Visit, list: &Channels) -> Result<ChannelPlan, Need> {
        let since = |since| Need { collection: Collection::Channels(id.owner.clone()), since };
        let ids: Vec<_> = self.former_ids(id, visit).iter().filter_map(|id| ChannelId::parse(id)).collect();
        let is_meant = |key: &str| id.has(key) || ids.iter().any(|id| id.has(key));
        let vanished = resolved(visit).map(|_| list.listing().none_since(is_meant));
        let agreed = vanished.map(|since| since.saturating_add(visit.read_lag).unwrap_or(since));
        let told = unresolved(visit).map(|intent| visit.tells_from(intent.time));
        let Some(until) = agreed.or(told) else {
            if list.read_at() < visit.before_create() {
                return Err(since(visit.before_create()));
            }
            return Ok(self.create(id, desired, visit));
        };
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
        Ok(self.as_known(resolved(visit), state))
    }

    /// What is known stays known while the list tells nothing new.
    fn as_known(&self, id: Option<&str>, state: State) -> ChannelPlan {
        Plan { external_id: id.map(str::to_owned), facts: self.recorded_facts(), ..Plan::rest(state) }
    }

    /// What the channel may still be listed as: the addresses of before, the newest first.
    fn former_ids(&self, wanted: &ChannelId, visit: &Visit) -> Vec<String> {
        let asked_for = || unresolved(visit).and_then(|intent| intent.name.as_deref());
        let newest = resolved(visit).or_else(asked_for).map(str::to_owned);
        let wanted = wanted.to_string();
        let mut ids: Vec<_> =
            newest.into_iter().chain(self.recorded_facts().former_ids).filter(|id| *id != wanted).collect();
        ids.dedup();
        ids.truncate(MOST_FORMER);
        ids
    }

    /// The channel under an address of before, if it is still there.
    fn listed_before<'a>(&self, wanted: &ChannelId, visit: &Visit, list: &'a Channels) -> Option<&'a Channel> {
        let ids = self.former_ids(wanted, visit);
        let mut ids = ids.iter().filter_map(|id| ChannelId::parse(id)).filter(|id| id.owner == wanted.owner);
        ids.find_map(|id| list.items().find(|channel| id.is(channel)))
    }

    /// Another address for the channel of before, written down before it is sent. What was verified, submitted or switched was so for the old one.
    fn replace(
        &self,
        id: &ChannelId,
        old: &Channel,
        desired: &Desired,
        visit: &Visit,
        list: &Channels,
    ) -> Result<ChannelPlan, Need> {
        let (owner, priority) = (id.owner.clone(), old.priority);
        let call = Call::UpdateChannel { owner, value: desired.value.clone(), priority };
        let change = Change::of("value", "(address)", "(another address)");
        let facts = Facts {
            priority: Some(priority),
            enabled: old.enabled,
            verified: old.verified,
            submitted_code: None,
            former_ids: self.former_ids(id, visit),
            ..self.recorded_facts()
        };
        let plan = Plan { external_id: Some(id.to_string()), facts, ..Plan::rest(State::Available) };
        plan.preceded_by(positional(&id.owner, call, Why::Update(vec![change])), visit, list)
    }

    fn create(&self, id: &ChannelId, desired: &Desired, visit: &Visit) -> ChannelPlan {
        let call = Call::CreateChannel {
            owner: id.owner.clone(),
            value: desired.value.clone(),
            type_: self.spec.type_.clone(),
        };
        // The lost channel's own id marks this create as not resolved by it.
        let ids = visit.recorded.map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
        Plan::create(call, Creation { ids, name: id.to_string(), team: None }, id.owner.path())
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
    Step::new(call, why).under(owner.path())
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
