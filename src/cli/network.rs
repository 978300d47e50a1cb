//! The flags of how providers are reached: a proxy, and certificates of private CAs. `run`, `plan` and `export` have them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use axum::http::Uri;
use reqwest::{Certificate, Url};

use crate::connection::network::exceptions::Exceptions;
use crate::connection::network::{Network, Proxies};

/// Flags of how providers are reached.
#[derive(clap::Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// HTTP proxy for all calls to providers, such as `http://proxy.example.com:3128`. It may contain a user and a password. Default: none.
    #[arg(long, value_name = "URL", env = "PING_OPERATOR_PROXY", hide_env_values = true)]
    proxy: Option<String>,
    /// Hosts that are reached without the proxy, comma-separated: names (with their subdomains), IP addresses, CIDR blocks.
    #[arg(long, value_name = "LIST", env = "PING_OPERATOR_NO_PROXY")]
    no_proxy: Option<String>,
    /// Take the proxy for providers from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. Without this flag they are not used for providers.
    #[arg(long, env = "PING_OPERATOR_PROXY_FROM_ENVIRONMENT")]
    proxy_from_environment: bool,
    /// PEM file with certificates of CAs that providers and a proxy may have, besides those of the system. The variable `SSL_CERT_FILE` replaces those of the system.
    #[arg(long, value_name = "FILE", env = "PING_OPERATOR_CA_FILE")]
    ca_file: Option<PathBuf>,
}

impl NetworkArgs {
    /// How providers are reached.
    ///
    /// # Errors
    /// One sentence on the flag or variable that is wrong. It never contains the proxy's password.
    pub(crate) fn network(&self) -> Result<Network, String> {
        if let Some(file) = std::env::var_os("SSL_CERT_FILE") {
            certificates("SSL_CERT_FILE", Path::new(&file))?;
        }
        let authorities = self.ca_file.as_deref().map(|file| certificates("--ca-file", file)).transpose()?;
        Ok(Network { authorities: authorities.unwrap_or_default(), proxies: self.proxies()? })
    }

    fn proxies(&self) -> Result<Proxies, String> {
        let text = |value: &Option<String>| value.as_deref().map(str::trim).unwrap_or_default().to_owned();
        let (proxy, exceptions) = (text(&self.proxy), text(&self.no_proxy));
        if proxy.is_empty() {
            return match (exceptions.is_empty(), self.proxy_from_environment) {
                (true, true) => from_environment(&std::env::vars_os().collect()),
                (true, false) => Ok(Proxies::default()),
                (false, true) => {
                    Err("--no-proxy: with --proxy-from-environment the variable NO_PROXY has the exceptions".to_owned())
                }
                (false, false) => Err("--no-proxy: there is no proxy without --proxy".to_owned()),
            };
        }
        if self.proxy_from_environment {
            return Err("--proxy and --proxy-from-environment exclude each other: give one of them".to_owned());
        }
        let url = proxy_url("--proxy", &proxy)?;
        Ok(Proxies { https: Some(url.clone()), http: Some(url), exceptions: Exceptions::parse(&exceptions) })
    }
}

/// The proxies that the environment names. Of the two spellings of a variable that in capitals wins.
fn from_environment(variables: &BTreeMap<OsString, OsString>) -> Result<Proxies, String> {
    let set = |name: &str| {
        let names = [name.to_owned(), name.to_ascii_lowercase()];
        names.into_iter().find_map(|name| variables.get(OsStr::new(&name)).map(|value| (name, value)))
    };
    let proxy = |name: &str| {
        let Some((name, value)) = set(name) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| format!("{name}: the value is no text"))?.trim();
        if text.is_empty() {
            return Ok(None);
        }
        // Such a variable usually has no scheme.
        let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        proxy_url(&name, &url).map(Some)
    };
    let (https, http, all) = (proxy("HTTPS_PROXY")?, proxy("HTTP_PROXY")?, proxy("ALL_PROXY")?);
    let exceptions = set("NO_PROXY").map(|(_, list)| Exceptions::parse(&list.to_string_lossy())).unwrap_or_default();
    Ok(Proxies { https: https.or_else(|| all.clone()), http: http.or(all), exceptions })
}

/// The URL of a proxy. The error shows nothing of it but the scheme: it may contain a password. `source` is the flag or variable that
/// has it.
fn proxy_url(source: &str, text: &str) -> Result<Url, String> {
    let wrong = |seen: String| format!("{source}: {seen}; it must be http(s)://[user:password@]host[:port]");
    if !text.contains("://") {
        return Err(wrong("the URL has no scheme".to_owned()));
    }
    let url = Url::parse(text).map_err(|error| wrong(format!("the value is no URL ({error})")))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(wrong(format!("the scheme '{}' is not supported", url.scheme())));
    }
    if !["", "/"].contains(&url.path()) || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("the URL has a path, a query or a fragment".to_owned()));
    }
    // The client reads it by narrower rules, and would do without a proxy that it cannot read.
    if url.as_str().parse::<Uri>().is_err() {
        return Err(wrong("the URL has characters that must be percent-encoded".to_owned()));
    }
    Ok(url)
}

/// Checks the proxy of the API server, which comes from a kubeconfig or from the environment: the Kubernetes client shows the whole URL of
/// one that it cannot use.
///
/// # Errors
/// One sentence that shows the scheme and the host of it at most.
pub(crate) fn check_proxy_of_api_server(proxy: Option<&Uri>) -> Result<(), String> {
    let Some(proxy) = proxy else { return Ok(()) };
    let (scheme, host) = (proxy.scheme_str(), proxy.host().unwrap_or_default());
    let seen = match scheme {
        Some("http" | "https") if !host.is_empty() => return Ok(()),
        Some("http" | "https") => "its URL has no host".to_owned(),
        Some(scheme) => format!("the scheme '{scheme}' of '{scheme}://{host}' is not supported"),
        None => format!("its URL has no scheme: '{host}'"),
    };
    Err(format!(
        "the proxy of the API server cannot be used: {seen}; `proxy-url` in the kubeconfig, or else the variable HTTPS_PROXY, must be \
         http(s)://[user:password@]host[:port]"
    ))
}

/// The certificates of a PEM file. `source` is the flag or variable that names it.
fn certificates(source: &str, file: &Path) -> Result<Vec<Certificate>, String> {
    let wrong =
        |seen: &str| format!("{source}: the file '{}' {seen}; it must have certificates in PEM form", file.display());
    let pem = std::fs::read(file).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    let all = Certificate::from_pem_bundle(&pem).map_err(|_| wrong("has a certificate that cannot be read"))?;
    if all.is_empty() { Err(wrong("has no certificate")) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::connection::network::place;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        network: NetworkArgs,
    }

    fn parsed(flags: &[&str]) -> Result<Network, String> {
        let cli = Cli::try_parse_from([&["x"], flags].concat()).map_err(|error| error.to_string())?;
        cli.network.network()
    }

    #[test]
    fn a_proxy_is_used_only_if_a_flag_says_so() {
        let proxies = |flags: &[&str]| parsed(flags).map(|network| network.proxies).unwrap_or_default();
        let (https, http) =
            (Url::parse("https://a.example.com:8443/x").unwrap(), Url::parse("http://b.example.com").unwrap());
        assert!(proxies(&[]).of(&https).is_none());
        let given = proxies(&["--proxy", "http://user:secret@proxy:3128", "--no-proxy", "a.example.com, 10.0.0.0/8"]);
        assert_eq!(given.of(&http).map(place).as_deref(), Some("proxy:3128"));
        assert!(given.of(&https).is_none());
        assert!(given.of(&Url::parse("https://c.example.com").unwrap()).is_some());
    }

    /// What these variables say.
    fn of_variables(variables: &[(&str, &str)]) -> Result<Proxies, String> {
        from_environment(&variables.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn each_variable_has_the_proxy_of_its_scheme() {
        let shown = |proxies: &Proxies| [&proxies.https, &proxies.http].map(|url| url.as_ref().map(place));
        for (variables, expected) in [
            (&[][..], [None, None]),
            (&[("HTTPS_PROXY", "user:secret@p:1")], [Some("p:1"), None]),
            (&[("http_proxy", "http://p:1"), ("HTTP_PROXY", "https://q:2")], [None, Some("q:2")]),
            (&[("ALL_PROXY", "http://p:1/"), ("https_proxy", " q:2 ")], [Some("q:2"), Some("p:1")]),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "http://p:1")], [None, None]),
        ] {
            let proxies = of_variables(variables).unwrap();
            assert_eq!(shown(&proxies), expected.map(|url| url.map(str::to_owned)), "{variables:?}");
        }
        let proxies = of_variables(&[("ALL_PROXY", "p"), ("no_proxy", ".example.com")]).unwrap();
        assert!(proxies.of(&Url::parse("https://a.example.com").unwrap()).is_none());
        assert!(proxies.of(&Url::parse("https://example.org").unwrap()).is_some());
    }

    #[test]
    fn a_variable_that_names_no_usable_proxy_is_refused_and_not_passed_over() {
        for (variables, expected) in [
            (&[("HTTPS_PROXY", "socks5://user:secret@proxy:1080")][..], "HTTPS_PROXY: the scheme 'socks5'"),
            (&[("HTTP_PROXY", "http://user:secret@proxy:99999")], "HTTP_PROXY: the value is no URL"),
            (&[("all_proxy", "ftp://user:secret@proxy")], "all_proxy: the scheme 'ftp'"),
            (&[("HTTPS_PROXY", "http://p"), ("ALL_PROXY", "user:secret@")], "ALL_PROXY: the value is no URL"),
            (&[("HTTPS_PROXY", "http://user:secret@proxy/path")], "HTTPS_PROXY: the URL has a path"),
        ] {
            let error = of_variables(variables).err().unwrap_or_default();
            assert!(error.contains(expected) && !error.contains("secret"), "{variables:?}: {error}");
        }
    }

    #[test]
    fn a_proxy_of_the_api_server_that_cannot_be_used_is_told_without_its_password() {
        for (url, expected) in [
            ("http://user:secret@proxy:3128", None),
            ("https://user:secret@proxy", None),
            ("socks5://user:secret@proxy:1080", Some("the scheme 'socks5' of 'socks5://proxy' is not supported")),
            ("user:secret@proxy:3128", Some("no scheme: 'proxy'")),
            ("proxy:3128", Some("no scheme: 'proxy'")),
            ("/secret", Some("no scheme: ''")),
        ] {
            let seen = check_proxy_of_api_server(Some(&url.parse().unwrap())).err();
            assert_eq!(seen.is_some(), expected.is_some(), "{url}: {seen:?}");
            let seen = seen.unwrap_or_default();
            assert!(seen.contains(expected.unwrap_or_default()) && !seen.contains("secret"), "{url}: {seen}");
        }
        assert_eq!(check_proxy_of_api_server(None), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_one_sentence_without_the_password() {
        for (flags, expected) in [
            (&["--proxy", "socks5://user:secret@proxy"][..], "the scheme 'socks5' is not supported"),
            (&["--proxy", "http://user:secret@proxy/path"], "has a path"),
            (&["--proxy", "secret:pass@proxy:3128"], "--proxy: the URL has no scheme"),
            (&["--proxy", "http://user:secret@"], "is no URL"),
            (&["--no-proxy", "a"], "no proxy without --proxy"),
            (&["--proxy-from-environment", "--no-proxy", "a"], "NO_PROXY"),
            (&["--proxy-from-environment", "--proxy", "http://user:secret@a"], "exclude each other"),
            (&["--ca-file", "/does/not/exist"], "--ca-file: the file '/does/not/exist' cannot be read"),
            (&["--ca-file", "Cargo.toml"], "has no certificate"),
        ] {
            let error = parsed(flags).err().unwrap_or_default();
            assert!(error.contains(expected) && !error.contains("secret"), "{flags:?}: {error}");
        }
    }
}
