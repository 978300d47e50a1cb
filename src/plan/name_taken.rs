//! What is told of a name that another object bears. No IO.

use crate::api::reason::Reason;
use crate::plan::context::PlanContext;
use crate::plan::state::State;

/// The state of a resource whose name objects with these ids bear, whether or not resources claim them. `label` is what messages call
/// such an object.
pub(crate) fn name_taken(context: &PlanContext, label: &str, name: &str, ids: &[&str]) -> State {
    let bearer = |id: &&str| match (context.claimed_by)(id) {
        Some(claimant) => format!("{id}, which the resource '{}' claims", claimant.name),
        None => (*id).to_owned(),
    };
    let ids: Vec<_> = ids.iter().map(bearer).collect();
    let message = format!(
        "the name '{name}' is borne by a {label} already ({}): adopt it by the annotation ping-operator.dev/external-id (one that a \
         resource claims, after that resource is deleted with allow-deletion 'orphan'), set adoptionPolicy, or choose another name",
        ids.join("; ")
    );
    State::stalled(Reason::NameTaken, message)
}
