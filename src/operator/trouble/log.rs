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
    /// means for the operator. Returns what status is to tell; `None`: another write came first, which is no trouble.
    pub(crate) fn tell(&self, trouble: &ApiTrouble, warning: &impl Hash, what: &str) -> Option<ApiServerTrouble> {
        let told = trouble.report();
        let ApiServerTrouble { reason, message } = &told;
        if trouble.is_overtaken() {
            tracing::debug!(error = message, "another write came first");
            return None;
        }
        (self.count)(trouble);
        if let Some(times) = self.warnings.due(&(warning, reason)) {
            let Asked { verb, group: _, resource, namespace } = trouble.asked.as_ref();
            tracing::warn!(verb = verb.as_str(), resource, namespace, %reason, times, "{what}: {message}");
        }
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use kube::core::Status;
    use serde_json::json;

    use super::*;
    use crate::api::team::Team;
    use crate::operator::trouble::asked::Verb;

    #[test]
    fn a_write_that_another_one_overtook_is_no_trouble() {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let log = TroubleLog::new(Box::new(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        }));
        for (verb, code, is_trouble) in [
            (Verb::Patch, 409, false),
            (Verb::Patch, 404, false),
            (Verb::Create, 409, false),
            (Verb::Create, 404, true),
            (Verb::List, 404, true),
            (Verb::Patch, 403, true),
            (Verb::Patch, 500, true),
        ] {
            let error = kube::Error::Api(Box::new(Status::failure("x", "y").with_code(code)));
            let before = count.load(Ordering::Relaxed);
            let told = log.tell(&ApiTrouble::new(Asked::to::<Team>(verb, "n").status(), error), &"w", "x");
            assert_eq!(count.load(Ordering::Relaxed) > before, is_trouble, "{verb:?} {code}");
            assert_eq!(told.is_some(), is_trouble, "{verb:?} {code}");
        }
    }

    #[test]
    fn a_namespace_that_is_being_deleted_takes_nothing_new_which_is_no_trouble() {
        let log = TroubleLog::new(Box::new(|_| {}));
        for (cause, is_trouble) in [("NamespaceTerminating", false), ("Other", true)] {
            let status = json!({
                "status": "Failure", "code": 403, "reason": "Forbidden", "message": "x",
                "details": {"causes": [{"reason": cause, "message": "x", "field": "metadata.namespace"}]},
            });
            let error = kube::Error::Api(Box::new(serde_json::from_value::<Status>(status).unwrap()));
            let told = log.tell(&ApiTrouble::new(Asked::to::<Team>(Verb::Create, "n"), error), &"w", "x");
            assert_eq!(told.is_some(), is_trouble, "{cause}");
        }
    }
}
