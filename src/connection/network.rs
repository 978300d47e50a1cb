//! How providers are reached: through a proxy or directly, and which CAs are trusted. No IO.
//!
//! A proxy changes no rule of where a token may be sent: the host of each URL is checked by its name before (`endpoints.rs`), and the
//! proxy is the operator's own.

use reqwest::{Certificate, ClientBuilder, NoProxy, Proxy, Url};

/// Through what providers are reached.
#[derive(Clone, Default)]
pub(crate) enum Proxying {
    /// Through nothing, whatever the environment says.
    #[default]
    None,
    /// Through what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    FromEnvironment,
    /// Through one proxy.
    Through {
        /// The proxy; it may contain a password.
        url: Url,
        /// Hosts that are reached without it, comma-separated.
        exceptions: String,
    },
}

/// How providers are reached.
#[derive(Clone, Default)]
pub(crate) struct Network {
    /// CAs that are trusted besides those of the system.
    pub(crate) authorities: Vec<Certificate>,
    /// The proxy.
    pub(crate) proxying: Proxying,
}

impl Network {
    /// Sets up a client.
    pub(crate) fn apply(&self, client: ClientBuilder) -> reqwest::Result<ClientBuilder> {
        let client = client.tls_certs_merge(self.authorities.iter().cloned());
        Ok(match &self.proxying {
            Proxying::None => client.no_proxy(),
            Proxying::FromEnvironment => client,
            Proxying::Through { url, exceptions } => {
                client.no_proxy().proxy(Proxy::all(url.clone())?.no_proxy(NoProxy::from_string(exceptions)))
            }
        })
    }
}

/// A password is not shown.
impl std::fmt::Debug for Network {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let proxy = match &self.proxying {
            Proxying::None => "none",
            Proxying::FromEnvironment => "from the environment",
            Proxying::Through { url, exceptions: _ } => url.host_str().unwrap_or_default(),
        };
        write!(formatter, "proxy: {proxy}, further CAs: {}", self.authorities.len())
    }
}
