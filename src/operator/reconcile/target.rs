//! What a reconcile works on, once its references are resolved.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::provider_config::view::ConfigView;
use crate::connection::writer::Writer;
use crate::inventory::Inventory;
use crate::plan::managed::Managed;
use crate::plan::resync_pace::interval;
use crate::provider::model::sensitive::Sensitive;

/// What a resource is planned from: a connection and its resolved spec.
pub(crate) struct Target<T: Managed> {
    /// The config that the resource uses.
    pub(crate) config: Arc<ConfigView>,
    /// The connection to the provider.
    pub(crate) writer: Writer,
    /// The spec with its references resolved; absent only if a deleted resource refers to something that is gone.
    pub(crate) resolved: Option<T::Resolved>,
    /// The values from Secrets that the spec refers to: no message may repeat them.
    pub(crate) secrets: Vec<Sensitive>,
    /// `readLagSeconds`: how long the provider's lists may lag behind a write.
    pub(crate) read_lag: SignedDuration,
}

impl<T: Managed> Target<T> {
    /// How often the provider is checked; zero: never. It is `resyncIntervalSeconds`, or longer if the rate asks for that.
    pub(crate) fn interval(&self) -> SignedDuration {
        let (asked, reader) = (self.config.settings.resync_interval(), self.writer.reader());
        interval(asked, reader.known(Inventory::calls_to_read_again), reader.rate())
    }
}
