//! Why a call was not made, or did not succeed.

use crate::provider::failure::Failure;

/// Why a call was not made, or did not succeed.
#[derive(Clone, Debug)]
pub(crate) enum CallError {
    /// It failed, or the circuit breaker is open.
    Failed(Failure),
    /// The operator is shutting down; nothing was sent.
    Closing,
    /// The config uses another token meanwhile, a user changed the resource, the token must be checked first, or the write-ahead is too
    /// old; nothing was sent. It is to be planned anew.
    Superseded,
    /// This operator may lose leadership before the call is over; nothing was sent.
    NotLeader,
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
