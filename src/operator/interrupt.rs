//! Why a reconcile ends before its plan is empty.

use crate::connection::error::CallError;
use crate::operator::trouble::ApiTrouble;
use crate::plan::state::State;
use crate::provider::failure::Failure;

/// Why a reconcile ends before its plan is empty.
pub(crate) enum Interrupt {
    /// It ends in a state that is reported in status.
    State(State),
    /// A call to the provider failed.
    Failed(Failure),
    /// The external object cannot be deleted any more, and is kept; why.
    Orphan(&'static str),
    /// The operator is shutting down.
    Closing,
    /// What was planned is stale, or cannot be sent now. It is planned anew a second later at the latest, or at once if the watch
    /// delivers a change. Nothing is reported.
    Later,
    /// A request to the API server failed.
    ApiServer(ApiTrouble),
}

impl From<CallError> for Interrupt {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Failed(failure) => Self::Failed(failure),
            CallError::Closing => Self::Closing,
            CallError::NotLeader | CallError::Superseded => Self::Later,
        }
    }
}

impl From<State> for Interrupt {
    fn from(state: State) -> Self {
        Self::State(state)
    }
}

impl From<ApiTrouble> for Interrupt {
    fn from(trouble: ApiTrouble) -> Self {
        Self::ApiServer(trouble)
    }
}
