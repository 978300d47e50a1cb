//! How providers are reached: through a proxy or directly, and which CAs are trusted. No IO.
//!
//! A proxy changes no rule of where a token may be sent: the host of each URL is checked by its name before (`endpoints.rs`), and the
//! proxy is the operator's own.

pub(crate) mod exceptions;

use reqwest::{Certificate, ClientBuilder, Proxy, Url};

use crate::connection::network::exceptions::Exceptions;

/// Through which proxies providers are reached; by default through none, whatever the environment says.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    /// The proxy of `https` URLs; it may contain a password.
    pub(crate) https: Option<Url>,
    /// The proxy of `http` URLs; it may contain a password.
    pub(crate) http: Option<Url>,
    /// Hosts that are reached without a proxy.
    pub(crate) exceptions: Exceptions,
}

/// How providers are reached.
#[derive(Clone, Default)]
pub(crate) struct Network {
    /// CAs that are trusted besides those of the system.
    pub(crate) authorities: Vec<Certificate>,
    /// The proxies.
    pub(crate) proxies: Proxies,
}

impl Network {
    /// Sets up a client.
    pub(crate) fn apply(&self, client: ClientBuilder) -> ClientBuilder {
        let client = client.tls_certs_merge(self.authorities.iter().cloned()).no_proxy();
        let proxies = self.proxies.clone();
        client.proxy(Proxy::custom(move |url| proxies.of(url).cloned()))
    }
}

impl Proxies {
    /// The proxy of a URL; `None`: it is reached directly. The client asks here, and so does each message.
    pub(crate) fn of(&self, url: &Url) -> Option<&Url> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.exceptions.contain(url))
    }
}

/// Host and port of a URL, without user and password. A port that goes without saying is left out.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A password is not shown.
impl std::fmt::Debug for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |proxy: &Option<Url>| proxy.as_ref().map_or_else(|| "none".to_owned(), place);
        let (https, http) = (shown(&self.proxies.https), shown(&self.proxies.http));
        write!(formatter, "proxies: {https}, {http}, further CAs: {}", self.authorities.len())
    }
}
