//! What a candidate tells in the log of trouble with its Lease.

use crate::operator::kubernetes::lease::Candidate;
use crate::operator::kubernetes::lease::hold::LeaseHold;
use crate::operator::trouble::ApiTrouble;
use crate::plan::outcome::ApiServerTrouble;

impl Candidate {
    /// From now on this process works without a Lease: it may not write it.
    pub(super) fn go_without(&self, trouble: &ApiTrouble) {
        tracing::warn!(
            lease = self.lease(),
            error = trouble.report().message,
            "the Lease cannot be written: another operator on the same configs does not see this one"
        );
        self.state.lock().lease = LeaseHold::WithoutLease;
    }

    /// Tells in the log that there is no answer, a few times a minute at most.
    pub(super) fn warn_of_silence(&self) {
        if let Some(times) = self.warnings.due(&()) {
            tracing::warn!(times, "the API server does not answer about the Lease; the operator tries again");
        }
    }

    /// Names the trouble in the log, a few times a minute at most.
    pub(super) fn warn(&self, trouble: &ApiTrouble) {
        let ApiServerTrouble { reason, message } = trouble.report();
        if let Some(times) = self.warnings.due(&()) {
            tracing::warn!(%reason, times, "the Lease cannot be read or written: {message}");
        }
    }
}
