//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// How long a condition may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long the API server's own controllers may take to end a namespace, for which they make a hundred requests.
#[allow(dead_code, reason = "the bench ends none")]
pub(crate) const NAMESPACE_ENDS: Duration = Duration::from_mins(5);

/// Waits until `holds`.
pub(crate) async fn until(what: &str, holds: impl AsyncFnMut() -> bool) {
    within(PATIENCE, what, holds).await;
}

/// Waits until `holds`, for so long at most.
pub(crate) async fn within(limit: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
