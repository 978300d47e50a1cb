//! What differs between a spec and the provider, as far as calls are made for it, and what came of the calls. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::reason::Reason;
use crate::plan::step::{Change, Step, Why};
use crate::provider::failure::{Class, Failure};

/// After so many calls of one generation for one difference no further call is made for it.
pub(crate) const MOST_TRIES: u32 = 3;
/// The pause after the first refusal; it is four times as long after each further one.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(4);
/// How often a deletion is tried that [`MOST_TRIES`] calls did not end: a deletion never gives up.
const SLOW_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// One difference between a spec and the provider.
#[derive(Clone, Debug)]
pub(crate) enum TriedDifference {
    /// The object is not there. The name under which it is created.
    Missing(String),
    /// A field has another value.
    Field {
        /// The field, and its values.
        change: Change,
        /// The mark under which the deletion guard counts the call: of several parts that are to go it says which one.
        mark: Option<String>,
    },
    /// The object, or a part of it, is there and should not be. The mark under which the deletion guard counts it.
    Surplus(String),
    /// A person has not got a notification, or an address no message.
    Unsent {
        /// The key of the step. Another reminder, code or request has another one.
        key: String,
        /// The field, and what was to be sent for it; with a person's address as the spec has it.
        subject: String,
    },
}

impl TriedDifference {
    /// What the step with this key is to send, to look up the calls for it.
    pub(crate) fn sent(key: &str) -> Self {
        Self::Unsent { key: key.to_owned(), subject: String::new() }
    }

    /// The differences that a step is to remove.
    pub(crate) fn of(step: &Step) -> Vec<Self> {
        match &step.why {
            Why::Create(creation) => vec![Self::Missing(creation.name.clone())],
            Why::Update(changes) => {
                let field = |change: &Change| Self::Field { change: change.clone(), mark: step.guard.clone() };
                changes.iter().map(field).collect()
            }
            Why::Delete => vec![Self::Surplus(step.guard.clone().unwrap_or_default())],
            Why::Notify(Change { field, old: _, new }) => {
                vec![Self::Unsent { key: step.key.clone().unwrap_or_default(), subject: format!("{field}: {new}") }]
            }
        }
    }

    /// What an earlier process reported of this notification, if `message` is of it, too.
    pub(crate) fn told_in(&self, message: &str) -> Option<String> {
        match self {
            Self::Unsent { key: _, subject } => Some(not_received(subject)).filter(|told| message.contains(told)),
            Self::Missing(_) | Self::Field { .. } | Self::Surplus(_) => None,
        }
    }

    /// Whether both are one difference. What is shown instead of the wanted value may be another text at each read.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Missing(name), Self::Missing(other)) => name == other,
            (Self::Field { change, mark }, Self::Field { change: other, mark: others }) => {
                (change.field, &change.new, mark) == (other.field, &other.new, others)
            }
            (Self::Surplus(mark), Self::Surplus(other)) => mark == other,
            (Self::Unsent { key, subject: _ }, Self::Unsent { key: other, subject: _ }) => key == other,
            (Self::Missing(_) | Self::Field { .. } | Self::Surplus(_) | Self::Unsent { .. }, _) => false,
        }
    }
}

/// What came of a call. A call that was surely not carried out, and may be repeated, is none of these.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum TryResult {
    /// It was accepted.
    Done,
    /// It was refused, by this failure.
    Refused(Failure),
    /// The answer was lost.
    Unknown,
}

/// The calls of one generation for one difference.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// What they were to remove.
    pub(crate) difference: TriedDifference,
    /// How many there were.
    pub(crate) tries: u32,
    /// When the last one ended.
    pub(crate) last: Timestamp,
    /// What came of the last one.
    pub(crate) result: TryResult,
}

impl Attempt {
    /// When the next call may be made; `None`: no further call is made for this generation. `is_deletion`: the resource is deleted.
    pub(crate) fn next_at(&self, is_deletion: bool) -> Option<Timestamp> {
        let pause = match (&self.result, self.tries >= MOST_TRIES) {
            (_, true) if is_deletion => SLOW_PAUSE,
            (_, true) => return None,
            (TryResult::Refused(_), false) => {
                FIRST_PAUSE.saturating_mul(1 << (2 * self.tries.saturating_sub(1)).min(16))
            }
            (TryResult::Done | TryResult::Unknown, false) => SignedDuration::ZERO,
        };
        Some(self.last.saturating_add(pause).unwrap_or(self.last))
    }

    /// Whether they were to create the object.
    pub(crate) fn is_create(&self) -> bool {
        matches!(self.difference, TriedDifference::Missing(_))
    }

    /// The reason to report while no call is made.
    pub(crate) fn reason(&self) -> Reason {
        match &self.result {
            // The list goes on showing what the call did not find.
            TryResult::Refused(failure) if failure.class == Class::Gone && self.tries >= MOST_TRIES => {
                Reason::NotConverging
            }
            TryResult::Refused(failure) => failure.reason(),
            TryResult::Done | TryResult::Unknown => Reason::NotConverging,
        }
    }

    /// What to report while no call is made.
    pub(crate) fn message(&self) -> String {
        let refused = |failure: &Failure| match &self.difference {
            TriedDifference::Unsent { key: _, subject } => format!("{subject}: {}", failure.message),
            TriedDifference::Missing(_) | TriedDifference::Field { .. } | TriedDifference::Surplus(_) => {
                failure.message.clone()
            }
        };
        match (&self.result, &self.difference) {
            (TryResult::Refused(failure), _) if self.tries < MOST_TRIES => refused(failure),
            (TryResult::Refused(failure), TriedDifference::Surplus(_)) => {
                format!("{}; it was refused {MOST_TRIES} times and is tried again every ten minutes", failure.message)
            }
            (
                TryResult::Refused(failure),
                TriedDifference::Missing(_) | TriedDifference::Field { .. } | TriedDifference::Unsent { .. },
            ) => format!(
                "{}; it was refused {MOST_TRIES} times and is tried again when the spec changes or a reconcile is requested",
                refused(failure)
            ),
            (TryResult::Done | TryResult::Unknown, TriedDifference::Missing(_)) => not_created(),
            (TryResult::Unknown, TriedDifference::Field { change: Change { field, old, new }, mark: _ }) => format!(
                "`{field}` was sent {MOST_TRIES} times, the answer to the last one is not known, and it is still '{old}' instead of '{new}': \
                 find out at the provider whether it arrived, then change the spec"
            ),
            (TryResult::Done, TriedDifference::Field { change: Change { field, old, new }, mark: _ }) => format!(
                "`{field}` was written {MOST_TRIES} times and accepted each time, and is still '{old}' instead of '{new}': find out who or \
                 what sets it back, then change the spec"
            ),
            (TryResult::Done | TryResult::Unknown, TriedDifference::Surplus(_)) => format!(
                "the deletion was sent {MOST_TRIES} times, and the provider still shows the object: delete it at the provider, or find out \
                 what keeps it there"
            ),
            (TryResult::Done | TryResult::Unknown, TriedDifference::Unsent { key: _, subject }) => {
                not_received(subject)
            }
        }
    }

    /// What to report while no read shows a repeated write yet.
    pub(crate) fn not_visible(&self) -> String {
        match &self.difference {
            TriedDifference::Missing(_) => "the object was created and accepted, but reads did not show it after the read lag; it was created again".to_owned(),
            TriedDifference::Field { change, mark: _ } => format!(
                "`{}` was written and accepted, but reads still showed the old value after the read lag; it was written again",
                change.field
            ),
            TriedDifference::Surplus(_) => "the object was deleted and accepted, but reads still showed it after the read lag; it was deleted again".to_owned(),
            TriedDifference::Unsent { key: _, subject } => {
                format!("{subject} was sent, but reads did not show it after the read lag; it was sent again")
            }
        }
    }
}

/// What to report of a notification that no list shows however often it is sent.
fn not_received(subject: &str) -> String {
    format!("{subject} was sent {MOST_TRIES} times, and no list shows it: ask whether it arrived, then change the spec")
}

/// What to report of an object that no list shows however often it is created.
pub(crate) fn not_created() -> String {
    format!(
        "the create was sent {MOST_TRIES} times, and no list shows the object: look for it at the provider and name it by the external-id \
         annotation, or change the spec; the annotation ping-operator.dev/retry-create with the nonce of the last create repeats it once"
    )
}
