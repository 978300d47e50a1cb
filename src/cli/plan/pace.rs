//! How a plan reads: how fast, for how long, and what it does when a provider asks for fewer calls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use crate::api::provider_config::settings::RateLimit;
use crate::cli::plan::progress::{Progress, shown};
use crate::connection::rate_limiter::SLOWEST;

/// How the accounts of a plan are read.
#[derive(Clone)]
pub(crate) struct Pace {
    /// Calls a second; `None`: half of what the config allows.
    rate: Option<f64>,
    /// How long all reads may take.
    timeout: Duration,
    /// When they must be done.
    deadline: Instant,
    /// What is told meanwhile.
    pub(crate) progress: Arc<Progress>,
}

impl Pace {
    /// The pace of `--rate` and `--timeout`, from now on.
    pub(crate) fn begin(rate: Option<f64>, timeout: Duration, progress: Progress) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or(now);
        Self { rate, timeout, deadline, progress: Arc::new(progress) }
    }

    /// How many calls a second, and how many at once, of what a config allows: the operator needs the other half.
    pub(crate) fn limits(&self, allowed: RateLimit) -> (f64, f64) {
        let (per_second, burst) = (f64::from(allowed.requests_per_second) / 2.0, f64::from(allowed.burst) / 2.0);
        self.rate.map_or((per_second, burst.max(1.0)), |rate| (rate, rate.max(1.0)))
    }

    /// Runs the reads, tells of their progress, and ends them when their time is over.
    ///
    /// # Errors
    /// That of the reads, or that their time is over.
    pub(crate) async fn keep<T>(&self, reads: impl Future<Output = Result<T, String>>) -> Result<T, String> {
        let reads = tokio::time::timeout_at(self.deadline.into(), reads);
        let done = tokio::select! {
            done = reads => done.unwrap_or_else(|_| Err(self.over())),
            never = self.progress.tell() => match never {},
        };
        self.progress.end();
        done
    }

    /// Waits as a host has asked for. Other reads of the account wait, too.
    ///
    /// # Errors
    /// The time of the plan is over before.
    pub(crate) async fn pause(&self, account: &str, host: &str, pause: Duration) -> Result<(), String> {
        if Instant::now().checked_add(pause).is_none_or(|end| end >= self.deadline) {
            let asked = shown(pause);
            return Err(format!("{host} asks for fewer calls (429), for {asked}: {}", self.over()));
        }
        self.progress.paused(account, host, pause);
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn over(&self) -> String {
        let timeout = shown(self.timeout);
        format!(
            "the provider cannot be read within {timeout} ({}): give a longer --timeout, or a higher --rate if the provider allows it",
            self.progress.counts()
        )
    }
}

/// A value of `--timeout`.
///
/// # Errors
/// It is no duration, or none that is longer than nothing.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let parsed = text.trim().parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.filter(|duration| !duration.is_zero()).ok_or_else(|| {
        format!("'{text}' is no duration: a number with its unit, such as 90s, 10m or 1h30m, and more than nothing")
    })
}

/// A value of `--rate`.
///
/// # Errors
/// It is no number, or too small.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let parsed = text.trim().parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= SLOWEST);
    parsed.ok_or_else(|| format!("'{text}' is no rate: a number of calls a second, {SLOWEST} or more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_takes_half_of_what_the_config_allows_unless_it_is_told() {
        let limits = |rate: Option<f64>, per_second, burst| {
            let pace = Pace::begin(rate, Duration::from_secs(1), Progress::silent());
            pace.limits(RateLimit { requests_per_second: per_second, burst })
        };
        assert_eq!(limits(None, 5, 10), (2.5, 5.0));
        assert_eq!(limits(None, 1, 1), (0.5, 1.0));
        assert_eq!(limits(Some(20.0), 5, 10), (20.0, 20.0));
        assert_eq!(limits(Some(0.5), 5, 10), (0.5, 1.0));
    }

    #[test]
    fn durations_and_rates_have_their_forms_and_anything_else_is_one_sentence() {
        for (text, seconds) in [("90s", 90), ("10m", 600), (" 1h30m ", 5400), ("1m 30s", 90)] {
            assert_eq!(timeout(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "10", "0s", "-5s", "soon"] {
            assert!(timeout(wrong).is_err_and(|error| error.contains("such as 90s")), "{wrong}");
        }
        assert_eq!((rate("2.5"), rate("1")), (Ok(2.5), Ok(1.0)));
        for wrong in ["", "0", "-1", "inf", "NaN", "fast"] {
            assert!(rate(wrong).is_err_and(|error| error.contains("calls a second")), "{wrong}");
        }
        assert_eq!(shown(Duration::from_millis(89_100)), "1m 30s");
    }
}
