//! Planning a [`NotificationChannel`]: it has no id, only a position that moves. No IO.
//!
//! Identity is (owner, type, address); a salted fingerprint of it is recorded. A position is used
//! only from a list that was read under the owner's lock and shows our last write.

pub(crate) mod address;
pub(crate) mod change;
pub(crate) mod deletion;
pub(crate) mod forms;
pub(crate) mod identity;
pub(crate) mod positions;
pub(crate) mod present;
pub(crate) mod resolved;
pub(crate) mod unknown;

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;

use crate::api::conditions::{ConditionStatus, ConditionType, NewCondition};
use crate::api::notification_channel::{
    NotificationChannel, NotificationChannelFacts as Facts, NotificationChannelSpec, Owner,
};
use crate::api::policies::DeletionPolicy;
use crate::api::reason::Reason;
use crate::api::references::SecretKeyRef;
use crate::inventory::channels::Channels;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::identity::{bound_id, conflict, external_not_found, unresolved_intent};
use crate::plan::kinds::channel::forms::SentChannel;
use crate::plan::kinds::channel::identity::ChannelId;
use crate::plan::kinds::channel::positions::{ChannelPlan, delete_step, owner, read_back};
use crate::plan::kinds::channel::resolved::ResolvedChannel;
use crate::plan::managed::Managed;
use crate::plan::references::{Reference, ResolvedRefs, SecretValue};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::Creation;
use crate::plan::unique_claim::UniqueClaim;
use crate::provider::model::channel::forms::Likeness;
use crate::provider::model::channel::{Channel, channel_key};
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::pinghome::call::PinghomeCall;

/// So many former addresses are remembered.
const MOST_FORMER: usize = 8;

impl Managed for NotificationChannel {
    type Facts = Facts;
    type Resolved = ResolvedChannel;

    fn deletion(&self) -> DeletionPolicy {
        self.spec.deletion_policy
    }

    fn references(&self) -> Vec<Reference> {
        let team = self.spec.owner.team_ref.iter().cloned().map(Reference::Team);
        let secret = self.spec.value_from.iter().map(|from| Reference::Secret(from.secret_key_ref.clone()));
        let code = self.spec.verification.iter().map(|from| Reference::Code(from.code_secret_ref.clone()));
        team.chain(secret).chain(code).collect()
    }

    fn resolve(&self, refs: &ResolvedRefs) -> Result<ResolvedChannel, State> {
        let NotificationChannelSpec {
            policies: _,
            owner,
            type_,
            value,
            value_from,
            enabled,
            verification,
            deletion_policy: _,
        } = self.spec.clone();
        let Owner { team_ref, customer: _ } = owner;
        let team = team_ref.and_then(|team| refs.teams.get(&team.name).cloned());
        let secret = || refs.secrets.get(&value_from?.secret_key_ref).cloned();
        let value = value.map(|value| SecretValue::Known(Sensitive::new(value))).or_else(secret);
        let value = value.unwrap_or_else(|| SecretValue::Known(Sensitive::new("")));
        let is_verifiable = verification.is_some();
        let code = verification.and_then(|from| refs.code(&from.code_secret_ref));
        value.known().map_or(Ok(()), |value| address::check(&type_, value))?;
        Ok(ResolvedChannel { team, type_, value, enabled, is_verifiable, code })
    }

    fn plan(&self, resolved: &ResolvedChannel, context: &PlanContext) -> Result<ChannelPlan, Need> {
        let owner = owner(resolved, context)?;
        let Some(list) = read_back(&owner, context)? else {
            return Ok(self.as_known(context.known_id, owner_unknown(&owner, context)?));
        };
        let Some(value) = resolved.value.known().or_else(|| unknown::recorded_address(resolved, &owner, list, context))
        else {
            return Ok(self.as_known(context.known_id, unknown::address_unknown()));
        };
        let id = ChannelId::of(&owner, &resolved.type_, value);
        if let Some(state) = conflict(context, &id.to_string()) {
            return Ok(self.as_known(context.known_id, state));
        }
        let key = id.key(value);
        let planner = ChannelPlanner { resource: self, id, resolved, value, context, list };
        match (list.listing().get(&key), planner.listed_before()) {
            (Some(channel), None) => planner.present(channel, Vec::new()),
            (Some(channel), Some(old)) => {
                let plan = planner.present(channel, planner.former_ids())?;
                plan.preceded_by(delete_step(&owner, old.priority).counted("address"), context, list)
            }
            (None, Some(old)) => planner.replace(old),
            (None, None) => planner.absent(),
        }
    }

    /// No value of a Secret: it is named by where it stands.
    fn approval_subject(&self) -> String {
        let NotificationChannelSpec { owner, type_, value, value_from, .. } = &self.spec;
        json!([owner, type_, value, value_from]).to_string()
    }

    fn unique_claims(&self, secret: &dyn Fn(&SecretKeyRef) -> Option<Sensitive>) -> Vec<UniqueClaim> {
        let from_secret = self.spec.value_from.as_ref().and_then(|from| secret(&from.secret_key_ref));
        let (value, field) = match (&self.spec.value, from_secret) {
            (Some(value), _) => (value.clone(), "spec.value"),
            (None, Some(secret)) => (secret.expose().to_owned(), "spec.valueFrom"),
            (None, None) => return Vec::new(),
        };
        let team = self.spec.owner.team_ref.as_ref().map_or("", |team| &team.name);
        let namespace = self.metadata.namespace.as_deref().filter(|_| !team.is_empty()).unwrap_or_default();
        let key = format!("{namespace}/{team}/{}", channel_key(&self.spec.type_, &value));
        vec![UniqueClaim::new(key, field, "an owner has an address once")]
    }

    fn plan_deletion(&self, resolved: Option<&ResolvedChannel>, context: &PlanContext) -> Result<ChannelPlan, Need> {
        deletion::plan(self, resolved, context)
    }

    fn conditions(facts: &Facts) -> Vec<NewCondition> {
        let (status, reason, message) = match (facts.verified, &facts.submitted_code) {
            (Some(true), _) => (ConditionStatus::True, Reason::Verified, "the address is verified"),
            (Some(false), None) => {
                let message = "Pinghome sent a code to the address: put it into the Secret that `verification` names";
                (ConditionStatus::False, Reason::CodeAwaited, message)
            }
            (Some(false), Some(_)) => {
                let message = "the code was submitted and the address is not verified: put the code that Pinghome sent last into the Secret";
                (ConditionStatus::False, Reason::CodeRejected, message)
            }
            (None, _) => {
                (ConditionStatus::Unknown, Reason::Unknown, "Pinghome does not say whether the address is verified")
            }
        };
        if facts.priority.is_none() {
            Vec::new()
        } else {
            vec![NewCondition::new(ConditionType::Verified, status, reason, message)]
        }
    }
}

impl NotificationChannel {
    /// A plan that keeps what is recorded.
    fn as_known(&self, id: Option<&str>, state: State) -> ChannelPlan {
        Plan { external_id: id.map(str::to_owned), facts: self.recorded_facts(), ..Plan::ending_in(state) }
    }
}

/// What is known of one channel while it is planned.
pub(crate) struct ChannelPlanner<'a> {
    /// The resource.
    pub(crate) resource: &'a NotificationChannel,
    /// The id of the wanted channel.
    pub(crate) id: ChannelId,
    /// The channel as the spec wants it.
    pub(crate) resolved: &'a ResolvedChannel,
    /// Its address.
    pub(crate) value: &'a Sensitive,
    /// What this reconcile knows besides.
    pub(crate) context: &'a PlanContext<'a>,
    /// The channels of the owner.
    pub(crate) list: &'a Channels,
}

impl ChannelPlanner<'_> {
    /// No list shows the channel: it is new, or a create is unresolved, or it vanished.
    fn absent(&self) -> Result<ChannelPlan, Need> {
        let Self { resource, id, resolved: _, value, context, list } = self;
        let collection = Collection::Channels(id.owner.clone());
        let ids: Vec<_> = self.former_ids().iter().filter_map(|id| ChannelId::parse(id)).collect();
        let is_meant = |key: &str| id.has(key) || ids.iter().any(|id| id.has(key));
        let vanished = bound_id(context).map(|_| list.listing().all_absent_since(is_meant));
        let agreed = vanished.map(|since| since.saturating_add(context.read_lag).unwrap_or(since));
        let resolvable = unresolved_intent(context).map(|intent| context.resolvable_at(intent.time));
        let Some(until) = agreed.or(resolvable) else {
            let not_before = context.create_freshness();
            if list.read_at() < not_before {
                return Err(Need { collection, not_before });
            }
            return Ok(match context.doubt(&collection)? {
                Some(doubt) => resource.as_known(None, doubt),
                None => self.create(),
            });
        };
        let absence = context.absence_provable_at(until, list.read_at(), &collection)?;
        let (reason, message) = if vanished.is_some() {
            (
                Reason::Recreating,
                "the channel is no longer in its owner's list; it is created again once the list has agreed for the read lag",
            )
        } else {
            (
                Reason::ResolvingCreate,
                "the result of creating the channel is not known yet; its owner's list shows it once the read lag is over",
            )
        };
        if let Some(state) = absence.awaited(reason, message) {
            return Ok(resource.as_known(bound_id(context), state));
        }
        let sent = SentChannel { id, value: Some(value) };
        let shown = sent.shown_otherwise(list, context).filter(|_| !context.annotations.is_create_allowed());
        Ok(match shown {
            // The channel counts as missing, as before: the creates are not forgotten.
            Some(shown) => {
                Plan { is_partial: true, ..resource.as_known(bound_id(context), self.made_otherwise(shown)) }
            }
            None => self.create(),
        })
    }

    /// The former addresses, under which the channel may still be listed; the newest first.
    pub(crate) fn former_ids(&self) -> Vec<String> {
        let asked_for = || unresolved_intent(self.context).and_then(|intent| intent.name.as_deref());
        let newest = bound_id(self.context).or_else(asked_for).map(str::to_owned);
        let wanted = self.id.to_string();
        let mut ids: Vec<_> =
            newest.into_iter().chain(self.resource.recorded_facts().former_ids).filter(|id| *id != wanted).collect();
        ids.dedup();
        ids.truncate(MOST_FORMER);
        ids
    }

    /// The channel under a former address, if it is still listed.
    fn listed_before(&self) -> Option<&Channel> {
        let ids = self.former_ids();
        let mut ids = ids.iter().filter_map(|id| ChannelId::parse(id)).filter(|id| id.owner == self.id.owner);
        let is_free = |id: &ChannelId| (self.context.claimed_by)(&id.to_string()).is_none();
        ids.find_map(|id| self.list.items().find(|channel| id.is(channel)).filter(|_| is_free(&id)))
    }

    /// The list shows what was sent in another form, as it seems: it is not made again.
    fn made_otherwise(&self, (shown, likeness): (&Channel, Likeness)) -> State {
        // An address from a Secret is not repeated, nor is one that may be somebody else's.
        let is_public = self.resource.spec.value.is_some();
        let value = match likeness {
            Likeness::Known if is_public => format!("'{}'", shown.value.expose()),
            Likeness::Known => "an address in another form".to_owned(),
            Likeness::Possible => "a channel that may be it".to_owned(),
        };
        let again = self.context.annotations.intent.as_ref().map(|intent| {
            format!("; if that is another channel, set the annotation ping-operator.dev/retry-create: {}", intent.nonce)
        });
        let message = format!(
            "the channel was sent once, and its owner's list shows {value} at position {} instead, so it is not made again: write the \
             address as the list shows it, if that is complete; otherwise set `managementPolicy` to 'Observe'{}",
            shown.priority,
            again.unwrap_or_default()
        );
        State::stalled(Reason::NotConverging, message)
    }

    fn create(&self) -> ChannelPlan {
        let Self { resource, id, resolved, value, context, list: _ } = self;
        if let Some(named) = &context.annotations.external_id {
            return resource.as_known(context.known_id, external_not_found("channel", named));
        }
        let call = PinghomeCall::CreateChannel {
            owner: id.owner.clone(),
            value: (*value).clone(),
            type_: resolved.type_.clone(),
        };
        // The lost channel's own id marks this create as not resolved by it.
        let ids = context.known_id.map(str::to_owned).into_iter().collect::<BTreeSet<_>>();
        Plan::create(call, Creation { ids, name: id.to_string(), team: None }, id.owner.path())
    }
}

fn owner_unknown(owner: &ChannelOwner, context: &PlanContext) -> Result<State, Need> {
    let until = context.next_read(&Collection::Channels(owner.clone()), SignedDuration::from_secs(10))?;
    let message = "Pinghome does not list channels of the owner yet; the list is read again in 10 s";
    Ok(State::waiting(Reason::ReferenceNotReady, message, until))
}
