//! One call of a plan, and why it is made. No IO.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use crate::api::annotations::{CreateTries, Intent};
use crate::provider::call::Call;

/// One field's difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Change {
    /// The field of the spec.
    pub(crate) field: &'static str,
    /// What the provider has; never a secret.
    pub(crate) old: String,
    /// What is wanted; never a secret.
    pub(crate) new: String,
}

impl Change {
    /// The difference of one field, from `old` to `new`.
    pub(crate) fn of<V: ToString + ?Sized, W: ToString + ?Sized>(field: &'static str, old: &V, new: &W) -> Self {
        Self { field, old: printable(&old.to_string()), new: printable(&new.to_string()) }
    }

    /// The object is not there and should be.
    pub(crate) fn missing() -> Self {
        Self::of("(object)", "(none)", "present")
    }

    /// The object is there and should not be.
    pub(crate) fn removal() -> Self {
        Self::of("(object)", "present", "(none)")
    }
}

/// A text from outside as a condition, an event or a plan may show it: without control characters.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.field, self.old, self.new)
    }
}

/// What is created, as far as it must be known to find it again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Creation {
    /// Ids of other objects that have the name already.
    pub(crate) ids: BTreeSet<String>,
    /// The name, or a channel's fingerprint.
    pub(crate) name: String,
    /// The team in which a service is created.
    pub(crate) team: Option<String>,
}

impl Creation {
    /// The record that is written before the call, of a resource of which this id is known. It does not name its place yet.
    pub(crate) fn record(&self, nonce: String, time: Timestamp, tries: CreateTries, known_id: Option<&str>) -> Intent {
        let Self { ids, name, team } = self.clone();
        Intent {
            nonce,
            time,
            ids,
            replaces: known_id.map(str::to_owned),
            name: Some(name),
            team,
            cluster: None,
            account: None,
            resource: None,
            refused: false,
            other_id: None,
            tries: Some(tries),
        }
    }
}

/// Why a call is made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Why {
    /// There is no such object.
    Create(Creation),
    /// The object differs.
    Update(Vec<Change>),
    /// The object, or a part of it, must go.
    Delete,
    /// The call notifies a person: it is written ahead to status, and made at most once for the step's key.
    Notify(Change),
}

/// One call of a plan.
#[derive(Clone)]
pub(crate) struct Step {
    /// The call.
    pub(crate) call: Call,
    /// Why it is made.
    pub(crate) why: Why,
    /// What must be locked while the call is planned and made: a name that is created, or a list of positions.
    pub(crate) lock: Option<String>,
    /// Under which mark, added to the resource's uid, the deletion guard counts it; absent: it is not counted.
    pub(crate) guard: Option<String>,
    /// The key under which the result of the call is remembered. A refusal is then no failure: the plan deals with it.
    pub(crate) key: Option<String>,
    /// The call is made only if no other resource wants one of these subjects by now: the API server is asked before.
    pub(crate) unless_wanted: Vec<String>,
    /// When `status` recorded that the call is about to be made, of a call that is recorded there first.
    pub(crate) recorded_at: Option<Timestamp>,
    /// What is so as long as the call is not made, where the difference does not say it; for a mode that does not make it. A deletion
    /// says here what it leaves.
    pub(crate) remark: Option<String>,
    /// What an approval of the call names besides what the call says itself.
    pub(crate) detail: Option<String>,
}

impl Step {
    /// A step.
    pub(crate) fn new(call: impl Into<Call>, why: Why) -> Self {
        let (lock, guard, key, recorded_at, remark, detail) = (None, None, None, None, None, None);
        Self { call: call.into(), why, lock, guard, key, unless_wanted: Vec::new(), recorded_at, remark, detail }
    }

    /// A step that removes differences.
    pub(crate) fn update(call: impl Into<Call>, changes: Vec<Change>) -> Self {
        Self::new(call, Why::Update(changes))
    }

    /// A step that notifies a person.
    pub(crate) fn notify(call: impl Into<Call>, key: String, change: Change) -> Self {
        Self::new(call, Why::Notify(change)).remembered(key)
    }

    /// Whether the call notifies a person.
    pub(crate) fn is_notification(&self) -> bool {
        matches!(self.why, Why::Notify(_))
    }

    /// Whether the call is written ahead to `status`, so that it is not sent again before a list can show what came of it.
    pub(crate) fn is_written_ahead(&self) -> bool {
        let is_remembered_once = self.key.is_some() && self.call.is_once();
        self.is_notification() || (matches!(self.why, Why::Update(_)) && is_remembered_once)
    }

    /// The same step, under a lock.
    #[must_use]
    pub(crate) fn under(self, lock: impl Into<String>) -> Self {
        Self { lock: Some(lock.into()), ..self }
    }

    /// The same step; its result is remembered under this key.
    #[must_use]
    pub(crate) fn remembered(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The same step, which is taken only if no other resource wants one of these subjects by now.
    #[must_use]
    pub(crate) fn unless_wanted(self, subjects: Vec<String>) -> Self {
        Self { unless_wanted: subjects, ..self }
    }

    /// The same step, about which `status` says since this time that it is about to be made.
    #[must_use]
    pub(crate) fn recorded_at(self, recorded_at: Option<Timestamp>) -> Self {
        Self { recorded_at, ..self }
    }

    /// The same step, with what is so as long as it is not made.
    #[must_use]
    pub(crate) fn remarking(self, remark: String) -> Self {
        Self { remark: Some(remark), ..self }
    }

    /// The same step, of which an approval names this, too.
    #[must_use]
    pub(crate) fn detailed(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// The same step, counted by the deletion guard.
    #[must_use]
    pub(crate) fn counted(self, mark: impl Into<String>) -> Self {
        Self { guard: Some(mark.into()), ..self }
    }
}
