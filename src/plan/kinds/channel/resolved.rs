//! A channel as the spec wants it, its references resolved. No IO.

use crate::provider::model::ids::TeamId;
use crate::provider::model::sensitive::Sensitive;

/// A channel as wanted, its references filled in.
pub(crate) struct ResolvedChannel {
    /// The owning team; absent: the token's own customer.
    pub(crate) team: Option<TeamId>,
    pub(crate) value: Sensitive,
    /// The code for its verification, if somebody has typed it.
    pub(crate) code: Option<Sensitive>,
}
