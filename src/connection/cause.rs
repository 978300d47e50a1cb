//! Why there is no answer of a provider, in the operator's own words: the text of the library may contain the URL.

use std::error::Error;
use std::io;
use std::iter::successors;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cause {
    /// The name of the host leads to no address.
    Dns,
    /// Nobody listens at the address.
    Refused,
    /// The certificate or the protocol is not accepted.
    Tls,
    /// The connection could not be made for another reason.
    Connect,
    /// No answer came in time.
    Timeout,
    /// The connection ended before the answer was complete.
    Broken,
    /// The token has characters that no header may have.
    Token,
}

impl Cause {
    /// The cause of an error of the HTTP client.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::Token;
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        if !error.is_connect() {
            return Self::Broken;
        }
        let first: Option<&(dyn Error + 'static)> = error.source();
        let sources = || successors(first, |error| Error::source(*error));
        if sources().any(|source| source.to_string().starts_with("dns error")) {
            return Self::Dns;
        }
        let mut kinds = sources().filter_map(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
        let cause = kinds.find_map(|kind| match kind {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Some(Self::Tls),
            _ => None,
        });
        cause.unwrap_or(Self::Connect)
    }

    /// The words of a message.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Dns => "its name cannot be resolved (DNS)",
            Self::Refused => "the connection was refused",
            Self::Tls => "no TLS connection: the certificate or the protocol is not accepted",
            Self::Connect => "no connection",
            Self::Timeout => "it took too long",
            Self::Broken => "the connection broke off",
            Self::Token => "nothing was sent: the token has characters that no token has",
        }
    }
}
