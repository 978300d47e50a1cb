//! Histograms of seconds.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// A histogram for each set of labels.
pub(crate) type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

/// A histogram for each set of labels, with buckets from a millisecond to half a minute.
pub(crate) fn timed<L: Clone + Eq + std::hash::Hash>() -> Timed<L> {
    Family::new_with_constructor(seconds)
}

fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}
