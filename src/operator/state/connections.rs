//! The connections that are open, one a config. A changed Secret changes the token, not the connection.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use parking_lot::{Mutex, MutexGuard};
use secrecy::{ExposeSecret, SecretString};

use crate::connection::clock::Clock;
use crate::connection::endpoints::{AllowedEndpoints, Endpoints, NotAllowed};
use crate::connection::http::Http;
use crate::connection::options::{Observer, Parts, Tenure};
use crate::connection::reader::Reader;
use crate::connection::writer::Writer;
use crate::operator::provider_config::view::View;
use crate::operator::state::index::Key;

struct Open {
    uid: String,
    endpoints: Endpoints,
    token: SecretString,
    writer: Writer,
}

pub(crate) struct Connections {
    open: Mutex<HashMap<Key, Open>>,
    http: Http,
    clock: Clock,
    allowed: AllowedEndpoints,
    observer: Observer,
    concurrency: usize,
    tenure: Tenure,
}

impl Connections {
    pub(crate) fn new(
        http: Http,
        clock: Clock,
        allowed: AllowedEndpoints,
        observer: Observer,
        concurrency: usize,
        tenure: Tenure,
    ) -> Self {
        Self { open: Mutex::default(), http, clock, allowed, observer, concurrency, tenure }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Key, Open>> {
        self.open.lock()
    }

    /// The connection of a config with this token.
    pub(crate) fn get(&self, config: &View, token: &str) -> Result<Writer, NotAllowed> {
        let endpoints = Endpoints::resolve(&config.settings, &self.allowed)?;
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
            let open = Open { uid: config.uid.clone(), endpoints, token: token.into(), writer: writer.clone() };
            all.insert(config.key.clone(), open);
            writer
        };
        configure(&writer, config);
        if is_new && let Some(time) = config.last_deletion {
            writer.reader().doubt_positions(time);
        }
        Ok(writer)
    }

    fn opened(&self, endpoints: Endpoints, token: SecretString) -> Writer {
        Writer::new(Reader::new(Parts {
            http: self.http.clone(),
            clock: self.clock,
            endpoints,
            token,
            observer: self.observer.clone(),
            concurrency: self.concurrency,
            tenure: Arc::clone(&self.tenure),
        }))
    }

    /// The connection with the last good token, for deleting what it made when its Secret is gone.
    pub(crate) fn remembered(&self, config: &View) -> Option<Writer> {
        self.open().get(&config.key).filter(|open| open.uid == config.uid).map(|open| open.writer.clone())
    }

    /// The config is gone.
    pub(crate) fn forget(&self, config: &Key) {
        self.open().remove(config);
    }

    pub(crate) fn close(&self) {
        for open in self.open().values() {
            open.writer.reader().close();
        }
    }
}

fn configure(writer: &Writer, config: &View) {
    let rate = config.settings.rate_limit;
    let read_lag = SignedDuration::from_secs(config.settings.read_lag_seconds.into());
    writer.reader().configure(rate.requests_per_second.into(), rate.burst.into(), read_lag);
}
