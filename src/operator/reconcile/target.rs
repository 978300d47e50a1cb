//! What a reconcile works on, once its references are resolved.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::provider_config::view::ConfigView;
use crate::connection::writer::Writer;
use crate::plan::managed::Managed;
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
    /// `resyncIntervalSeconds`: how often the provider is checked; zero: never.
    pub(crate) interval: SignedDuration,
    /// `readLagSeconds`: how long the provider's lists may lag behind a write.
    pub(crate) read_lag: SignedDuration,
}
