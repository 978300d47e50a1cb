//! The failures of a call, classified once. No IO.
//!
//! The class decides what happens next. The reason is the word that condition, event and metric share. Of the provider's text a
//! failure has a quotation at most, see [`quote`](crate::provider::quote).

use std::time::Duration;

use crate::api::quotation::quotation;
use crate::api::reason::Reason;
use crate::provider::proof::{Form, Proof, Repetition};
use crate::provider::request::Host;

/// The class of a failure: it decides what happens next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    /// A temporary failure: try again with backoff.
    Retry,
    /// The provider asks for fewer calls: all calls to this account pause.
    Wait,
    /// The credential is refused: the call proves nothing and wrote nothing.
    Credential,
    /// The provider does not allow this token to do this: other calls go on.
    Denied,
    /// The provider refuses the request: only a changed spec helps.
    Invalid,
    /// The object does not exist (404, 410).
    Gone,
    /// A write whose effect is unknown: read before anything else.
    Uncertain,
}

/// The failure of a call that did not clearly succeed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// The class.
    pub(crate) class: Class,
    /// One sentence; it never contains a secret.
    pub(crate) message: String,
    /// What the provider says of it, as far as it may be shown; it is in `message`, too.
    pub(crate) quote: Option<String>,
    /// The HTTP status; 0 if there was no answer.
    pub(crate) status: u16,
    /// How long the provider asks to wait; `None` if it does not say.
    pub(crate) retry_after: Option<Duration>,
}

/// Why the next page of a list cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lost {
    /// The answer does not say how to ask for it.
    NotSaid,
    /// It is at another scheme, host, port or path than the list.
    Elsewhere,
    /// It was read before.
    Repeated,
    /// The page that leads to it shows nothing.
    Empty,
    /// Another page came, or no page at all.
    Other,
    /// There are more pages than are read.
    TooMany,
}

impl Lost {
    fn words(self) -> &'static str {
        match self {
            Self::NotSaid => "but not how to ask for it",
            Self::Elsewhere => "at another host or path, where the token is not sent",
            Self::Repeated => "on a page that was read before",
            Self::Empty => "on a page after one that shows nothing",
            Self::Other => "but another page was shown than was asked for",
            Self::TooMany => "on more pages than the 100 that are read",
        }
    }
}

impl Failure {
    /// A failure without an HTTP status.
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), quote: None, status: 0, retry_after: None }
    }

    /// The same failure with what the provider says, if it is a refusal.
    #[must_use]
    pub(crate) fn quoting(self, quote: impl FnOnce() -> Option<String>) -> Self {
        let quote = match self.class {
            Class::Credential | Class::Denied | Class::Invalid => quote(),
            Class::Retry | Class::Wait | Class::Gone | Class::Uncertain => None,
        };
        let message = with_quote(self.message, quote.as_deref());
        Self { message, quote, ..self }
    }

    /// The same failure of an answer that a proxy may have written itself.
    #[must_use]
    pub(crate) fn perhaps_of(self, proxy: &str) -> Self {
        match self.class {
            Class::Retry | Class::Uncertain => {
                let message = format!("{}; the answer came through the proxy {proxy} and may be its own", self.message);
                Self { message, ..self }
            }
            Class::Wait | Class::Credential | Class::Denied | Class::Invalid | Class::Gone => self,
        }
    }

    /// The reason for condition, event and metric.
    pub(crate) fn reason(&self) -> Reason {
        match self.class {
            Class::Retry => Reason::ProviderUnavailable,
            Class::Wait => Reason::RateLimited,
            Class::Credential => Reason::CredentialsRejected,
            Class::Denied | Class::Invalid => Reason::Invalid,
            Class::Gone => Reason::Gone,
            Class::Uncertain => Reason::ResolvingCreate,
        }
    }

    /// The failure of an answer that the table of proofs does not count as done.
    pub(crate) fn of_answer(repetition: Repetition, operation: &str, status: u16, form: Form) -> Self {
        let once = repetition == Repetition::Harmful;
        let failure = Self::from_status(once, operation, status);
        match Proof::of(repetition, status, form) {
            Proof::NotFound if repetition == Repetition::Harmless => Self {
                message: format!(
                    "'{operation}' found nothing (HTTP {status}): the provider's list shows whether that is so"
                ),
                ..failure
            },
            Proof::Refused if repetition == Repetition::Read && failure.class == Class::Invalid => {
                let message = format!(
                    "the provider refused the read '{operation}' (HTTP {status}): check the endpoint in the config and what the token may read"
                );
                Self { message, ..failure }
            }
            Proof::Refused | Proof::NotFound => failure,
            // The status says by itself that the provider could not answer.
            Proof::Nothing | Proof::Done if failure.class == unclear(once) && status >= 300 => failure,
            Proof::Nothing | Proof::Done => {
                let message =
                    format!("the answer to '{operation}' (HTTP {status}) is not in the API's form and proves nothing");
                Self { class: unclear(once), message, ..failure }
            }
        }
    }

    /// The same failure of a call that deletes an object: another spec is no help where the provider refuses that.
    #[must_use]
    pub(crate) fn of_deletion(self, operation: &str) -> Self {
        if self.class != Class::Invalid {
            return self;
        }
        let message = format!(
            "the provider refused '{operation}' (HTTP {}): find out at the provider what keeps the object, or let it stay there by \
             setting the annotation ping-operator.dev/allow-deletion to 'orphan'",
            self.status
        );
        Self { message: with_quote(message, self.quote.as_deref()), ..self }
    }

    /// The failure of a read that surely exists, if it was answered with "not found": its address is wrong.
    pub(crate) fn at_wrong_address(self, repetition: Repetition, operation: &str, host: Host) -> Self {
        if self.class != Class::Gone || repetition != Repetition::Read {
            return self;
        }
        let (status, endpoint) = (self.status, host.endpoint());
        let message = format!(
            "'{operation}' was answered with 'not found' (HTTP {status}): check the path of `endpoints.{endpoint}` in the config"
        );
        Self { class: Class::Retry, message, ..self }
    }

    /// Classifies a status that is not a success. `once`: the call must not be sent twice.
    pub(crate) fn from_status(once: bool, operation: &str, status: u16) -> Self {
        let (class, message) = match status {
            401 => return Self::refused_credential(operation, status),
            403 => (Class::Denied, not_allowed(operation, status)),
            404 | 410 => (Class::Gone, format!("'{operation}' found nothing at the provider (HTTP {status})")),
            429 => (Class::Wait, "the provider asks for fewer calls (HTTP 429); the account pauses".to_owned()),
            407 => (
                unclear(once),
                format!(
                    "a proxy on the way to the provider asks for a user and a password, so '{operation}' was not done (HTTP 407)"
                ),
            ),
            408 | 425 => (unclear(once), format!("the provider did not finish '{operation}' in time (HTTP {status})")),
            400..=499 => (
                Class::Invalid,
                format!(
                    "the provider refused '{operation}' (HTTP {status}): change the spec to what the provider allows"
                ),
            ),
            _ => (unclear(once), format!("the provider could not do '{operation}' now (HTTP {status})")),
        };
        Self { class, message, quote: None, status, retry_after: None }
    }

    /// The failure of a call whose token the provider does not accept.
    pub(crate) fn refused_credential(operation: &str, status: u16) -> Self {
        let message = format!(
            "the provider refused the credential for '{operation}' (HTTP {status}): put a valid token into the Secret"
        );
        Self { status, ..Self::new(Class::Credential, message) }
    }

    /// The same failure of a call whose token the provider accepts otherwise: it is the trouble of that call.
    #[must_use]
    pub(crate) fn of_one_operation(self, operation: &str) -> Self {
        let message = with_quote(not_allowed(operation, self.status), self.quote.as_deref());
        Self { class: Class::Denied, message, ..self }
    }

    /// The failure of a call that cannot be sent with the token.
    pub(crate) fn unusable_token(operation: &str, cause: &str) -> Self {
        Self::new(Class::Credential, format!("'{operation}' was not sent: {cause}: put a valid token into the Secret"))
    }

    /// The failure of an answer with a success status and a body in no known form.
    pub(crate) fn unreadable(once: bool, operation: &str) -> Self {
        Self::new(unclear(once), format!("the answer to '{operation}' is in no known form"))
    }

    /// The failure of a read that shows a part of a list.
    pub(crate) fn incomplete(operation: &str, lost: Lost) -> Self {
        let why = lost.words();
        Self::new(
            Class::Retry,
            format!(
                "the answer to '{operation}' says that there is more than it shows, {why}: the list is not complete, so nothing is concluded from it"
            ),
        )
    }

    /// The failure of a call without an answer, or with half of one. `sent` is false if the request was surely not sent.
    pub(crate) fn unanswered(once: bool, operation: &str, sent: bool, cause: &str) -> Self {
        let class = if sent { unclear(once) } else { Class::Retry };
        Self::new(class, format!("'{operation}' has no answer: {cause}"))
    }
}

/// What to report of an operation that the provider does not allow a token that it accepts.
fn not_allowed(operation: &str, status: u16) -> String {
    format!(
        "the provider does not allow this token to do '{operation}' (HTTP {status}): give the token's owner the right to do it, or use \
         another token"
    )
}

/// A message with the provider's words, marked as such.
fn with_quote(message: String, quote: Option<&str>) -> String {
    match quote {
        Some(quote) => format!("{message}; {}", quotation("the provider", quote)),
        None => message,
    }
}

/// A call that must not be sent twice may have had its effect; every other call can be repeated.
fn unclear(once: bool) -> Class {
    if once { Class::Uncertain } else { Class::Retry }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_one_class() {
        let deletion = |status| Failure::from_status(false, "x", status).of_deletion("delete it").message;
        assert!(deletion(409).contains("'orphan'") && !deletion(409).contains("change the spec"), "{}", deletion(409));
        assert_eq!(deletion(500), Failure::from_status(false, "x", 500).message);
        let class = |status| Failure::from_status(false, "x", status).class;
        for (status, expected) in [
            (400, Class::Invalid),
            (401, Class::Credential),
            (403, Class::Denied),
            (404, Class::Gone),
            (407, Class::Retry),
            (409, Class::Invalid),
            (410, Class::Gone),
            (422, Class::Invalid),
            (429, Class::Wait),
            (301, Class::Retry),
            (500, Class::Retry),
            (503, Class::Retry),
        ] {
            assert_eq!(class(status), expected, "{status}");
        }
    }

    #[test]
    fn a_lost_answer_is_uncertain_where_the_call_must_not_be_made_twice() {
        for status in [302, 408, 500, 502, 504] {
            assert_eq!(Failure::from_status(true, "x", status).class, Class::Uncertain);
        }
        assert_eq!(Failure::unanswered(true, "x", true, "y").class, Class::Uncertain);
        assert_eq!(Failure::unanswered(true, "x", false, "y").class, Class::Retry);
        assert_eq!(Failure::unanswered(false, "x", true, "y").class, Class::Retry);
    }
}
