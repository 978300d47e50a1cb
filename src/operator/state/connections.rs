//! The connections that are open, one a config. A changed Secret changes the token, not the connection.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use parking_lot::{Mutex, MutexGuard};
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

    fn open(&self) -> MutexGuard<'_, HashMap<ResourceKey, OpenConnection>> {
        self.open.lock()
    }

    /// The connection of a config with this token.
    pub(crate) fn get(&self, config: &ConfigView, token: &str) -> Result<Writer, NotAllowed> {
        let endpoints = ResolvedEndpoints::resolve(&config.settings, &self.allowed)?;
        let mut all = self.open();
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

    /// The connection with the last good token, for deleting what it made when its Secret is gone.
    pub(crate) fn remembered(&self, config: &ConfigView) -> Option<Writer> {
        self.open().get(&config.key).filter(|open| open.uid == config.uid).map(|open| open.writer.clone())
    }

    /// The config is gone.
    pub(crate) fn forget(&self, config: &ResourceKey) {
        self.open().remove(config);
    }

    pub(crate) fn close(&self) {
        for open in self.open().values() {
            open.writer.reader().close();
        }
    }
}

fn configure(writer: &Writer, config: &ConfigView) {
    let rate = config.settings.rate_limit;
    let read_lag = SignedDuration::from_secs(config.settings.read_lag_seconds.into());
    writer.reader().configure(rate.requests_per_second.into(), rate.burst.into(), read_lag);
}
