//! Which external object a resource means: a pure function of what is recorded and what is listed. No IO.
//!
//! It stands on the create record (design §4): an id that is in `status` or in the `external-id`
//! annotation is the object; an intent without an id is resolved by a list that was read after the
//! lag; only where nothing at all is recorded a name decides, by the adoption policy.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::api::annotations::Intent;
use crate::api::policies::AdoptionPolicy;
use crate::api::reason::Reason;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::plan::absence::Absence;
use crate::plan::context::PlanContext;
use crate::plan::state::State;

/// The answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Identity {
    /// It is this one, and it is there.
    Bound(String),
    /// There is none yet; these ids are not it.
    New(BTreeSet<String>),
    /// The list is too old to tell: read it again, not before.
    Look(Timestamp),
    /// It cannot be told now, or not without a person.
    Undetermined(State),
}

/// What is asked for by name.
pub(crate) struct WantedObject<'a> {
    /// The kind's word for messages, such as `team`.
    pub(crate) word: &'static str,
    /// The exact name.
    pub(crate) name: &'a str,
    /// What to do with an unclaimed object of that name.
    pub(crate) adoption: AdoptionPolicy,
}

/// Decides which object of `list` a living resource means.
pub(crate) fn identify<T: Item>(context: &PlanContext, wanted: &WantedObject, list: &Listing<T>) -> Identity {
    if let Some(id) = &context.annotations.external_id {
        return adopted(context, wanted, list, id);
    }
    if let Some(id) = bound_id(context) {
        return by_known_id(context, wanted, list, id);
    }
    match &context.annotations.intent {
        Some(intent) if !context.is_void(&intent.nonce) => by_intent(context, wanted, list),
        _ => by_name(context, wanted, list),
    }
}

/// The last create of this resource, if its result is not known.
pub(crate) fn unresolved_intent<'a>(context: &PlanContext<'a>) -> Option<&'a Intent> {
    let intent = context.annotations.intent.as_ref().filter(|_| bound_id(context).is_none())?;
    let is_void = context.annotations.retry_create.as_ref() == Some(&intent.nonce) || context.is_void(&intent.nonce);
    (!is_void).then_some(intent)
}

/// `status.externalId`, unless the newest intent was written to replace that very object.
pub(crate) fn bound_id<'a>(context: &PlanContext<'a>) -> Option<&'a str> {
    let replaced = |id: &str| context.annotations.intent.as_ref().is_some_and(|intent| intent.ids.contains(id));
    context.known_id.filter(|id| !replaced(id))
}

/// The conflict with an older resource that claims the same object, if there is one.
pub(crate) fn conflict(context: &PlanContext, id: &str) -> Option<State> {
    (context.claimed_by)(id).filter(|other| other.wins).map(|winner| State::Stalled {
        reason: Reason::Conflict,
        message: format!("the external object '{id}' belongs to the older resource '{}': delete one of the two (deleting this one deletes nothing outside)",
            winner.name
        ),
    })
}

/// Why the one object that a token stands for is not this resource's: an older resource has it, or the
/// annotation names another one, of which `wrong` tells.
pub(crate) fn not_ours(context: &PlanContext, id: &str, wrong: impl FnOnce(&str) -> String) -> Option<State> {
    let named = context.annotations.external_id.as_deref().filter(|named| *named != id);
    let stalled = |named| State::Stalled { reason: Reason::ExternalNotFound, message: wrong(named) };
    conflict(context, id).or_else(|| named.map(stalled))
}

fn adopted<T: Item>(context: &PlanContext, wanted: &WantedObject, list: &Listing<T>, id: &str) -> Identity {
    if let Some(state) = conflict(context, id) {
        return Identity::Undetermined(state);
    }
    if list.get(id).is_some() {
        return Identity::Bound(id.to_owned());
    }
    if list.read_at() < context.create_freshness() {
        return Identity::Look(context.create_freshness());
    }
    Identity::Undetermined(State::Stalled {
        reason: Reason::ExternalNotFound,
        message: format!(
            "there is no {} with the id '{id}' that the external-id annotation names: correct the id, or remove the annotation",
            wanted.word
        ),
    })
}

fn by_known_id<T: Item>(context: &PlanContext, wanted: &WantedObject, list: &Listing<T>, id: &str) -> Identity {
    if let Some(state) = conflict(context, id) {
        return Identity::Undetermined(state);
    }
    let Some(since) = list.absent_since(id) else { return Identity::Bound(id.to_owned()) };
    let until = match context.proof_of_absence(since, list.read_at()) {
        Absence::Absent => {
            let mut ids: BTreeSet<_> = list.named(wanted.name).map(str::to_owned).collect();
            // The lost object's own id marks this intent as not resolved by it.
            ids.insert(id.to_owned());
            return Identity::New(ids);
        }
        Absence::Look(until) => return Identity::Look(until),
        Absence::Wait(until) => until,
    };
    Identity::Undetermined(State::Waiting {
        reason: Reason::Recreating,
        message: format!(
            "the {} is no longer in the provider's list; it is made again once the list has agreed for the read lag",
            wanted.word
        ),
        until: Some(until),
    })
}

fn by_intent<T: Item>(context: &PlanContext, wanted: &WantedObject, list: &Listing<T>) -> Identity {
    let Some(intent) = &context.annotations.intent else { return Identity::New(BTreeSet::new()) };
    let ids = || list.named(wanted.name).map(str::to_owned).chain(intent.ids.iter().cloned()).collect();
    if unresolved_intent(context).is_none() {
        return Identity::New(ids());
    }
    let until = context.resolvable_at(intent.time);
    if context.as_of < until {
        return Identity::Undetermined(State::Waiting {
            reason: Reason::ResolvingCreate,
            message: format!(
                "the result of creating the {} is not known yet; the provider's list tells once the read lag is over",
                wanted.word
            ),
            until: Some(until),
        });
    }
    if list.read_at() < until {
        return Identity::Look(until);
    }
    // The spec may have changed since: the result bears the name that was asked for.
    let asked = intent.name.as_deref().unwrap_or(wanted.name);
    let candidates: Vec<_> =
        list.named(asked).filter(|id| !intent.ids.contains(*id) && (context.claimed_by)(id).is_none()).collect();
    match candidates.as_slice() {
        [] if asked != wanted.name => by_name(context, wanted, list),
        [] => Identity::New(ids()),
        [one] => Identity::Bound((*one).to_owned()),
        several => Identity::Undetermined(ambiguous(wanted.word, &intent.nonce, several)),
    }
}

/// Several objects may be the result of one create: a person chooses.
pub(crate) fn ambiguous(word: &str, nonce: &str, ids: &[&str]) -> State {
    State::Stalled {
        reason: Reason::AmbiguousCreate,
        message: format!(
            "more than one {word} may be the result of the last create ({}): name the right one by the external-id annotation, \
             or make another one by the annotation ping-operator.dev/retry-create: {nonce}",
            ids.join(", ")
        ),
    }
}

fn by_name<T: Item>(context: &PlanContext, wanted: &WantedObject, list: &Listing<T>) -> Identity {
    if list.read_at() < context.create_freshness() {
        return Identity::Look(context.create_freshness());
    }
    let free: Vec<_> = list.named(wanted.name).filter(|id| (context.claimed_by)(id).is_none()).collect();
    match (wanted.adoption, free.as_slice()) {
        (AdoptionPolicy::IfUnique, [one]) => Identity::Bound((*one).to_owned()),
        (AdoptionPolicy::CreateAnyway, _) | (_, []) => {
            // A recorded object that was lost goes on marking the record as not resolved by it.
            let replaced = context.known_id.map(str::to_owned);
            Identity::New(list.named(wanted.name).map(str::to_owned).chain(replaced).collect())
        }
        (_, taken) => Identity::Undetermined(State::Stalled {
            reason: Reason::NameTaken,
            message: format!(
                "the name '{}' is borne by a {} that no resource claims ({}): adopt it by the annotation \
                 ping-operator.dev/external-id, set adoptionPolicy, or choose another name",
                wanted.name,
                wanted.word,
                taken.join(", ")
            ),
        }),
    }
}

/// What deleting a resource is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum DeletionTarget {
    /// This object.
    Object(String),
    /// Nothing: no object of this resource exists, or an older resource has it.
    Nothing,
    /// The result of a create must be known first.
    Unresolved,
}

/// Decides what deleting a resource is about, as far as that takes no list.
pub(crate) fn deletion_target(context: &PlanContext) -> DeletionTarget {
    let id = context.annotations.external_id.as_deref().or_else(|| bound_id(context));
    match id {
        Some(id) if conflict(context, id).is_some() => DeletionTarget::Nothing,
        Some(id) => DeletionTarget::Object(id.to_owned()),
        None if unresolved_intent(context).is_some() => DeletionTarget::Unresolved,
        None => DeletionTarget::Nothing,
    }
}

/// Resolves a create whose result deletion must know; `Err` is what is to be said meanwhile.
pub(crate) fn deletion_target_by_list<T: Item>(
    context: &PlanContext,
    wanted: &WantedObject,
    list: &Listing<T>,
) -> Result<DeletionTarget, Identity> {
    match by_intent(context, wanted, list) {
        Identity::Bound(id) => Ok(DeletionTarget::Object(id)),
        Identity::New(_) => Ok(DeletionTarget::Nothing),
        other => Err(other),
    }
}
