//! A plan as data: resources, their changes and calls, and totals. No IO.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::cli::plan::accounts::UnusableConfig;
use crate::cli::plan::mask::Mask;
use crate::cli::plan::moves::Move;
use crate::cli::plan::participant::SimulatedResource;
use crate::cli::plan::unknown::Dependence;
use crate::plan::approval::effect::whole_hash;
use crate::plan::simulation::approvals::PlannedApproval;
use crate::plan::state::State;
use crate::plan::step::{Change, Step, Why};
use crate::plan::words::words;
use crate::provider::call::weight::Weight;
use crate::provider::request::Host;

/// The version of the JSON format. It grows when a field changes its meaning.
const VERSION: u32 = 1;

/// A whole plan.
#[derive(Serialize)]
pub(crate) struct PlanReport {
    version: u32,
    /// The hash of all plans together that have calls which may need an approval.
    pub(crate) hash: String,
    /// In the order in which they would be reconciled.
    pub(crate) objects: Vec<PlannedObject>,
    /// Resources that have another name now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) moves: Vec<Move>,
    /// The numbers of all objects.
    pub(crate) totals: Totals,
    /// The configs with which nothing can be read.
    #[serde(skip)]
    pub(crate) unusable: BTreeMap<ResourceKey, UnusableConfig>,
}

/// One resource.
#[derive(Serialize)]
pub(crate) struct PlannedObject {
    /// The kind.
    pub(crate) kind: String,
    /// `metadata.namespace`, or the default namespace.
    pub(crate) namespace: String,
    /// `metadata.name`.
    pub(crate) name: String,
    /// What happens to the external object.
    pub(crate) action: PlannedAction,
    /// Fields that change.
    pub(crate) changes: Vec<Difference>,
    /// Calls that write, in their order.
    pub(crate) calls: Vec<PlannedCall>,
    /// What waits for an approval.
    #[serde(flatten)]
    pub(crate) approval: PlannedApproval,
    /// What depends on values that the manifests do not show. What is done for it is known when the manifests are applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) unknown: Vec<UnknownField>,
    /// Why the resource would not become Ready, even after these calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blocked: Option<Blocked>,
    /// Whether nothing says that the object belongs to the resource: it bears the name, and no other manifest claims it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) presumed: bool,
    /// Whether the resource is deleted.
    #[serde(skip)]
    pub(crate) is_deleted: bool,
    /// Where the manifest is written.
    #[serde(skip)]
    pub(crate) place: String,
    /// The config that it uses.
    #[serde(skip)]
    pub(crate) config: ResourceKey,
}

/// A field whose value the manifests do not show.
#[derive(Serialize)]
pub(crate) struct UnknownField {
    /// The field of the spec.
    pub(crate) field: String,
    /// Why its value is not known.
    pub(crate) message: String,
}

/// What happens to an external object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PlannedAction {
    /// It is created.
    Create,
    /// Fields of it change.
    Change,
    /// It is deleted.
    Delete,
    /// It is deleted, and another one is created.
    Recreate,
    /// No call is made.
    Unchanged,
    /// Whether calls are made depends on a value that the manifests do not show.
    Unknown,
}

/// A field that changes.
#[derive(Serialize)]
pub(crate) struct Difference {
    /// The name of the field.
    pub(crate) field: String,
    /// The observed value.
    pub(crate) old: String,
    /// The wanted value.
    pub(crate) new: String,
}

/// One call, and what it does.
#[derive(Serialize)]
pub(crate) struct PlannedCall {
    /// The HTTP method.
    pub(crate) method: String,
    /// The host, with the port if it is not the default one.
    pub(crate) host: String,
    /// The path.
    pub(crate) path: String,
    /// The query parameters.
    pub(crate) query: Map<String, Value>,
    /// The JSON body; `null` if there is none.
    pub(crate) body: Value,
    /// What it does, in words.
    pub(crate) reason: String,
    /// Whether a person hears of it, or something is deleted.
    pub(crate) weight: Weight,
}

/// What keeps a resource from becoming Ready.
#[derive(Serialize)]
pub(crate) struct Blocked {
    /// The reason that its condition would have.
    pub(crate) reason: Reason,
    /// The message that its condition would have.
    pub(crate) message: String,
}

/// The numbers of a plan. An object that is recreated counts as created and as deleted.
#[derive(Default, Serialize)]
pub(crate) struct Totals {
    /// Objects to create.
    pub(crate) create: usize,
    /// Objects to change.
    pub(crate) change: usize,
    /// Objects to delete.
    pub(crate) delete: usize,
    /// Objects without a call that are not blocked.
    pub(crate) unchanged: usize,
    /// Calls of all objects.
    pub(crate) calls: usize,
    /// Objects that would not become Ready.
    pub(crate) blocked: usize,
    /// Objects of which nothing changes, and that were not looked at.
    #[serde(rename = "notLookedAt")]
    pub(crate) not_looked_at: usize,
    /// Objects of which something is known only when the manifests are applied. Their calls that are not known do not count.
    pub(crate) unknown: usize,
    /// Objects whose calls wait for an approval.
    #[serde(rename = "needsApproval")]
    pub(crate) needs_approval: usize,
}

impl PlanReport {
    /// The report of all simulated resources; `authority` returns the host and port of a call.
    pub(crate) fn of(
        outcomes: &[SimulatedResource],
        mask: &Mask,
        authority: impl Fn(&SimulatedResource, Host) -> String,
    ) -> Self {
        Self::counted(outcomes.iter().map(|outcome| object(outcome, mask, |host| authority(outcome, host))).collect())
    }

    /// The report of these objects with their totals.
    pub(crate) fn counted(objects: Vec<PlannedObject>) -> Self {
        let mut totals = Totals::default();
        for object in &objects {
            totals.calls += object.calls.len();
            totals.blocked += usize::from(object.blocked.is_some());
            totals.needs_approval += usize::from(object.approval.needs_approval);
            totals.unknown += usize::from(!object.unknown.is_empty() && object.action != PlannedAction::Unchanged);
            match object.action {
                PlannedAction::Create => totals.create += 1,
                PlannedAction::Change => totals.change += 1,
                PlannedAction::Delete => totals.delete += 1,
                PlannedAction::Recreate => (totals.create, totals.delete) = (totals.create + 1, totals.delete + 1),
                PlannedAction::Unchanged => totals.unchanged += usize::from(object.blocked.is_none()),
                PlannedAction::Unknown => {}
            }
        }
        let plans = objects.iter().map(|object| &object.approval).filter(|approval| approval.has_calls);
        let hash = whole_hash(plans.map(|approval| approval.hash.as_str()));
        Self { version: VERSION, hash, moves: Vec::new(), objects, totals, unusable: BTreeMap::new() }
    }
}

fn object(outcome: &SimulatedResource, mask: &Mask, authority: impl Fn(Host) -> String) -> PlannedObject {
    let changes = outcome.steps.iter().flat_map(|step| match &step.why {
        Why::Update(changes) => changes.clone(),
        Why::Notify(change) => vec![change.clone()],
        Why::Create(_) | Why::Delete => Vec::new(),
    });
    let masked = |Change { field, old, new }: Change| Difference {
        field: field.to_owned(),
        old: mask.text(&old),
        new: mask.text(&new),
    };
    let unknown = outcome.unknown.iter().map(|Dependence { field, why, is_as_before: _ }| UnknownField {
        field: field.clone(),
        message: mask.text(&if outcome.is_deleted {
            format!("{why}, and which object is deleted depends on it")
        } else {
            why.clone()
        }),
    });
    PlannedObject {
        kind: outcome.key.kind.to_string(),
        namespace: outcome.key.namespace.clone(),
        name: outcome.key.name.clone(),
        action: action(outcome),
        changes: changes.map(masked).collect(),
        calls: outcome.steps.iter().map(|step| request(step, outcome, mask, &authority)).collect(),
        approval: outcome.approval.clone(),
        unknown: unknown.collect(),
        blocked: blocked(outcome, mask),
        presumed: outcome.is_presumed,
        is_deleted: outcome.is_deleted,
        place: outcome.place.to_string(),
        config: outcome.config.clone(),
    }
}

/// What keeps a resource from becoming Ready; that a value is not known does not.
fn blocked(outcome: &SimulatedResource, mask: &Mask) -> Option<Blocked> {
    match &outcome.state {
        State::DeletionBlocked { .. } if !outcome.unknown.is_empty() => None,
        State::Stalled { reason, message } | State::DeletionBlocked { reason, message } => {
            Some(Blocked { reason: *reason, message: mask.text(message) })
        }
        State::Waiting { reason, message, until: _ } if is_stuck(outcome, *reason) => {
            Some(Blocked { reason: *reason, message: mask.text(message) })
        }
        State::Available | State::Drifted(_) | State::Waiting { .. } | State::Gone => None,
    }
}

/// Whether a resource that waits, and for which nothing is done, waits for more than a person, a provider who takes time, or a value.
fn is_stuck(outcome: &SimulatedResource, reason: Reason) -> bool {
    let takes_time = matches!(reason, Reason::VerificationRequired | Reason::AwaitingRemoval | Reason::CodeAwaited);
    outcome.steps.is_empty() && outcome.unknown.is_empty() && !takes_time
}

fn action(outcome: &SimulatedResource) -> PlannedAction {
    let has = |wanted: fn(&Why) -> bool| outcome.steps.iter().any(|step| wanted(&step.why));
    let (creates, deletes) = (has(|why| matches!(why, Why::Create(_))), has(|why| matches!(why, Why::Delete)));
    match (outcome.steps.is_empty(), outcome.is_deleted, creates, deletes) {
        (true, ..) if outcome.unknown.iter().any(|unknown| !unknown.is_as_before) => PlannedAction::Unknown,
        (true, ..) => PlannedAction::Unchanged,
        (_, true, ..) => PlannedAction::Delete,
        (_, _, true, true) => PlannedAction::Recreate,
        (_, _, true, false) => PlannedAction::Create,
        _ => PlannedAction::Change,
    }
}

fn request(step: &Step, outcome: &SimulatedResource, mask: &Mask, authority: impl Fn(Host) -> String) -> PlannedCall {
    let request = step.call.request();
    let text = words(step, &outcome.key, outcome.is_deleted);
    PlannedCall {
        method: request.method.as_str().to_owned(),
        host: authority(request.host),
        path: mask.text(&request.path),
        query: request.query.iter().map(|(name, value)| ((*name).to_owned(), mask.text(value).into())).collect(),
        body: mask.value(request.body.unwrap_or_default()),
        reason: mask.text(&text),
        weight: step.call.weight(),
    }
}
