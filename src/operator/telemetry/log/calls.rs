//! The lines of calls to a provider: one for each write, and one for what is slow or pauses.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::api::provider_config::Provider;
use crate::connection::options::{Observation, Observer, Paused, RequestSample};
use crate::operator::trouble::repeats::{Occurrence, Repeats};
use crate::provider::failure::{Class, Failure};

/// A call that takes as long is slow.
const SLOW: Duration = Duration::from_secs(5);

/// What goes on, and is told once in ten minutes.
#[derive(Eq, Hash, PartialEq)]
enum Ongoing {
    /// Calls of an operation are slow.
    Slow(Provider, &'static str),
    /// Calls to an account wait long for a permit.
    Throttled(Provider, String),
    /// Nothing is sent for a while.
    Paused(Provider, Paused),
}

/// Writes the lines.
#[derive(Default)]
struct CallLog(Mutex<Repeats<Ongoing>>);

/// An observer that writes the lines, beside the one that counts.
pub(crate) fn observer(counting: Observer) -> Observer {
    let log = CallLog::default();
    Arc::new(move |observation| {
        counting(observation);
        log.observe(observation);
    })
}

/// A duration in milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a call came to, as one word.
fn result(failure: Option<&Failure>) -> &'static str {
    match failure.map(|failure| failure.class) {
        None => "done",
        Some(Class::Wait | Class::Credential | Class::Denied | Class::Invalid | Class::Gone) => "refused",
        Some(Class::Retry) => "failed",
        Some(Class::Uncertain) => "unknown",
    }
}

impl CallLog {
    fn observe(&self, observation: &Observation<'_>) {
        match observation {
            Observation::Request(sample) => self.requested(sample),
            Observation::Throttled { account, provider, took } => self.throttled(account, *provider, *took),
            Observation::Pause { paused, provider, operation, failure } => {
                self.pauses(paused, *provider, operation, failure);
            }
            Observation::Resume { paused, provider } => self.resumes(paused, *provider),
        }
    }

    fn requested(&self, sample: &RequestSample<'_>) {
        let RequestSample { provider, operation, code, took, waited, is_sent, write, created, failure } = sample;
        let (status, result, error) = (*code, result(*failure), failure.map(|failure| failure.message.as_str()));
        let (took_ms, provider_name) = (milliseconds(*took), provider.name());
        if write.is_some() && *is_sent {
            tracing::info!(
                operation,
                externalId = created,
                status,
                durationMs = took_ms,
                result,
                error,
                provider = provider_name,
                "external write"
            );
        } else {
            tracing::debug!(operation, status, durationMs = took_ms, waited, result, error, "call");
        }
        if *took >= SLOW {
            match self.happens(Ongoing::Slow(*provider, operation)) {
                Occurrence::First => {
                    tracing::warn!(operation, status, durationMs = took_ms, provider = provider_name, "slow call");
                }
                Occurrence::Summed { times, since } => {
                    tracing::warn!(operation, provider = provider_name, times, %since, "calls are still slow");
                }
                Occurrence::Counted => {}
            }
        }
    }

    fn throttled(&self, account: &str, provider: Provider, took: Duration) {
        let (what, took_ms) = ("calls wait for the rate limit", milliseconds(took));
        let provider_name = provider.name();
        match self.happens(Ongoing::Throttled(provider, account.to_owned())) {
            Occurrence::First => tracing::warn!(account, provider = provider_name, durationMs = took_ms, "{what}"),
            Occurrence::Summed { times, since } => {
                tracing::warn!(account, provider = provider_name, durationMs = took_ms, times, %since, "{what}, again");
            }
            Occurrence::Counted => {}
        }
    }

    fn pauses(&self, paused: &Paused, provider: Provider, operation: &str, failure: &Failure) {
        let what = match (paused, failure.class) {
            (Paused::Account(_), _) => "the provider asks for fewer calls: the account pauses",
            (Paused::Token(_), Class::Credential) => {
                "the provider refuses the token: nothing is sent with it meanwhile"
            }
            // The config tells of it.
            (Paused::Token(_), _) => return,
        };
        let (status, account) = (failure.status, account(paused));
        let pause_ms = failure.retry_after.map(milliseconds);
        let provider_name = provider.name();
        match self.happens(Ongoing::Paused(provider, paused.clone())) {
            Occurrence::First => {
                tracing::warn!(operation, status, pauseMs = pause_ms, account, provider = provider_name, "{what}");
            }
            Occurrence::Summed { times, since } => {
                tracing::warn!(operation, status, account, provider = provider_name, times, %since, "{what}, again");
            }
            Occurrence::Counted => {}
        }
    }

    fn resumes(&self, paused: &Paused, provider: Provider) {
        let Some(since) = self.0.lock().ends(&Ongoing::Paused(provider, paused.clone())) else { return };
        let what = match paused {
            Paused::Account(_) => "the account is used again",
            Paused::Token(_) => "the token is accepted again",
        };
        tracing::info!(account = account(paused), provider = provider.name(), %since, "{what}");
    }

    fn happens(&self, ongoing: Ongoing) -> Occurrence {
        self.0.lock().happens(ongoing, Timestamp::now())
    }
}

/// The id of the account that pauses.
fn account(paused: &Paused) -> Option<&str> {
    match paused {
        Paused::Account(id) => id.as_deref(),
        Paused::Token(_) => None,
    }
}
