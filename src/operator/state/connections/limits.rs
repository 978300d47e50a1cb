//! How fast an account may be called, and how long its reads may miss a write, as one config asks for it or several together.

use jiff::SignedDuration;

use crate::api::provider_config::settings::Settings;

/// What a config asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// `rateLimit.requestsPerSecond`.
    pub(crate) requests_per_second: f64,
    /// `rateLimit.burst`.
    pub(crate) burst: f64,
    /// `readLagSeconds`.
    pub(crate) read_lag: SignedDuration,
}

impl Limits {
    /// What these settings ask for.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            requests_per_second: settings.rate_limit.requests_per_second.into(),
            burst: settings.rate_limit.burst.into(),
            read_lag: SignedDuration::from_secs(settings.read_lag_seconds.into()),
        }
    }

    /// What satisfies both.
    pub(crate) fn strictest(self, other: Self) -> Self {
        Self {
            requests_per_second: self.requests_per_second.min(other.requests_per_second),
            burst: self.burst.min(other.burst),
            read_lag: self.read_lag.max(other.read_lag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_rate_and_the_greatest_lag_count() {
        let limits = |rate: f64, burst: f64, lag| Limits {
            requests_per_second: rate,
            burst,
            read_lag: SignedDuration::from_secs(lag),
        };
        assert_eq!(limits(1.0, 10.0, 5).strictest(limits(3.0, 2.0, 120)), limits(1.0, 2.0, 120));
    }
}
