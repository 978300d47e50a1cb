//! The reader of an account for `plan` and `export`: it gets its token from the environment or a manifest, and cannot write.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::provider_config::settings::Settings;
use crate::connection::clock::Clock;
use crate::connection::endpoints::{AllowedEndpoints, ResolvedEndpoints};
use crate::connection::http::Http;
use crate::connection::options::ConnectionOptions;
use crate::connection::reader::Reader;

/// A reader with the endpoints and the rate limit of `settings`; `concurrency`: how many calls may be in progress at once.
///
/// # Errors
/// An endpoint is not allowed.
pub(crate) fn reader(
    http: Http,
    settings: &Settings,
    allowed: &AllowedEndpoints,
    token: String,
    concurrency: usize,
) -> Result<Reader, String> {
    let endpoints = ResolvedEndpoints::resolve(settings, allowed).map_err(|error| error.to_string())?;
    let reader = Reader::new(ConnectionOptions {
        http,
        clock: Clock::start(),
        endpoints,
        token: token.into(),
        observer: Arc::new(|_| ()),
        concurrency,
        leadership: Arc::new(|_| false),
    });
    let rate = settings.rate_limit;
    reader.configure(rate.requests_per_second.into(), rate.burst.into(), SignedDuration::ZERO);
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
