//! The way of a request to a provider, and who is to blame where it broke off. No IO.

use reqwest::Url;

use crate::connection::cause::{Cause, is_of_tunnel};
use crate::connection::network::{Proxies, place};

/// The way of a request.
pub(crate) struct Way {
    /// Host and port of the provider.
    host: String,
    /// Host and port of the proxy between; `None`: there is none.
    proxy: Option<String>,
    /// Whether a proxy passes on bytes only, because the provider is spoken to by TLS.
    is_tunnel: bool,
}

impl Way {
    /// The way to a URL.
    pub(crate) fn of(url: &Url, proxies: &Proxies) -> Self {
        Self { host: place(url), proxy: proxies.of(url).map(place), is_tunnel: url.scheme() == "https" }
    }

    /// The proxy that may have written an answer itself, because it reads what it passes on.
    pub(crate) fn answers(&self) -> Option<String> {
        self.proxy.clone().filter(|_| !self.is_tunnel)
    }

    /// What happened, with the host and the proxy.
    pub(crate) fn told(&self, words: &str) -> String {
        match &self.proxy {
            None => format!("{}: {words}", self.host),
            Some(proxy) => format!("{}, through the proxy {proxy}: {words}", self.host),
        }
    }

    /// Why there is no answer, with the host and the proxy.
    pub(crate) fn broken(&self, error: &reqwest::Error) -> String {
        let cause = Cause::of(error);
        let is_unreached = self.proxy.is_some() && error.is_connect() && !cause.is_of_proxy();
        if is_unreached && (!self.is_tunnel || is_of_tunnel(error)) {
            return self.told(&format!("the proxy cannot be reached: {}", cause.words()));
        }
        self.told(cause.words())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::connection::http::{Http, parse};
    use crate::connection::network::Network;
    use crate::provider::call::Call;
    use crate::provider::failure::{Class, Failure};
    use crate::provider::model::sensitive::Sensitive;
    use crate::provider::pinghome::call::PinghomeCall;

    /// Something that answers whatever it is asked; returns its address.
    async fn answering(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                drop(stream.read(&mut [0; 4096]).await);
                drop(stream.write_all(answer.as_bytes()).await);
            }
        });
        address
    }

    /// The failure of a call to a URL through a proxy.
    async fn failure(call: &Call, url: &str, proxy: &str) -> Failure {
        let proxy = Some(Url::parse(&format!("http://user:secret@{proxy}")).unwrap());
        let proxies = Proxies { https: proxy.clone(), http: proxy, ..Proxies::default() };
        let http = Http::new(&Network { proxies, ..Network::default() }).unwrap();
        let response = http.send(&call.request(), Url::parse(url).ok(), &SecretString::from("token")).await;
        parse(call, response, &[]).err().unwrap()
    }

    #[tokio::test]
    async fn trouble_of_the_proxy_is_told_as_that_and_is_no_refusal() {
        let nobody = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().to_string()
        };
        let unknown = answering("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await;
        let unwilling = answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await;
        let failing = answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsoon").await;
        let no_proxy = answering("SSH-2.0-x\r\n").await;
        let create: Call = PinghomeCall::ConfirmUsername { code: Sensitive::new("4711"), email: String::new() }.into();
        let read: Call = PinghomeCall::ListTeams.into();
        for (call, url, proxy, expected) in [
            (&read, "https", "proxy.invalid:1", "the proxy cannot be reached: its name cannot be resolved (DNS)"),
            (&read, "http", "proxy.invalid:1", "the proxy cannot be reached: its name cannot be resolved (DNS)"),
            (&create, "https", &nobody, "the proxy cannot be reached: the connection was refused"),
            (&create, "http", &nobody, "the proxy cannot be reached: the connection was refused"),
            (&create, "https", &unknown, "proxy authentication required"),
            (&create, "http", &unknown, "proxy authentication required"),
            (&create, "https", &unwilling, "the proxy does not connect to this host"),
            (&create, "https", &failing, "the proxy does not connect to this host"),
            (&create, "https", &no_proxy, "the proxy does not connect to this host"),
            (&read, "http", &failing, "may be its own"),
        ] {
            let failure = failure(call, &format!("{url}://api.example.invalid"), proxy).await;
            assert_eq!(failure.class, Class::Retry, "{url} {proxy}: {}", failure.message);
            assert!(failure.message.contains(expected), "{url} {proxy}: {}", failure.message);
            assert!(failure.message.contains(&format!("through the proxy {proxy}")), "{}", failure.message);
            assert!(!failure.message.contains("secret") && !failure.message.contains("user:"), "{}", failure.message);
        }
    }

    #[tokio::test]
    async fn trouble_of_the_provider_behind_a_proxy_is_not_the_proxys() {
        let connecting = answering("HTTP/1.1 200 OK\r\n\r\n").await;
        let read = PinghomeCall::ListTeams.into();
        let told = failure(&read, "https://api.example.invalid", &connecting).await.message;
        assert!(told.contains(&format!("api.example.invalid, through the proxy {connecting}: ")), "{told}");
        assert!(!told.contains("the proxy cannot") && !told.contains("the proxy does not"), "{told}");
    }
}
