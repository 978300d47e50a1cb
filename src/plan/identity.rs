//! Which external object a resource means, from what is recorded and what is listed. No IO.
//!
//! The record comes first. The id in `status` is the object; without one, the id in the `external-id` annotation is. A create intent
//! without an id is resolved by a list that was read after the read lag. Only where nothing is recorded, or what is recorded is gone,
//! the name decides, by the adoption policy. On deletion the name of the spec decides nothing.

pub(crate) mod created;

use std::collections::BTreeSet;

use crate::api::annotations::Intent;
use crate::api::policies::AdoptionPolicy;
use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::name_taken::name_taken;
use crate::plan::state::State;

/// Which external object a resource means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Identity<'a, T> {
    /// This one, which the list shows.
    Bound(&'a T),
    /// This one, which a create made, and the annotation names another one. It is recorded, so that it is not left behind whatever becomes
    /// of the other one; nothing is changed.
    Contradicted(&'a T, State),
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

/// The only object that bears the name of a spec.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NamedObject {
    /// Its id.
    pub(crate) id: String,
    /// What the spec says of it.
    pub(crate) adoption: AdoptionPolicy,
}

impl<'a, T: Item> WantedObject<'a, T> {
    /// Decides which object of the list a resource that is not deleted means.
    ///
    /// # Errors
    /// The list is too old: it must be read first.
    pub(crate) fn identify(&self, context: &PlanContext) -> Result<Identity<'a, T>, Need> {
        let recorded = bound_id(context);
        match &context.annotations.intent {
            Some(intent) if recorded.is_none() && !context.is_void(intent) => self.created_by_intent(context, intent),
            _ => self.by_record(context, recorded),
        }
    }

    /// The object that the annotation names or the record has; without both the name decides.
    fn by_record(&self, context: &PlanContext, recorded: Option<&str>) -> Result<Identity<'a, T>, Need> {
        match (context.annotations.external_id.as_deref(), recorded) {
            (Some(named), Some(recorded)) if named != recorded => self.by_other_id(context, named, recorded),
            (Some(named), _) => self.by_named_id(context, named),
            (None, Some(recorded)) => self.by_recorded_id(context, recorded),
            (None, None) => self.by_name(context),
        }
    }

    /// The object with the id that the annotation names. It is never created.
    fn by_named_id(&self, context: &PlanContext, named: &str) -> Result<Identity<'a, T>, Need> {
        if let Some(state) = conflict(context, named) {
            return Ok(Identity::Undetermined(state));
        }
        if let Some(item) = self.list.get(named) {
            return Ok(Identity::Bound(item));
        }
        self.must_be_fresh(context)?;
        let doubt = context.doubt(&self.collection)?;
        Ok(Identity::Undetermined(doubt.unwrap_or_else(|| external_not_found(self.label, named))))
    }

    /// The annotation names another object than the recorded one, which is not left behind as long as it exists and no older resource
    /// claims it.
    fn by_other_id(&self, context: &PlanContext, named: &str, recorded: &str) -> Result<Identity<'a, T>, Need> {
        let Self { label, name: _, adoption: _, list, collection } = self;
        if conflict(context, recorded).is_some() {
            return self.by_named_id(context, named);
        }
        if list.get(recorded).is_some() {
            return Ok(Identity::Undetermined(another_identity(label, named, recorded)));
        }
        let since = list.absent_since(recorded).unwrap_or(list.read_at());
        let absence = context.proof_of_absence(since, list.read_at(), collection)?;
        let message = format!(
            "the {label} '{recorded}' is no longer in the provider's list; the one that the external-id annotation names takes its place \
             once the list has agreed for the read lag"
        );
        match absence.awaited(Reason::Recreating, message) {
            Some(state) => Ok(Identity::Undetermined(state)),
            None => self.by_named_id(context, named),
        }
    }

    /// The object with the id in `status`. If it is gone, the name decides like for a resource of which nothing is recorded.
    fn by_recorded_id(&self, context: &PlanContext, id: &str) -> Result<Identity<'a, T>, Need> {
        let Self { label, name: _, adoption: _, list, collection } = self;
        if let Some(state) = conflict(context, id) {
            return Ok(Identity::Undetermined(state));
        }
        if let Some(item) = list.get(id) {
            return Ok(Identity::Bound(item));
        }
        let since = list.absent_since(id).unwrap_or(list.read_at());
        let absence = context.proof_of_absence(since, list.read_at(), collection)?;
        let message = format!(
            "the {label} is no longer in the provider's list; it is created again once the list has agreed for the read lag"
        );
        match absence.awaited(Reason::Recreating, message) {
            Some(state) => Ok(Identity::Undetermined(state)),
            None => self.by_name(context),
        }
    }

    fn by_name(&self, context: &PlanContext) -> Result<Identity<'a, T>, Need> {
        let Self { label, name, adoption, list, collection } = self;
        self.must_be_fresh(context)?;
        if let Some(doubt) = context.doubt(collection)? {
            return Ok(Identity::Undetermined(doubt));
        }
        let bearers: Vec<_> = list.named(name).filter_map(|id| list.get(id)).collect();
        Ok(match (adoption, self.unclaimed(context, name).as_slice()) {
            (AdoptionPolicy::IfUnique, [one]) => Identity::Bound(*one),
            (AdoptionPolicy::Never | AdoptionPolicy::IfUnique, _) if !bearers.is_empty() => {
                Identity::Undetermined(name_taken(context, label, name, &ids_of(&bearers)))
            }
            (AdoptionPolicy::CreateAnyway | AdoptionPolicy::Never | AdoptionPolicy::IfUnique, _) => {
                // The id of a lost object still marks the create record as not resolved by it.
                Identity::New(list.alike(name).chain(context.known_id).map(str::to_owned).collect())
            }
        })
    }

    /// The object that bears the name, if it is just one, no other resource claims it, and the policy does not ask for another one.
    pub(crate) fn sole_bearer(&self, context: &PlanContext) -> Option<NamedObject> {
        let mut bearers = self.list.named(self.name);
        let id = bearers.next().filter(|_| bearers.next().is_none())?;
        let is_wanted = match self.adoption {
            AdoptionPolicy::Never | AdoptionPolicy::IfUnique => (context.claimed_by)(id).is_none(),
            AdoptionPolicy::CreateAnyway => false,
        };
        is_wanted.then(|| NamedObject { id: id.to_owned(), adoption: self.adoption })
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

/// A user-written id that no object has; that never leads to a create.
pub(crate) fn external_not_found(label: &str, named: &str) -> State {
    let message = format!(
        "there is no {label} with the id '{named}' that the external-id annotation names: correct the id, or remove the annotation"
    );
    State::stalled(Reason::ExternalNotFound, message)
}

/// The annotation names another object than the recorded one, which exists.
pub(crate) fn another_identity(label: &str, named: &str, recorded: &str) -> State {
    let message = format!(
        "the external-id annotation names the {label} '{named}', and this resource manages '{recorded}': put back '{recorded}' or remove \
         the annotation; to manage '{named}', delete this resource (allow-deletion 'orphan' keeps '{recorded}') and create it anew"
    );
    State::stalled(Reason::InvalidPolicy, message)
}

/// The last create of this resource, if its result is not known.
pub(crate) fn unresolved_intent<'a>(context: &PlanContext<'a>) -> Option<&'a Intent> {
    let intent = context.annotations.intent.as_ref().filter(|_| bound_id(context).is_none())?;
    let is_void = context.annotations.retry_create.as_ref() == Some(&intent.nonce) || context.is_void(intent);
    (!is_void).then_some(intent)
}

/// `status.externalId`, unless the newest create was to replace that very object. One that was surely not carried out replaced nothing.
pub(crate) fn bound_id<'a>(context: &PlanContext<'a>) -> Option<&'a str> {
    let intent = context.annotations.intent.as_ref().filter(|intent| !context.is_void(intent));
    context.known_id.filter(|id| intent.is_none_or(|intent| intent.replaces.as_deref() != Some(*id)))
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

/// The external object of a deleted resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum DeletionTarget {
    /// This object.
    Object(String),
    /// None: no object of this resource exists, or it is released to another resource that claims it.
    Nothing,
    /// The result of a create must be resolved first.
    Unresolved,
}

/// Decides which object a deleted resource means, as far as that needs no list. Only what is recorded counts: an annotation that names
/// an object which this resource never managed leads to no deletion. What a living resource claims is released to it.
pub(crate) fn deletion_target(context: &PlanContext) -> DeletionTarget {
    match recorded_target(context) {
        DeletionTarget::Object(id) if (context.claimed_by)(&id).is_some_and(|other| other.inherits()) => {
            DeletionTarget::Nothing
        }
        target => target,
    }
}

/// Which object a resource means, deleted or not, as far as that needs no list and no name.
pub(crate) fn recorded_target(context: &PlanContext) -> DeletionTarget {
    match bound_id(context) {
        Some(id) if conflict(context, id).is_some() => DeletionTarget::Nothing,
        Some(id) => DeletionTarget::Object(id.to_owned()),
        None if unresolved_intent(context).is_some() => DeletionTarget::Unresolved,
        None => DeletionTarget::Nothing,
    }
}
