//! What is seen of a Lease that somebody else may hold: how long it has not changed, by the clock of this process.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use kube::ResourceExt;

use crate::plan::serving::OtherLease;

/// How long after a renewal no other process takes over; longer than the timeout of a write to a provider.
pub(crate) const LEASE_DURATION: Duration = Duration::from_secs(15);

/// However long a Lease says that it counts: a holder that does not renew it for this time is gone.
const LONGEST: Duration = Duration::from_mins(5);

/// The version of a Lease that was seen last, and when its first answer had come.
pub(crate) struct SeenLease {
    version: Option<String>,
    since: Instant,
}

impl SeenLease {
    /// Nothing is seen yet.
    pub(crate) fn nothing() -> Self {
        Self { version: None, since: Instant::now() }
    }

    /// What a copy says that was just read by a request that was sent at `asked`. The answer may have taken as long as a Lease lasts, and
    /// proves nothing of that time.
    pub(crate) fn see(&mut self, lease: &Lease, asked: Instant) -> OtherLease {
        if lease.resource_version() != self.version {
            *self = Self { version: lease.resource_version(), since: Instant::now() };
        }
        let spec = lease.spec.as_ref();
        if spec.and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default().is_empty() {
            return OtherLease::Released;
        }
        let seconds = spec.and_then(|spec| spec.lease_duration_seconds).and_then(|seconds| u64::try_from(seconds).ok());
        // A holder relies on its Lease for this time at least, whatever a person wrote; and nobody waits for hours.
        let lasts = seconds.map_or(LEASE_DURATION, Duration::from_secs).clamp(LEASE_DURATION, LONGEST);
        OtherLease::Held { unchanged_for: asked.saturating_duration_since(self.since), lasts }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lease(version: &str, holder: &str, seconds: i32) -> Lease {
        let spec = json!({"holderIdentity": holder, "leaseDurationSeconds": seconds});
        serde_json::from_value(json!({"metadata": {"name": "a", "resourceVersion": version}, "spec": spec})).unwrap()
    }

    #[test]
    fn a_lease_that_changes_is_fresh_and_one_without_a_holder_is_released() {
        let mut seen = SeenLease::nothing();
        seen.since = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
        let OtherLease::Held { unchanged_for, lasts } = seen.see(&lease("1", "x", 30), Instant::now()) else {
            panic!("held")
        };
        assert!(unchanged_for < Duration::from_secs(1) && lasts == Duration::from_secs(30));
        seen.since = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
        let OtherLease::Held { unchanged_for, .. } = seen.see(&lease("1", "x", 30), Instant::now()) else {
            panic!("held")
        };
        assert!(unchanged_for >= Duration::from_mins(1));
        assert_eq!(seen.see(&lease("2", "", 30), Instant::now()), OtherLease::Released);
        for (says, expected) in [(-1, 15), (0, 15), (1, 15), (15, 15), (45, 45), (i32::MAX, 300)] {
            let OtherLease::Held { lasts, .. } = seen.see(&lease("2", "x", says), Instant::now()) else {
                panic!("held")
            };
            assert_eq!(lasts, Duration::from_secs(expected), "{says}");
        }
    }

    #[test]
    fn a_slow_answer_does_not_make_a_lease_older() {
        let (mut seen, now) = (SeenLease::nothing(), Instant::now());
        let ago = |seconds| now.checked_sub(Duration::from_secs(seconds)).unwrap();
        seen.see(&lease("1", "x", 15), ago(20));
        // The first answer came 16 s ago, and the second one, which has just come, was asked for a second later.
        seen.since = ago(16);
        let second = seen.see(&lease("1", "x", 15), ago(15));
        assert_eq!(second, OtherLease::Held { unchanged_for: Duration::from_secs(1), lasts: LEASE_DURATION });
        // The answer to an older request comes last.
        let older = seen.see(&lease("1", "x", 15), ago(19));
        assert_eq!(older, OtherLease::Held { unchanged_for: Duration::ZERO, lasts: LEASE_DURATION });
        assert!(!seen.see(&lease("1", "x", 15), now).may_be_alive());
    }
}
