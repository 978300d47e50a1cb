//! Why a call was not made, or did not succeed.

use crate::provider::failure::Failure;

/// Why a call was not made, or did not succeed.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// It failed.
    Failed(Failure),
    /// The operator is ending; nothing was sent.
    Closing,
    /// Whether this operator still leads when the call is over is not certain; nothing was sent.
    Unled,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
