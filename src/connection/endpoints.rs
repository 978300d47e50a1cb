//! The base URLs that a credential may be sent to: the provider's own, and the hosts of `--allow-endpoint`.

use reqwest::Url;

use crate::api::provider_config::Provider;
use crate::api::provider_config::settings::Settings;
use crate::provider::request::Host;

/// The hosts of `--allow-endpoint`: `host`, or `host:port`.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedEndpoints(Vec<String>);

impl AllowedEndpoints {
    /// Takes the flag's values.
    pub(crate) fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect())
    }

    /// The flag's values.
    pub(crate) fn hosts(&self) -> &[String] {
        &self.0
    }

    fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let with_port = url.port_or_known_default().map(|port| format!("{host}:{port}"));
        self.0.iter().any(|allowed| allowed == host || Some(allowed) == with_port.as_ref())
    }
}

/// The base URLs of one config.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct ResolvedEndpoints {
    bases: Vec<(Host, Url)>,
}

/// An endpoint that is not allowed; the message says which, and what to do with the operator.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`endpoints.{field}`: {problem}")]
pub(crate) struct NotAllowed {
    field: &'static str,
    problem: NoEndpoint,
}

/// What is wrong with an endpoint.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
enum NoEndpoint {
    #[error("must be a URL such as 'https://host/prefix'")]
    NoUrl,
    #[error("must be http(s)://host[:port][/prefix], without user, query or fragment")]
    Form,
    #[error("the host '{0}' is not allowed: start the operator with --allow-endpoint {0}, or remove the field")]
    Host(String),
}

impl NotAllowed {
    /// The same for somebody who runs a command.
    pub(crate) fn for_command(&self) -> String {
        match &self.problem {
            NoEndpoint::NoUrl | NoEndpoint::Form => self.to_string(),
            NoEndpoint::Host(host) => format!(
                "`endpoints.{}`: the host '{host}' is not allowed: give --allow-endpoint {host}, or remove the field",
                self.field
            ),
        }
    }
}

impl ResolvedEndpoints {
    /// Resolves the endpoints of a config; a host that is not the provider's own must be allowed.
    ///
    /// # Errors
    /// The first endpoint that is not allowed.
    pub(crate) fn resolve(settings: &Settings, allowed: &AllowedEndpoints) -> Result<Self, NotAllowed> {
        let given = settings.endpoints.clone().unwrap_or_default();
        let all = [
            (Host::CustomerQuery, "customerQuery", given.customer_query),
            (Host::CustomerCommand, "customerCommand", given.customer_command),
            (Host::ResourceQuery, "resourceQuery", given.resource_query),
            (Host::ResourceCommand, "resourceCommand", given.resource_command),
            (Host::NodePing, "api", given.api),
        ];
        let bases = all.into_iter().map(|(host, field, given)| {
            let mut base = match given {
                Some(text) => checked(field, &text, allowed)?,
                None => parsed(field, host.default_base())?,
            };
            // A slash at the end makes no other place of it.
            let path = base.path().trim_end_matches('/').to_owned();
            base.set_path(&path);
            Ok((host, base))
        });
        Ok(Self { bases: bases.collect::<Result<_, _>>()? })
    }

    /// The base URLs.
    pub(crate) fn bases(&self) -> impl Iterator<Item = &Url> {
        self.bases.iter().map(|(_, base)| base)
    }

    /// Only those of one provider: the others make no difference for its accounts.
    #[must_use]
    pub(crate) fn of(mut self, provider: Provider) -> Self {
        self.bases.retain(|(host, _)| host.provider() == provider);
        self
    }

    /// The host, and the port if it is not the scheme's own.
    pub(crate) fn authority(&self, host: Host) -> String {
        self.url(host, "", &[]).map(|url| url.authority().to_owned()).unwrap_or_default()
    }

    /// The URL of a path below a base; the base's own path is kept.
    pub(crate) fn url(&self, host: Host, path: &str, query: &[(&'static str, String)]) -> Option<Url> {
        let (_, base) = self.bases.iter().find(|(known, _)| *known == host)?;
        let mut url = base.clone();
        url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }
}

fn parsed(field: &'static str, text: &str) -> Result<Url, NotAllowed> {
    Url::parse(text).map_err(|_| NotAllowed { field, problem: NoEndpoint::NoUrl })
}

fn checked(field: &'static str, text: &str, allowed: &AllowedEndpoints) -> Result<Url, NotAllowed> {
    let url = parsed(field, text)?;
    // A backslash is a slash to some parsers and part of a name to others.
    let plain = !text.contains('\\')
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !plain || !["http", "https"].contains(&url.scheme()) {
        return Err(NotAllowed { field, problem: NoEndpoint::Form });
    }
    if allowed.allows(&url) {
        return Ok(url);
    }
    Err(NotAllowed { field, problem: NoEndpoint::Host(url.host_str().unwrap_or_default().to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(api: &str, allowed: &[&str]) -> Result<ResolvedEndpoints, NotAllowed> {
        let endpoints =
            crate::api::provider_config::settings::Endpoints { api: Some(api.to_owned()), ..Default::default() };
        let settings = Settings { endpoints: Some(endpoints), ..Default::default() };
        ResolvedEndpoints::resolve(&settings, &AllowedEndpoints::new(allowed.iter().map(|host| (*host).to_owned())))
    }

    #[test]
    fn a_host_is_allowed_by_name_or_by_name_and_port() {
        for (url, allowed, expected) in [
            ("http://127.0.0.1:8080", "127.0.0.1", true),
            ("http://127.0.0.1:8080/x", "127.0.0.1:8080", true),
            ("https://api.example.com", "api.example.com:443", true),
            ("http://127.0.0.1:8080", "127.0.0.1:80", false),
            ("http://127.0.0.1.example.com", "127.0.0.1", false),
            ("http://user@127.0.0.1", "127.0.0.1", false),
            ("http://127.0.0.1/?x=", "127.0.0.1", false),
            ("ftp://127.0.0.1", "127.0.0.1", false),
            ("http://[::1]:8080", "[::1]:8080", true),
        ] {
            assert_eq!(resolve(url, &[allowed]).is_ok(), expected, "{url} {allowed}");
        }
    }

    #[test]
    fn no_payload_leads_anywhere_but_to_a_host_that_was_named() {
        for payload in [
            "http://169.254.169.254/latest/meta-data",
            "http://[fd00:ec2::254]/",
            "http://metadata.google.internal/",
            "http://localhost:6443",
            "http://127.0.0.1:10250",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[0:0:0:0:0:ffff:7f00:1]/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://kubernetes.default.svc/",
            "https://10.0.0.1:443",
            "https://192.168.0.1/",
            "https://api.allowed.example.evil.example/",
            "https://evil.example/api.allowed.example",
            "https://evil.example#api.allowed.example",
            "https://evil.example?api.allowed.example",
            "https://api.allowed.example@evil.example/",
            "https://api.allowed.example:443@evil.example/",
            "https://user:word@api.allowed.example/",
            "https://api.allowed.example:8443/",
            "https://xapi.allowed.example/",
            "https://api.allowed.example\\@evil.example/",
            "https://api%2eallowed%2eexample.evil.example/",
            "http:///evil.example/",
            "file:///etc/passwd",
            "gopher://api.allowed.example/",
            "ftp://api.allowed.example/",
            "unix:///var/run/docker.sock",
            "//evil.example/",
            "https://",
            "",
        ] {
            assert!(resolve(payload, &["api.allowed.example:443"]).is_err(), "{payload}");
        }
        assert!(resolve("https://api.allowed.example/prefix", &["api.allowed.example:443"]).is_ok());
    }

    #[test]
    fn a_refused_host_is_named_with_what_to_do() {
        let error = resolve("http://10.0.0.1/x", &[]).unwrap_err().to_string();
        assert_eq!(
            error,
            "`endpoints.api`: the host '10.0.0.1' is not allowed: start the operator with --allow-endpoint 10.0.0.1, or remove the field"
        );
    }

    #[test]
    fn what_makes_no_difference_for_an_account_does_not_tell_endpoints_apart() {
        let of = |api: &str, provider| resolve(api, &["h"]).map(|endpoints| endpoints.of(provider)).unwrap();
        assert_eq!(of("http://h/x/", Provider::NodePing), of("http://h/x", Provider::NodePing));
        assert_ne!(of("http://h/x", Provider::NodePing), of("http://h/y", Provider::NodePing));
        assert_eq!(of("http://h/x", Provider::Pinghome), of("http://h/y", Provider::Pinghome));
    }

    #[test]
    fn a_path_prefix_is_kept_and_a_query_is_encoded() {
        let endpoints = resolve("http://h:1/prefix/", &["h"]).unwrap();
        let url = endpoints.url(Host::NodePing, "/accounts", &[("name", "a b&c".to_owned())]).unwrap();
        assert_eq!(url.as_str(), "http://h:1/prefix/accounts?name=a+b%26c");
    }
}
