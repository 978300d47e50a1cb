//! The flags of how providers are reached: a proxy, and certificates of private CAs. `run`, `plan` and `export` have them.

use std::path::{Path, PathBuf};

use reqwest::{Certificate, Url};

use crate::connection::network::{Network, Proxying};

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
        Ok(Network { authorities: authorities.unwrap_or_default(), proxying: self.proxying()? })
    }

    fn proxying(&self) -> Result<Proxying, String> {
        let text = |value: &Option<String>| value.as_deref().map(str::trim).unwrap_or_default().to_owned();
        let (proxy, exceptions) = (text(&self.proxy), text(&self.no_proxy));
        if proxy.is_empty() {
            return match (exceptions.is_empty(), self.proxy_from_environment) {
                (true, true) => Ok(Proxying::FromEnvironment),
                (true, false) => Ok(Proxying::None),
                (false, true) => {
                    Err("--no-proxy: with --proxy-from-environment the variable NO_PROXY has the exceptions".to_owned())
                }
                (false, false) => Err("--no-proxy: there is no proxy without --proxy".to_owned()),
            };
        }
        if self.proxy_from_environment {
            return Err("--proxy and --proxy-from-environment exclude each other: give one of them".to_owned());
        }
        Ok(Proxying::Through { url: proxy_url(&proxy)?, exceptions })
    }
}

/// The URL of a proxy. The error shows nothing of it but the scheme: it may contain a password.
fn proxy_url(text: &str) -> Result<Url, String> {
    let wrong = |seen: String| format!("--proxy: {seen}; it must be http(s)://[user:password@]host[:port]");
    let url = Url::parse(text).map_err(|error| wrong(format!("the value is no URL ({error})")))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(wrong(format!("the scheme '{}' is not supported", url.scheme())));
    }
    if !["", "/"].contains(&url.path()) || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("the URL has a path, a query or a fragment".to_owned()));
    }
    Ok(url)
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
        assert!(matches!(parsed(&[]).map(|network| network.proxying), Ok(Proxying::None)));
        let given = parsed(&["--proxy", "http://user:secret@proxy:3128", "--no-proxy", "a.example.com, 10.0.0.0/8"]);
        let Proxying::Through { url, exceptions } = given.unwrap_or_default().proxying else { panic!("no proxy") };
        assert_eq!((url.host_str(), exceptions.as_str()), (Some("proxy"), "a.example.com, 10.0.0.0/8"));
        let taken = parsed(&["--proxy-from-environment"]).map(|network| network.proxying);
        assert!(matches!(taken, Ok(Proxying::FromEnvironment)));
    }

    #[test]
    fn what_is_wrong_is_one_sentence_without_the_password() {
        for (flags, expected) in [
            (&["--proxy", "socks5://user:secret@proxy"][..], "the scheme 'socks5' is not supported"),
            (&["--proxy", "http://user:secret@proxy/path"], "has a path"),
            (&["--proxy", "user:secret@proxy:3128"], "--proxy: "),
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
