//! What there is to say of a resource when no call is left. No IO.

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::plan::step::Change;

/// What is to be said of a resource when no step is left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// The provider equals the spec.
    Available,
    /// It differs, and the policies forbid to change that.
    Drifted(Vec<Change>),
    /// Something must happen first; looked at again at the time given, or when what is awaited changes.
    Waiting {
        /// One word.
        reason: Reason,
        /// One sentence.
        message: String,
        /// When to look again, if time can bring it on.
        until: Option<Timestamp>,
    },
    /// Only a person can bring it on.
    Stalled {
        /// One word.
        reason: Reason,
        /// One sentence that says what to do.
        message: String,
    },
    /// A guard holds a deletion.
    DeletionBlocked {
        /// One word.
        reason: Reason,
        /// One sentence that says what releases it.
        message: String,
    },
    /// Nothing of this resource is left outside: it may go.
    Gone,
}
