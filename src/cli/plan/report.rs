//! What a plan says, as a value: objects, their changes and calls, and totals. No IO.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::api::reason::Reason;
use crate::cli::plan::simulate::SimulatedResource;
use crate::plan::simulation::is_predicted;
use crate::plan::state::State;
use crate::plan::step::{Change, Step, Why};
use crate::provider::request::Host;

/// The version of the form; it grows when something that is there changes its meaning.
const VERSION: u32 = 1;
/// What stands for an id that only the call before it tells.
const LATER: &str = "(known after apply)";
/// What stands for a value from a Secret.
const SECRET: &str = "(secret)";

/// The whole plan.
#[derive(Serialize)]
pub(crate) struct PlanReport {
    version: u32,
    pub(crate) objects: Vec<PlannedObject>,
    pub(crate) totals: Totals,
}

/// One resource.
#[derive(Serialize)]
pub(crate) struct PlannedObject {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) action: PlannedAction,
    pub(crate) changes: Vec<Difference>,
    pub(crate) calls: Vec<PlannedCall>,
    /// Why nothing can be planned, or what would stop it after these calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blocked: Option<Blocked>,
    #[serde(skip)]
    pub(crate) place: String,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PlannedAction {
    Create,
    Change,
    Delete,
    Recreate,
    Unchanged,
}

/// One field.
#[derive(Serialize)]
pub(crate) struct Difference {
    pub(crate) field: String,
    pub(crate) old: String,
    pub(crate) new: String,
}

/// One call, and why it is made.
#[derive(Serialize)]
pub(crate) struct PlannedCall {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Map<String, Value>,
    pub(crate) body: Value,
    pub(crate) reason: String,
}

/// What keeps a resource from becoming Ready.
#[derive(Serialize)]
pub(crate) struct Blocked {
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// How many there are of each.
#[derive(Default, Serialize)]
pub(crate) struct Totals {
    pub(crate) create: usize,
    pub(crate) change: usize,
    pub(crate) delete: usize,
    pub(crate) unchanged: usize,
    pub(crate) calls: usize,
    pub(crate) blocked: usize,
}

/// What must not be shown.
pub(crate) struct Mask(BTreeSet<String>);

impl Mask {
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        Self(secrets.filter(|secret| !secret.is_empty()).map(str::to_owned).collect())
    }

    /// A text, fit to be seen.
    fn text(&self, text: &str) -> String {
        if self.0.contains(text) {
            return SECRET.to_owned();
        }
        // A short one would be found in any word.
        let long = self.0.iter().filter(|secret| secret.len() > 5);
        let text = long.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), SECRET));
        let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words
            .map(|word| {
                let id = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                if is_predicted(id) { word.replace(id, LATER) } else { word.to_owned() }
            })
            .collect()
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, self.value(field))).collect(),
            other => other,
        }
    }
}

impl PlanReport {
    /// The report of all outcomes; `authority` tells the host and port of an outcome's call.
    pub(crate) fn of(
        outcomes: &[SimulatedResource],
        mask: &Mask,
        authority: impl Fn(&SimulatedResource, Host) -> String,
    ) -> Self {
        Self::counted(outcomes.iter().map(|outcome| object(outcome, mask, |host| authority(outcome, host))).collect())
    }

    /// The report of these objects.
    pub(crate) fn counted(objects: Vec<PlannedObject>) -> Self {
        let mut totals = Totals::default();
        for object in &objects {
            totals.calls += object.calls.len();
            totals.blocked += usize::from(object.blocked.is_some());
            match object.action {
                PlannedAction::Create => totals.create += 1,
                PlannedAction::Change => totals.change += 1,
                PlannedAction::Delete => totals.delete += 1,
                PlannedAction::Recreate => (totals.create, totals.delete) = (totals.create + 1, totals.delete + 1),
                PlannedAction::Unchanged => totals.unchanged += usize::from(object.blocked.is_none()),
            }
        }
        Self { version: VERSION, objects, totals }
    }
}

fn object(outcome: &SimulatedResource, mask: &Mask, authority: impl Fn(Host) -> String) -> PlannedObject {
    let changes = outcome.steps.iter().flat_map(|step| match &step.why {
        Why::Update(changes) => changes.clone(),
        Why::Notify(change) => vec![change.clone()],
        Why::Create(_) | Why::Delete => Vec::new(),
    });
    let shown = |Change { field, old, new }: Change| Difference {
        field: field.to_owned(),
        old: mask.text(&old),
        new: mask.text(&new),
    };
    let blocked = match &outcome.state {
        State::Stalled { reason, message } | State::DeletionBlocked { reason, message } => {
            Some(Blocked { reason: *reason, message: mask.text(message) })
        }
        _ => None,
    };
    PlannedObject {
        kind: outcome.kind.clone(),
        namespace: outcome.name.0.clone(),
        name: outcome.name.1.clone(),
        action: action(outcome),
        changes: changes.map(shown).collect(),
        calls: outcome.steps.iter().map(|step| request(step, mask, &authority)).collect(),
        blocked,
        place: outcome.place.to_string(),
    }
}

fn action(outcome: &SimulatedResource) -> PlannedAction {
    let has = |wanted: fn(&Why) -> bool| outcome.steps.iter().any(|step| wanted(&step.why));
    let (creates, deletes) = (has(|why| matches!(why, Why::Create(_))), has(|why| matches!(why, Why::Delete)));
    match (outcome.steps.is_empty(), outcome.is_deleted, creates, deletes) {
        (true, ..) => PlannedAction::Unchanged,
        (_, true, ..) => PlannedAction::Delete,
        (_, _, true, true) => PlannedAction::Recreate,
        (_, _, true, false) => PlannedAction::Create,
        _ => PlannedAction::Change,
    }
}

fn request(step: &Step, mask: &Mask, authority: impl Fn(Host) -> String) -> PlannedCall {
    let request = step.call.request();
    let reason = match &step.why {
        Why::Create(_) => "there is none yet".to_owned(),
        Why::Delete => "it is to go".to_owned(),
        Why::Notify(change) => format!("reaches a person: {change}"),
        Why::Update(changes) => changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    };
    PlannedCall {
        method: request.method.as_str().to_owned(),
        host: authority(request.host),
        path: mask.text(&request.path),
        query: request.query.iter().map(|(name, value)| ((*name).to_owned(), mask.text(value).into())).collect(),
        body: mask.value(request.body.unwrap_or_default()),
        reason: mask.text(&format!("{}: {reason}", step.call.operation())),
    }
}
