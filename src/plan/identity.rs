//! Which external object a resource means, from what is recorded and what is listed. No IO.
//!
//! The create record comes first. An id in `status` or in the `external-id` annotation is the
//! object. A create intent without an id is resolved by a list that was read after the read lag. Only where
//! nothing is recorded the name decides, by the adoption policy.

use std::collections::BTreeSet;

use crate::api::annotations::Intent;
use crate::api::policies::AdoptionPolicy;
use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::state::State;

/// Which external object a resource means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Identity<'a, T> {
    /// This one, which the list shows.
    Bound(&'a T),
    /// There is none yet. Objects with these ids bear the name and are not it.
    New(BTreeSet<String>),
    /// It cannot be decided now, or not without a person.
    Undetermined(State),
}

/// The object that a spec asks for by name, and the list in which it is searched.
pub(crate) struct WantedObject<'a, T> {
    /// What messages call the object, such as `team`.
    pub(crate) label: &'static str,
    /// The exact name.
    pub(crate) name: &'a str,
    /// What to do with an unclaimed object of that name.
    pub(crate) adoption: AdoptionPolicy,
    /// The last read of `collection`.
    pub(crate) list: &'a Listing<T>,
    /// The collection in which the object is listed.
    pub(crate) collection: Collection,
}

impl<'a, T: Item> WantedObject<'a, T> {
    /// Decides which object of the list a resource that is not deleted means.
    ///
    /// # Errors
    /// The list is too old: it must be read first.
    pub(crate) fn identify(&self, context: &PlanContext) -> Result<Identity<'a, T>, Need> {
        if let Some(id) = context.annotations.external_id.as_deref().or_else(|| bound_id(context)) {
            return self.by_id(context, id);
        }
        match &context.annotations.intent {
            Some(intent) if !context.is_void(&intent.nonce) => self.created_by_intent(context),
            _ => self.by_name(context),
        }
    }

    /// The object with the id that the annotation or `status` names.
    fn by_id(&self, context: &PlanContext, id: &str) -> Result<Identity<'a, T>, Need> {
        let Self { label, name, adoption: _, list, collection } = self;
        if let Some(state) = conflict(context, id) {
            return Ok(Identity::Undetermined(state));
        }
        if let Some(item) = list.get(id) {
            return Ok(Identity::Bound(item));
        }
        if context.annotations.external_id.is_some() {
            self.must_be_fresh(context)?;
            if let Some(doubt) = context.doubt(collection)? {
                return Ok(Identity::Undetermined(doubt));
            }
            let message = format!(
                "there is no {label} with the id '{id}' that the external-id annotation names: correct the id, or remove the annotation"
            );
            return Ok(Identity::Undetermined(State::stalled(Reason::ExternalNotFound, message)));
        }
        let since = list.absent_since(id).unwrap_or(list.read_at());
        let absence = context.proof_of_absence(since, list.read_at(), collection)?;
        let message = format!(
            "the {label} is no longer in the provider's list; it is created again once the list has agreed for the read lag"
        );
        Ok(match absence.awaited(Reason::Recreating, message) {
            Some(state) => Identity::Undetermined(state),
            // The lost object's own id marks this intent as not resolved by it.
            None => Identity::New(list.named(name).chain([id]).map(str::to_owned).collect()),
        })
    }

    /// Which object of the list is the result of the recorded create.
    ///
    /// # Errors
    /// The list is too old: it must be read first.
    pub(crate) fn created_by_intent(&self, context: &PlanContext) -> Result<Identity<'a, T>, Need> {
        let Self { label, name, adoption: _, list, collection } = self;
        let Some(intent) = &context.annotations.intent else { return Ok(Identity::New(BTreeSet::new())) };
        let ids = || list.named(name).map(str::to_owned).chain(intent.ids.iter().cloned()).collect();
        if unresolved_intent(context).is_none() {
            return Ok(Identity::New(ids()));
        }
        let until = context.resolvable_at(intent.time);
        if context.as_of < until {
            let message = format!(
                "the result of creating the {label} is not known yet; the provider's list shows it once the read lag is over"
            );
            return Ok(Identity::Undetermined(State::waiting(Reason::ResolvingCreate, message, until)));
        }
        if list.read_at() < until {
            return Err(Need { collection: collection.clone(), not_before: until });
        }
        if let Some(doubt) = context.doubt(collection)? {
            return Ok(Identity::Undetermined(doubt));
        }
        // The spec may have changed since: the result has the name that the create asked for.
        let asked = intent.name.as_deref().unwrap_or(name);
        let candidates: Vec<_> =
            self.unclaimed(context, asked).into_iter().filter(|item| !intent.ids.contains(item.id())).collect();
        match candidates.as_slice() {
            [] if asked != *name => self.by_name(context),
            [] => Ok(Identity::New(ids())),
            [one] => Ok(Identity::Bound(*one)),
            several => Ok(Identity::Undetermined(ambiguous(label, &intent.nonce, &ids_of(several)))),
        }
    }

    fn by_name(&self, context: &PlanContext) -> Result<Identity<'a, T>, Need> {
        let Self { label, name, adoption, list, collection } = self;
        self.must_be_fresh(context)?;
        if let Some(doubt) = context.doubt(collection)? {
            return Ok(Identity::Undetermined(doubt));
        }
        Ok(match (adoption, self.unclaimed(context, name).as_slice()) {
            (AdoptionPolicy::IfUnique, [one]) => Identity::Bound(*one),
            (AdoptionPolicy::CreateAnyway, _) | (AdoptionPolicy::Never | AdoptionPolicy::IfUnique, []) => {
                // The id of a lost object still marks the create record as not resolved by it.
                Identity::New(list.named(name).chain(context.known_id).map(str::to_owned).collect())
            }
            (AdoptionPolicy::Never | AdoptionPolicy::IfUnique, taken) => {
                let message = format!(
                    "the name '{name}' is borne by a {label} that no resource claims ({}): adopt it by the annotation \
                     ping-operator.dev/external-id, set adoptionPolicy, or choose another name",
                    ids_of(taken).join(", ")
                );
                Identity::Undetermined(State::stalled(Reason::NameTaken, message))
            }
        })
    }

    /// The objects of this name that no other resource claims.
    fn unclaimed(&self, context: &PlanContext, name: &str) -> Vec<&'a T> {
        let free = self.list.named(name).filter(|id| (context.claimed_by)(id).is_none());
        free.filter_map(|id| self.list.get(id)).collect()
    }

    /// Only a fresh list proves that a name is free, or that no object has an id.
    fn must_be_fresh(&self, context: &PlanContext) -> Result<(), Need> {
        let (not_before, collection) = (context.create_freshness(), self.collection.clone());
        if self.list.read_at() < not_before { Err(Need { collection, not_before }) } else { Ok(()) }
    }
}

fn ids_of<'a, T: Item>(items: &[&'a T]) -> Vec<&'a str> {
    items.iter().map(|item| item.id()).collect()
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
    let winner = (context.claimed_by)(id).filter(|other| other.wins)?.name;
    let message = format!(
        "the external object '{id}' belongs to the older resource '{winner}': delete one of the two (deleting this one deletes nothing outside)"
    );
    Some(State::stalled(Reason::Conflict, message))
}

/// Why the one object that belongs to a token is not this resource's: an older resource claims it, or the
/// annotation names another one, for which `wrong` gives the message.
pub(crate) fn not_ours(context: &PlanContext, id: &str, wrong: impl FnOnce(&str) -> String) -> Option<State> {
    let named = context.annotations.external_id.as_deref().filter(|named| *named != id);
    let stalled = |named| State::stalled(Reason::ExternalNotFound, wrong(named));
    conflict(context, id).or_else(|| named.map(stalled))
}

/// Several objects may be the result of one create: a person must choose.
pub(crate) fn ambiguous(label: &str, nonce: &str, ids: &[&str]) -> State {
    let message = format!(
        "more than one {label} may be the result of the last create ({}): name the right one by the external-id annotation, \
         or create another one by the annotation ping-operator.dev/retry-create: {nonce}",
        ids.join(", ")
    );
    State::stalled(Reason::AmbiguousCreate, message)
}

/// The external object of a deleted resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum DeletionTarget {
    /// This object.
    Object(String),
    /// None: no object of this resource exists, or an older resource claims it.
    Nothing,
    /// The result of a create must be resolved first.
    Unresolved,
}

/// Decides which object a deleted resource means, as far as that needs no list.
pub(crate) fn deletion_target(context: &PlanContext) -> DeletionTarget {
    let id = context.annotations.external_id.as_deref().or_else(|| bound_id(context));
    match id {
        Some(id) if conflict(context, id).is_some() => DeletionTarget::Nothing,
        Some(id) => DeletionTarget::Object(id.to_owned()),
        None if unresolved_intent(context).is_some() => DeletionTarget::Unresolved,
        None => DeletionTarget::Nothing,
    }
}
