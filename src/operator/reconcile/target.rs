//! What a reconcile works on, once its references are resolved.

use jiff::SignedDuration;

use crate::connection::writer::Writer;
use crate::operator::provider_config::view::ConfigView;
use crate::plan::managed::Managed;

/// What a resource needs to be planned: a connection, and its spec understood.
pub(crate) struct Target<T: Managed> {
    pub(crate) config: ConfigView,
    pub(crate) writer: Writer,
    /// Absent only on deletion, when the references are gone.
    pub(crate) resolved: Option<T::Resolved>,
    pub(crate) interval: SignedDuration,
    pub(crate) read_lag: SignedDuration,
}
