//! Why there is no answer of a provider, in the operator's own words: the text of the library may contain the URL.

use std::error::Error;
use std::io;
use std::iter::successors;

/// How the texts of errors begin that are about the connection through a proxy, up to its answer.
const TUNNEL: &str = "tunnel error: ";

/// Whether an error came before the proxy had connected to the host.
pub(crate) fn is_of_tunnel(error: &reqwest::Error) -> bool {
    sources(error).any(|source| source.to_string().starts_with(TUNNEL))
}

/// The errors that led to an error.
fn sources(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: Option<&(dyn Error + 'static)> = error.source();
    successors(first, |error| Error::source(*error))
}

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
    /// The proxy wants another user or password.
    ProxyUser,
    /// The proxy does not connect to the host.
    ProxyRefusal,
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
        if let Some(cause) = sources(error).find_map(|source| Self::of_proxy(&source.to_string())) {
            return cause;
        }
        if sources(error).any(|source| source.to_string().starts_with("dns error")) {
            return Self::Dns;
        }
        let mut kinds = sources(error).filter_map(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
        let cause = kinds.find_map(|kind| match kind {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Some(Self::Tls),
            _ => None,
        });
        cause.unwrap_or(Self::Connect)
    }

    /// What the proxy said to the wish to be connected to the host, by the text of the library.
    fn of_proxy(text: &str) -> Option<Self> {
        match text.strip_prefix(TUNNEL)? {
            "proxy authorization required" => Some(Self::ProxyUser),
            "unsuccessful" | "proxy response headers too long" => Some(Self::ProxyRefusal),
            _ => None,
        }
    }

    /// Whether it is what the proxy said.
    pub(crate) fn is_of_proxy(self) -> bool {
        match self {
            Self::ProxyUser | Self::ProxyRefusal => true,
            Self::Dns | Self::Refused | Self::Tls | Self::Connect | Self::Timeout | Self::Broken | Self::Token => false,
        }
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
            Self::Token => "the token has characters that no token has, such as a line break",
            Self::ProxyUser => {
                "proxy authentication required (HTTP 407): the proxy does not accept the user and the password of its URL"
            }
            Self::ProxyRefusal => "the proxy does not connect to this host, or cannot: ask who runs the proxy",
        }
    }
}
