//! The open connections, one for each config. A changed Secret replaces the token, not the connection.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};

use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::connection::clock::Clock;
use crate::connection::endpoints::{AllowedEndpoints, NotAllowed, ResolvedEndpoints};
use crate::connection::http::Http;
use crate::connection::options::{ConnectionOptions, LeadershipCheck, Observer};
use crate::connection::reader::Reader;
use crate::connection::writer::Writer;

struct OpenConnection {
    uid: String,
    endpoints: ResolvedEndpoints,
    token: SecretString,
    writer: Writer,
}

/// The open connections, by config.
pub(crate) struct Connections {
    open: Mutex<HashMap<ResourceKey, OpenConnection>>,
    http: Http,
    clock: Clock,
    allowed: AllowedEndpoints,
    observer: Observer,
    concurrency: usize,
    leadership: LeadershipCheck,
}

impl Connections {
    /// No connection is open yet.
    pub(crate) fn new(
        http: Http,
        clock: Clock,
        allowed: AllowedEndpoints,
        observer: Observer,
        concurrency: usize,
        leadership: LeadershipCheck,
    ) -> Self {
        Self { open: Mutex::default(), http, clock, allowed, observer, concurrency, leadership }
    }

    /// The connection of a config with this token; a new one if its endpoints changed.
    pub(crate) fn get(&self, config: &ConfigView, token: &str) -> Result<Writer, NotAllowed> {
        let endpoints = ResolvedEndpoints::resolve(&config.settings, &self.allowed)?;
        let mut all = self.open.lock();
        let same = all.get_mut(&config.key).filter(|open| open.uid == config.uid && open.endpoints == endpoints);
        let is_new = same.is_none();
        let writer = if let Some(open) = same {
            if open.token.expose_secret() != token {
                open.token = token.into();
                open.writer.reader().set_token(token.into());
            }
            open.writer.clone()
        } else {
            let writer = self.opened(endpoints.clone(), token.into());
            let open =
                OpenConnection { uid: config.uid.clone(), endpoints, token: token.into(), writer: writer.clone() };
            all.insert(config.key.clone(), open);
            writer
        };
        configure(&writer, config);
        if is_new && let Some(time) = config.last_deletion {
            writer.reader().doubt_positions(time);
        }
        Ok(writer)
    }

    fn opened(&self, endpoints: ResolvedEndpoints, token: SecretString) -> Writer {
        Writer::new(Reader::new(ConnectionOptions {
            http: self.http.clone(),
            clock: self.clock,
            endpoints,
            token,
            observer: self.observer.clone(),
            concurrency: self.concurrency,
            leadership: Arc::clone(&self.leadership),
        }))
    }

    /// The connection with the last token, to delete external objects when the Secret is gone.
    pub(crate) fn remembered(&self, config: &ConfigView) -> Option<Writer> {
        self.open.lock().get(&config.key).filter(|open| open.uid == config.uid).map(|open| open.writer.clone())
    }

    /// Removes the connection of a config that is deleted, or now has another account.
    pub(crate) fn forget(&self, config: &ResourceKey) {
        self.open.lock().remove(config);
    }

    /// Lets no new call begin on any connection.
    pub(crate) fn close(&self) {
        for open in self.open.lock().values() {
            open.writer.reader().close();
        }
    }
}

fn configure(writer: &Writer, config: &ConfigView) {
    let rate = config.settings.rate_limit;
    let read_lag = SignedDuration::from_secs(config.settings.read_lag_seconds.into());
    writer.reader().configure(rate.requests_per_second.into(), rate.burst.into(), read_lag);
}
