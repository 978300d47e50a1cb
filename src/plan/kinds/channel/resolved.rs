//! A channel as the spec wants it, its references resolved. No IO.

use crate::plan::references::SecretValue;
use crate::provider::model::ids::TeamId;
use crate::provider::model::sensitive::Sensitive;

/// A channel as the spec wants it, its references resolved.
pub(crate) struct ResolvedChannel {
    /// The owning team; absent: the token's own customer.
    pub(crate) team: Option<TeamId>,
    /// The type, such as `email`.
    pub(crate) type_: String,
    /// The address.
    pub(crate) value: SecretValue,
    /// Whether the channel gets notifications.
    pub(crate) enabled: bool,
    /// Whether the spec names where a code comes from.
    pub(crate) is_verifiable: bool,
    /// The code for its verification, if it is in the Secret.
    pub(crate) code: Option<Sensitive>,
}
