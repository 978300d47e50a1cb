//! One HTTP request and its response: no redirects, limits on time and size, the credential never in a URL.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LINK, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::connection::cause::Cause;
use crate::connection::circuit_breaker::LONGEST_PAUSE;
use crate::connection::network::{Network, Proxies};
use crate::connection::way::Way;
use crate::provider::answer::Page;
use crate::provider::call::{Call, WRITE_TIMEOUT};
use crate::provider::failure::{Class, Failure};
use crate::provider::quote::quote;
use crate::provider::request::{Host, Method, Request};

/// The timeout of connecting; shorter than that of a write, so that a write that did not connect is known not to be sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of a read, with its response: lists may be long.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The status of a proxy that wants another user or password. It has passed nothing on.
const UNKNOWN_TO_PROXY: u16 = 407;
/// The largest response body that is read, in bytes; lists of both providers are far smaller.
const LARGEST_BODY: usize = 8 << 20;

/// The HTTP client that all connections share. It holds no credential of a provider.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    /// What the client asks for the proxy of a URL.
    proxies: Proxies,
}

/// A response that is not parsed yet.
pub(crate) struct RawResponse {
    /// The HTTP status.
    pub(crate) status: u16,
    retry_after: Option<Duration>,
    /// The link to the next page in a header.
    next: Option<String>,
    body: Vec<u8>,
    /// The proxy that may have written the answer itself.
    proxy: Option<String>,
}

/// One answer, and the link to the next page that its header has.
pub(crate) struct Received {
    /// The answer.
    pub(crate) page: Page,
    /// The link.
    pub(crate) link: Option<String>,
}

/// Why there is no response.
pub(crate) struct SendError {
    /// Whether the provider may have received the request.
    pub(crate) sent: bool,
    /// Whether no request can have the token.
    is_of_token: bool,
    /// The host, and what went wrong.
    cause: String,
}

impl SendError {
    /// The request did not reach the provider.
    fn unsent(cause: String) -> Self {
        Self { sent: false, is_of_token: false, cause }
    }
}

impl Http {
    /// Builds the client.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine, or not with these CAs.
    pub(crate) fn new(network: &Network) -> Result<Self, reqwest::Error> {
        let client = network
            .apply(reqwest::Client::builder())
            .user_agent(concat!("ping-operator/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()?;
        Ok(Self { client, proxies: network.proxies.clone() })
    }

    /// Asks whether anything answers at a URL, without a token; returns the HTTP status.
    ///
    /// # Errors
    /// The host, and why there is no answer.
    pub(crate) async fn probe(&self, url: Url) -> Result<u16, String> {
        let way = Way::of(&url, &self.proxies);
        let answer = self.client.get(url).timeout(WRITE_TIMEOUT).send().await;
        answer.map(|answer| answer.status().as_u16()).map_err(|error| way.broken(&error))
    }

    /// Sends a request to a URL and reads the whole response.
    pub(crate) async fn send(
        &self,
        request: &Request,
        url: Option<Url>,
        token: &SecretString,
    ) -> Result<RawResponse, SendError> {
        let url = url.ok_or_else(|| SendError::unsent("it has no URL".to_owned()))?;
        let way = Way::of(&url, &self.proxies);
        let builder = self.client.request(method(request.method), url).timeout(timeout(request.method));
        let mut builder = authorized(builder, request.host, token);
        if request.json {
            builder = builder.header(CONTENT_TYPE, "application/json");
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.to_string());
        }
        let broken = |error: reqwest::Error| SendError {
            sent: !(error.is_connect() || error.is_builder()),
            is_of_token: Cause::of(&error) == Cause::Token,
            cause: way.broken(&error),
        };
        let mut response = builder.send().await.map_err(broken)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LARGEST_BODY {
                let cause = way.told("the answer is larger than 8 MiB");
                return Err(SendError { sent: true, is_of_token: false, cause });
            }
            body.extend_from_slice(&chunk);
        }
        let (status, headers) = (response.status().as_u16(), response.headers());
        let proxy = way.answers();
        if proxy.is_some() && status == UNKNOWN_TO_PROXY {
            return Err(SendError::unsent(way.told(Cause::ProxyUser.words())));
        }
        Ok(RawResponse { status, retry_after: retry_after(headers), next: next_link(headers), body, proxy })
    }
}

/// Pinghome takes a bearer token, NodePing the token as the user of HTTP Basic.
/// Both headers are marked as sensitive.
fn authorized(builder: RequestBuilder, host: Host, token: &SecretString) -> RequestBuilder {
    match host {
        Host::NodePing => builder.basic_auth(token.expose_secret(), Some("")),
        _ => builder.bearer_auth(token.expose_secret()),
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// The timeout of a whole call.
fn timeout(method: Method) -> Duration {
    match method {
        Method::Get => READ_TIMEOUT,
        Method::Post | Method::Put | Method::Patch | Method::Delete => WRITE_TIMEOUT,
    }
}

/// Seconds, or an HTTP date; at most an hour. `None`: the header is absent, or says nothing of that form.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are more than an hour, too.
        text.parse().map_or(LONGEST_PAUSE, Duration::from_secs)
    } else {
        let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(date.duration_since(jiff::Timestamp::now())).unwrap_or_default()
    };
    Some(asked.min(LONGEST_PAUSE))
}

/// Where a `Link` header leads to another page. A link without its brackets leads nowhere, but says that there is another page.
fn next_link(headers: &HeaderMap) -> Option<String> {
    let is_next = |parameter: &str| {
        let parameter = parameter.trim().trim_end_matches(',').to_ascii_lowercase();
        let relations = parameter.strip_prefix("rel=").map(|value| value.trim_matches('"').to_owned());
        relations.is_some_and(|relations| relations.split_ascii_whitespace().any(|relation| relation == "next"))
    };
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    links.flat_map(|links| links.split('<')).find_map(|link| {
        let (target, parameters) = link.split_once('>').unwrap_or(("", link));
        parameters.split(';').any(is_next).then(|| target.trim().to_owned())
    })
}

/// A response as one answer with the next link of its header, or as a classified failure. `secrets`: what no message may repeat.
pub(crate) fn parse(
    call: &Call,
    response: Result<RawResponse, SendError>,
    secrets: &[String],
) -> Result<Received, Failure> {
    let once = call.is_once();
    let RawResponse { status, retry_after, next, body, proxy } =
        response.map_err(|SendError { sent, is_of_token, cause }| {
            if is_of_token {
                Failure::unusable_token(call.operation(), &cause)
            } else {
                Failure::unanswered(once, call.operation(), sent, &cause)
            }
        })?;
    let page = call.page(status, &body).map_err(|failure| {
        let retry_after = retry_after.filter(|_| failure.class == Class::Wait || status == 503);
        let failure = Failure { status, retry_after, ..failure }.quoting(|| quote(status, &body, secrets));
        match proxy {
            Some(proxy) => failure.perhaps_of(&proxy),
            None => failure,
        }
    })?;
    Ok(Received { page, link: next })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_link_to_the_next_page_is_seen() {
        let next = |text: &str| next_link(&HeaderMap::from_iter([(LINK, HeaderValue::from_str(text).unwrap())]));
        for (header, expected) in [
            ("</teams?page=2>; rel=\"next\", </teams?page=9>; rel=\"last\"", Some("/teams?page=2")),
            ("</teams?page=1>; rel=prev, </teams?page=3>; rel=next", Some("/teams?page=3")),
            ("<https://h/teams?a=1,2&page=2>; title=\"x\"; Rel=\"next last\"", Some("https://h/teams?a=1,2&page=2")),
            ("</teams?page=1>; rel=\"prev\"", None),
            ("</teams?page=2>; rel=\"nextmost\"", None),
            ("/teams?page=2; rel=next", Some("")),
            ("", None),
        ] {
            assert_eq!(next(header).as_deref(), expected, "{header}");
        }
        assert_eq!(next_link(&HeaderMap::new()), None);
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        let read =
            |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]));
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        for (text, expected) in [
            ("soon", None),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("0", Some(Duration::ZERO)),
            ("86400", Some(LONGEST_PAUSE)),
            ("18446744073709551615", Some(LONGEST_PAUSE)),
            ("99999999999999999999999", Some(LONGEST_PAUSE)),
            ("Mon, 01 Jan 0001 00:00:00 GMT", Some(Duration::ZERO)),
            ("Thu, 31 Dec 9998 23:59:59 GMT", Some(LONGEST_PAUSE)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
