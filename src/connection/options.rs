//! What all connections of a process share, and what they report of requests and pauses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::api::provider_config::Provider;
use crate::connection::clock::Clock;
use crate::connection::error::CallError;
use crate::connection::http::Http;
use crate::provider::failure::{Class, Failure};
use crate::provider::request::Method;

/// What is known of a write once its answer was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WriteResult {
    /// The provider accepted it.
    Done,
    /// The provider refused it, or knows no such object: nothing happened.
    Refused,
    /// The answer is lost or proves nothing.
    Unknown,
}

impl WriteResult {
    /// Every result.
    pub(crate) const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Unknown];

    /// The word for metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// The result of a request with this method; `failure`: why it did not succeed. `None`: it only reads, or the provider surely did not
    /// receive it, which `is_sent` says.
    pub(crate) fn of(method: Method, is_sent: bool, failure: Option<&Failure>) -> Option<Self> {
        if method == Method::Get || !is_sent {
            return None;
        }
        Some(match failure.map(|failure| failure.class) {
            None => Self::Done,
            Some(Class::Wait | Class::Credential | Class::Denied | Class::Invalid | Class::Gone) => Self::Refused,
            Some(Class::Retry | Class::Uncertain) => Self::Unknown,
        })
    }
}

/// One request, for metrics and logs.
pub(crate) struct RequestSample<'a> {
    /// The provider.
    pub(crate) provider: Provider,
    /// The name of the call.
    pub(crate) operation: &'static str,
    /// The HTTP status; 0: no response.
    pub(crate) code: u16,
    /// The time from sending to the last byte.
    pub(crate) took: Duration,
    /// Whether it waited for a permit of the rate limiter.
    pub(crate) waited: bool,
    /// What is known of a write; `None`: the call only reads, or was surely not received: a connection that cannot be opened carries nothing.
    pub(crate) write: Option<WriteResult>,
    /// The id of what it created, if the answer shows one.
    pub(crate) created: Option<&'a str>,
    /// Why it did not clearly succeed; `None`: it did.
    pub(crate) failure: Option<&'a Failure>,
}

/// What a pause is about, in which no call is sent.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Paused {
    /// An account: the provider asks for fewer calls. Its id; `None`: a command reads it, which does not ask for it.
    Account(Option<String>),
    /// A token, by the number of its credential: the provider refuses it.
    Token(u64),
}

/// What happens on a connection.
pub(crate) enum Observation<'a> {
    /// A request was answered, or failed.
    Request(RequestSample<'a>),
    /// A call that a user waits for waited long for a permit of the rate limiter.
    Throttled {
        /// The id of the account.
        account: &'a str,
        /// The provider.
        provider: Provider,
        /// How long it waited.
        took: Duration,
    },
    /// A pause begins.
    Pause {
        /// What pauses.
        paused: Paused,
        /// The provider.
        provider: Provider,
        /// The operation that led to it.
        operation: &'static str,
        /// Why; `retry_after` is the length.
        failure: &'a Failure,
    },
    /// The first call after a pause was answered.
    Resume {
        /// What paused.
        paused: Paused,
        /// The provider.
        provider: Provider,
    },
}

/// Is called after each request, and when a pause begins or ends.
pub(crate) type Observer = Arc<dyn Fn(&Observation<'_>) + Send + Sync>;

/// What a call does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sends {
    /// It only reads.
    Read,
    /// It changes something.
    Write,
}

/// Whether this process may send a call about an account, by its id, or, while that is unknown, by the name of the config whose account is
/// asked for: no other process can take over before the call is over, no writes of another one are awaited, and the clocks are right.
pub(crate) type LeadershipCheck = Arc<dyn Fn(&str, Sends) -> bool + Send + Sync>;

/// How many calls may be sent to an account at once that this process begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FirstBurst {
    /// As many as its config allows.
    Whole,
    /// None: another process may have sent them just before.
    Nothing,
}

/// What all connections of a process share.
pub(crate) struct ConnectionOptions {
    /// The HTTP client.
    pub(crate) http: Http,
    /// The source of time.
    pub(crate) clock: Clock,
    /// Is told what happens.
    pub(crate) observer: Observer,
    /// How many calls to one account may be in progress at once.
    pub(crate) concurrency: usize,
    /// Whether this process is the leader.
    pub(crate) leadership: LeadershipCheck,
    /// How many calls may be sent at once to an account that this process begins with.
    pub(crate) first_burst: FirstBurst,
    /// Whether the process is ending: no new call begins.
    closing: AtomicBool,
}

impl ConnectionOptions {
    /// What all connections of a process share, from its start.
    pub(crate) fn new(
        http: Http,
        clock: Clock,
        observer: Observer,
        concurrency: usize,
        leadership: LeadershipCheck,
    ) -> Self {
        let (first_burst, closing) = (FirstBurst::Whole, AtomicBool::new(false));
        Self { http, clock, observer, concurrency, leadership, first_burst, closing }
    }

    /// An error if another process may send calls about an account before a call is over that begins now.
    pub(crate) fn ensure_leader(&self, about: &str, sends: Sends) -> Result<(), CallError> {
        if (self.leadership)(about, sends) { Ok(()) } else { Err(CallError::NotLeader) }
    }

    /// The process is ending.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Whether the process is ending: no new call begins.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_done_refused_or_unknown_and_a_read_or_what_was_not_sent_is_none_of_these() {
        let result = |method, class: Option<Class>| {
            WriteResult::of(method, true, class.map(|class| Failure::new(class, "x")).as_ref())
        };
        for (class, expected) in [
            (None, WriteResult::Done),
            (Some(Class::Invalid), WriteResult::Refused),
            (Some(Class::Wait), WriteResult::Refused),
            (Some(Class::Uncertain), WriteResult::Unknown),
            (Some(Class::Retry), WriteResult::Unknown),
        ] {
            assert_eq!(result(Method::Patch, class), Some(expected), "{class:?}");
        }
        assert_eq!(result(Method::Get, None), None);
        assert_eq!(WriteResult::of(Method::Post, false, Some(&Failure::new(Class::Retry, "x"))), None);
    }
}
