//! Values of Secrets that the manifests do not show, and what of a plan depends on them. No IO.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::api::references::SecretKeyRef;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::references::field_of_secret;
use crate::cli::manifest_set::secrets::{Found, Hidden};
use crate::cli::manifest_set::{ManifestEntry, ManifestSet, spec, with_entries};
use crate::plan::managed::Managed;
use crate::plan::references::Reference;
use crate::plan::state::State;
use crate::plan::step::Step;
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;

/// What a value that is not known is to its resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ValueRole {
    /// Nothing can be said of the external object without it.
    Whole,
    /// A code, which is submitted only while one is awaited.
    Code,
}

/// A value of a Secret that the manifests do not show.
#[derive(Clone, Debug)]
pub(crate) struct UnknownValue {
    field: String,
    why: String,
    role: ValueRole,
    /// Nothing tells that it is another value than the one that the resource had before.
    is_same_value: bool,
    /// The previous manifests have the very same resource, and the same form of the value.
    is_same_resource: bool,
}

/// What of one resource is known only when the manifests are applied.
#[derive(Clone, Debug)]
pub(crate) struct Dependence {
    /// The field that refers to the value.
    pub(crate) field: String,
    /// Why the value is not known.
    pub(crate) why: String,
    /// The previous manifests say the same: applying the new ones changes nothing about it.
    pub(crate) is_as_before: bool,
}

/// The specs of the previous manifests, of the resources that refer to Secrets.
#[derive(Default)]
pub(crate) struct PreviousSpecs(BTreeMap<ResourceKey, Value>);

impl PreviousSpecs {
    /// Those of the previous manifests.
    pub(crate) fn of(previous: &ManifestSet) -> Self {
        let mut all = BTreeMap::new();
        for kind in Kind::ALL {
            with_entries!(kind in previous, entries => all.extend(entries.iter().filter_map(referring)));
        }
        Self(all)
    }
}

fn referring<T: Managed>(entry: &ManifestEntry<T>) -> Option<(ResourceKey, Value)> {
    secrets(entry).next()?;
    Some((entry.key.clone(), spec(&entry.resource)))
}

/// The Secrets that a resource refers to.
fn secrets<T: Managed>(entry: &ManifestEntry<T>) -> impl Iterator<Item = (SecretKeyRef, ValueRole)> {
    entry.resource.references().into_iter().filter_map(|reference| match reference {
        Reference::Team(_) => None,
        Reference::Secret(secret) => Some((secret, ValueRole::Whole)),
        Reference::Code(secret) => Some((secret, ValueRole::Code)),
    })
}

/// The values that a resource refers to and that the manifests do not show.
pub(crate) fn unknown_values<T: Managed>(
    set: &ManifestSet,
    previous: &PreviousSpecs,
    entry: &ManifestEntry<T>,
) -> Vec<UnknownValue> {
    let before = previous.0.get(&entry.key);
    let hidden = secrets(entry).filter_map(|(secret, role)| {
        match set.secrets.find(&entry.key.namespace, &secret.name, &secret.key) {
            Found::Unknown(hidden) => Some((secret, role, hidden)),
            Found::Known(_) | Found::Missing => None,
        }
    });
    hidden
        .map(|(secret, role, Hidden { why, is_changed })| UnknownValue {
            field: field_of_secret(entry, &secret),
            why,
            role,
            is_same_value: !is_changed && before.is_none_or(|spec| contains(spec, &json!(secret))),
            is_same_resource: !is_changed
                && !entry.is_deleted
                && before.is_some_and(|before| *before == spec(&entry.resource)),
        })
        .collect()
}

/// Whether a role of a spec is this reference.
fn contains(spec: &Value, reference: &Value) -> bool {
    spec == reference || spec.as_object().is_some_and(|fields| fields.values().any(|field| contains(field, reference)))
}

/// How the plan of a resource ends that is deleted, and of which nothing is recorded: `exists` says whether it would be deleted if its
/// object were known.
pub(crate) fn without_record(unknown: &[UnknownValue], exists: bool) -> State {
    if exists && unknown.iter().any(|value| value.role == ValueRole::Whole) {
        return State::waiting(Reason::SecretNotFound, "which object is deleted depends on a Secret", None);
    }
    State::Available
}

/// Whether a plan ended because a value is not known.
fn is_stopped(state: &State) -> bool {
    match state {
        State::Waiting { reason, .. } | State::DeletionBlocked { reason, .. } => *reason == Reason::SecretNotFound,
        State::Available | State::Drifted(_) | State::Stalled { .. } | State::Gone => false,
    }
}

/// What depends on the values, after a plan with these steps has ended in this state; `awaits_code`: the resource would wait for a code.
pub(crate) fn dependences(
    unknown: &[UnknownValue],
    steps: &[Step],
    state: &State,
    awaits_code: bool,
) -> Vec<Dependence> {
    let is_stopped = is_stopped(state);
    let decides = |value: &&UnknownValue| match value.role {
        ValueRole::Whole => is_stopped || !value.is_same_value,
        // A code that is in the Secret before another one is mailed is not submitted.
        ValueRole::Code => !is_stopped && awaits_code && !steps.iter().any(mails_code),
    };
    let dependence = |UnknownValue { field, why, is_same_resource, .. }: &UnknownValue| Dependence {
        field: field.clone(),
        why: why.clone(),
        is_as_before: *is_same_resource,
    };
    unknown.iter().filter(decides).map(dependence).collect()
}

/// Whether a resource with these facts waits for a code.
pub(crate) fn awaits_code<T: Managed>(resource: &T) -> bool {
    let conditions = T::conditions(&resource.recorded_facts());
    conditions.iter().any(|condition| [Reason::CodeAwaited, Reason::CodeRejected].contains(&condition.reason))
}

/// Whether the provider mails a code after a call.
fn mails_code(step: &Step) -> bool {
    let Call::Pinghome(call) = &step.call else { return false };
    matches!(
        call,
        PinghomeCall::CreateChannel { .. } | PinghomeCall::UpdateChannel { .. } | PinghomeCall::ChangeUsername { .. }
    )
}
