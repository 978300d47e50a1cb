//! Why a reconcile ends before its plan is empty.

use crate::connection::error::CallError;
use crate::plan::State;
use crate::provider::failure::Failure;

/// Why a visit ends before its plan is empty.
pub(crate) enum Interrupt {
    /// There is something to be said.
    State(State),
    /// A call failed.
    Failed(Failure),
    /// The external object can never be dealt with; why.
    Orphan(&'static str),
    /// The operator is ending.
    Closing,
    /// Nothing can be done in this moment, and nothing is to be said of it: the next one tells.
    Later,
    /// The resource was changed or deleted meanwhile: the next visit begins with what it is now.
    Superseded,
    /// The API server did not do what was asked.
    Kubernetes(kube::Error),
}

impl From<CallError> for Interrupt {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed(failure) => Self::Failed(failure),
            CallError::Closing => Self::Closing,
            CallError::NotLeader => Self::Later,
        }
    }
}

impl From<State> for Interrupt {
    fn from(state: State) -> Self {
        Self::State(state)
    }
}

impl From<kube::Error> for Interrupt {
    fn from(error: kube::Error) -> Self {
        Self::Kubernetes(error)
    }
}
