//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// How long a condition may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until `holds`.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
