//! Failed requests to the API server in the log, and as a metric.

use std::hash::Hash;

use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::Asked;
use crate::operator::trouble::warnings::Warnings;
use crate::plan::outcome::ApiServerTrouble;

/// Counts a failed request.
pub(crate) type Count = Box<dyn Fn(&ApiTrouble) + Send + Sync>;

/// Writes failed requests to the log, repeats summed.
pub(crate) struct TroubleLog {
    /// What was written to the log.
    pub(crate) warnings: Warnings,
    count: Count,
}

impl TroubleLog {
    /// Nothing failed yet.
    pub(crate) fn new(count: Count) -> Self {
        Self { warnings: Warnings::default(), count }
    }

    /// A request failed: it is counted, and written to the log if the same `warning` was not written a short while ago. `what`: what it
    /// means for the operator.
    pub(crate) fn tell(&self, trouble: &ApiTrouble, warning: &impl Hash, what: &str) {
        (self.count)(trouble);
        let ApiServerTrouble { reason, message } = trouble.report();
        if let Some(times) = self.warnings.due(&(warning, reason)) {
            let Asked { verb, group: _, resource, namespace } = trouble.asked.as_ref();
            tracing::warn!(verb = verb.as_str(), resource, namespace, %reason, times, "{what}: {message}");
        }
    }
}
