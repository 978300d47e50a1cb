//! What several resources of one account may name at once, such as a person whom two Teams list. No IO.

use crate::api::team::members::Role;

/// One subject that a resource names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Mention {
    /// What is named, in the form in which it is compared.
    pub(crate) subject: String,
    /// Whether the spec names it; if not, only status does, and the resource gives it up.
    pub(crate) is_wanted: bool,
    /// The role that the spec asks for.
    pub(crate) role: Option<Role>,
    /// The id of the person at the provider, if it is known.
    pub(crate) customer_id: Option<String>,
    /// Whether the resource writes nothing now: the plan of another resource does not change its object either.
    pub(crate) is_passive: bool,
}

/// What another resource of the account says of a subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OtherMention {
    /// The other resource, as `namespace/name`.
    pub(crate) name: String,
    /// The other resource's external object, if it has one yet.
    pub(crate) external_id: Option<String>,
    /// Whether the other spec names the subject; if not, that resource gives it up.
    pub(crate) is_wanted: bool,
    /// The role that the other spec asks for.
    pub(crate) role: Option<Role>,
    /// The id of the person at the provider, if the other resource knows it.
    pub(crate) customer_id: Option<String>,
    /// Whether the other resource writes nothing now.
    pub(crate) is_passive: bool,
}
