//! The reader of an account for `plan` and `export`: it gets its token from the environment or a manifest, and cannot write.

use std::sync::Arc;

use crate::api::provider_config::Provider;
use crate::api::provider_config::settings::Settings;
use crate::connection::clock::Clock;
use crate::connection::credential::Credential;
use crate::connection::endpoints::{AllowedEndpoints, ResolvedEndpoints};
use crate::connection::http::Http;
use crate::connection::options::{ConnectionOptions, Sends};
use crate::connection::reader::Reader;

/// A reader with the endpoints and the rate limit of `settings`; `concurrency`: how many calls may be in progress at once.
///
/// # Errors
/// An endpoint is not allowed.
pub(crate) fn reader(
    http: Http,
    provider: Provider,
    settings: &Settings,
    allowed: &AllowedEndpoints,
    token: String,
    concurrency: usize,
) -> Result<Reader, String> {
    let endpoints = ResolvedEndpoints::resolve(settings, allowed).map_err(|error| error.for_command())?;
    let options = ConnectionOptions::new(
        http,
        Clock::start(),
        Arc::new(|_| ()),
        concurrency,
        Arc::new(|_, sends| sends == Sends::Read),
    );
    let reader = Reader::alone(Credential::new(Arc::new(options), provider, endpoints, token.into()));
    let rate = settings.rate_limit;
    reader.set_rate(rate.requests_per_second.into(), rate.burst.into());
    Ok(reader)
}

/// The token in an environment variable; `flag` is the flag that names the variable.
///
/// # Errors
/// The variable is unset or empty.
pub(crate) fn token_in(variable: &str, flag: &str) -> Result<String, String> {
    let token = std::env::var(variable).ok().map(|token| token.trim().to_owned());
    token.filter(|token| !token.is_empty()).ok_or_else(|| {
        format!("{flag}: the environment variable '{variable}' is not set or empty: put the token into it")
    })
}
