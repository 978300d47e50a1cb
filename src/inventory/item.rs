//! What a listing needs to know of an item. No IO.

use crate::provider::model::account::AccountEntry;
use crate::provider::model::channel::Channel;
use crate::provider::model::member::{Invitation, Member};
use crate::provider::model::service::Service;
use crate::provider::model::team::Team;

/// Something that has an id and a name.
pub(crate) trait Item {
    /// Unique in its list.
    fn id(&self) -> &str;
    /// Not unique.
    fn name(&self) -> &str;
}

impl Item for Channel {
    fn id(&self) -> &str {
        &self.key
    }
    fn name(&self) -> &str {
        &self.type_
    }
}

impl Item for Team {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Item for Service {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Item for AccountEntry {
    fn id(&self) -> &str {
        self.id.as_str()
    }
    /// The primary account is never found by its name (NU12).
    fn name(&self) -> &str {
        if self.primary { "" } else { &self.name }
    }
}

impl Item for Member {
    fn id(&self) -> &str {
        &self.email
    }
    fn name(&self) -> &str {
        self.id.as_str()
    }
}

impl Item for Invitation {
    fn id(&self) -> &str {
        &self.email
    }
    fn name(&self) -> &'static str {
        ""
    }
}
