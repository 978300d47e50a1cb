//! Why a call was not made, or did not succeed.

use crate::provider::failure::Failure;

/// Why a call was not made, or did not succeed.
#[derive(Clone, Debug)]
pub(crate) enum CallError {
    /// It failed.
    Failed(Failure),
    /// The operator is ending; nothing was sent.
    Closing,
    /// Whether this operator still leads when the call is over is not certain; nothing was sent.
    NotLeader,
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
