//! Whether an object is gone that a list does not show. No IO.

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::plan::state::State;

/// Whether an object is gone that a list does not show: only lists that agree for the read lag prove it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Absence {
    /// It is gone.
    Proven,
    /// This cannot be proven before this time.
    NotBefore(Timestamp),
    /// What was read proves no absence; the wait says why, and ends when it is read again.
    Doubtful {
        /// Why, in one sentence.
        message: String,
        /// When it is read again.
        until: Timestamp,
    },
}

impl Absence {
    /// The state to report until the absence is proven; `None` if it is. `reason` and `message` are of a wait for more lists.
    pub(crate) fn awaited(self, reason: Reason, message: impl Into<String>) -> Option<State> {
        match self {
            Self::Proven => None,
            Self::NotBefore(until) => Some(State::waiting(reason, message, until)),
            Self::Doubtful { message, until } => Some(State::waiting(Reason::ProviderUnavailable, message, until)),
        }
    }

    /// When to look again; `None` if the absence is proven.
    pub(crate) fn look_again_at(&self) -> Option<Timestamp> {
        match self {
            Self::Proven => None,
            Self::NotBefore(until) | Self::Doubtful { message: _, until } => Some(*until),
        }
    }
}
