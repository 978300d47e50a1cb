//! What came of a create: its result is found by the create record, also if the spec has changed since. No IO.

use std::collections::BTreeSet;

use crate::api::annotations::Intent;
use crate::api::reason::Reason;
use crate::inventory::collection::Need;
use crate::inventory::created::may_be_new;
use crate::inventory::item::Item;
use crate::plan::context::PlanContext;
use crate::plan::identity::{Identity, WantedObject, another_identity, conflict, ids_of, unresolved_intent};
use crate::plan::state::State;

impl<'a, T: Item> WantedObject<'a, T> {
    /// Which object a resource means that has a create record. What the create made is not left behind, whatever the annotation names. If
    /// the create never happened, what is recorded or named besides counts; or the name, if the spec has another name by now or an older
    /// object got the name since.
    ///
    /// # Errors
    /// The list is too old: it must be read first.
    pub(crate) fn created_by_intent(&self, context: &PlanContext, intent: &Intent) -> Result<Identity<'a, T>, Need> {
        let named = context.annotations.external_id.as_deref();
        match (self.result_of_create(context)?, named) {
            (Identity::Bound(item), Some(named)) if named != item.id() => {
                Ok(Identity::Contradicted(item, another_identity(self.label, named, item.id())))
            }
            (Identity::New(ids), _) => {
                let recorded = context.known_id.filter(|id| self.list.get(id).is_some());
                let asked = unresolved_intent(context).and_then(|intent| intent.name.as_deref()).unwrap_or(self.name);
                let is_other = |item: &&T| unresolved_intent(context).is_some() && !intent.ids.contains(item.id());
                let is_renamed = || asked != self.name || self.unclaimed(context, asked).iter().any(is_other);
                if named.is_some() || recorded.is_some() || is_renamed() {
                    self.by_record(context, recorded)
                } else {
                    Ok(Identity::New(ids))
                }
            }
            (identity, _) => Ok(identity),
        }
    }

    /// Which object of the list is the result of the recorded create; it is new if the create never happened. No other object counts,
    /// whatever name the spec has by now: a deletion asks this, too. The annotation only chooses where several may be the result.
    ///
    /// # Errors
    /// The list is too old: it must be read first.
    pub(crate) fn result_of_create(&self, context: &PlanContext) -> Result<Identity<'a, T>, Need> {
        let Self { label, name, adoption: _, list, collection } = self;
        let Some(intent) = &context.annotations.intent else { return Ok(Identity::New(BTreeSet::new())) };
        let new = || Identity::New(list.alike(name).map(str::to_owned).chain(intent.ids.iter().cloned()).collect());
        if unresolved_intent(context).is_none() {
            return Ok(new());
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
        Ok(self.new_since(context, intent).unwrap_or_else(new))
    }

    /// Which object of the list a deleted resource means whose create is not resolved: the result; or, if the create never happened, the
    /// object that it was to replace, should that be there again.
    ///
    /// # Errors
    /// The list is too old: it must be read first.
    pub(crate) fn left_by_create(&self, context: &PlanContext) -> Result<Identity<'a, T>, Need> {
        let recorded = context.known_id.filter(|id| conflict(context, id).is_none()).and_then(|id| self.list.get(id));
        Ok(match (self.result_of_create(context)?, recorded) {
            (Identity::New(_), Some(item)) => Identity::Bound(item),
            (identity, _) => identity,
        })
    }

    /// Which of the objects that the list did not show before the create is its result. `None`: there is none.
    fn new_since(&self, context: &PlanContext, intent: &Intent) -> Option<Identity<'a, T>> {
        let Self { label, name, adoption: _, list, collection: _ } = self;
        let is_new = |item: &&T| may_be_new(*item, &intent.ids, intent.time);
        let is_named = |item: &&&T| context.annotations.external_id.as_deref() == Some(item.id());
        // The spec may have changed since: the result has the name that the create asked for.
        let asked = intent.name.as_deref().unwrap_or(name);
        let same: Vec<_> = self.unclaimed(context, asked).into_iter().filter(is_new).collect();
        // The list shows another form of the name, or the id in the answer to the create.
        let alike = list.alike(asked).chain(intent.other_id.as_deref());
        let alike = alike.filter(|id| (context.claimed_by)(id).is_none()).filter_map(|id| list.get(id));
        let other: Vec<_> = alike.filter(is_new).collect();
        let identity = match (same.as_slice(), other.as_slice()) {
            ([], []) => return None,
            ([one], _) => Identity::Bound(*one),
            ([], [first, ..]) => match other.iter().find(is_named) {
                Some(chosen) => Identity::Bound(*chosen),
                None => Identity::Undetermined(created_otherwise(label, asked, *first, intent)),
            },
            (several, _) => match several.iter().find(is_named) {
                Some(chosen) => Identity::Bound(*chosen),
                None => Identity::Undetermined(ambiguous(label, &intent.nonce, &ids_of(several))),
            },
        };
        Some(identity)
    }
}

/// A create asked for this name, and the list shows what may be its result with another one.
fn created_otherwise(label: &str, asked: &str, found: &impl Item, intent: &Intent) -> State {
    let message = format!(
        "the {label} was created with the name '{asked}', and the provider's list shows '{}' ({}) instead: adopt it by the \
         annotation ping-operator.dev/external-id, or create another one by the annotation ping-operator.dev/retry-create: {}; the annotation ping-operator.dev/allow-deletion: orphan lets go of it",
        found.name(),
        found.id(),
        intent.nonce
    );
    State::stalled(Reason::NotConverging, message)
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
