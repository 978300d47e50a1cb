//! The HTTP request of each Pinghome call. No IO.
//!
//! Every field of every call is named here: a field that is not sent does not compile, unless it is ignored by name.

use serde_json::{Value, json};

use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::service::ServiceSettings;
use crate::provider::model::team::TeamSettings;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::{Host, Method, Request};

impl PinghomeCall {
    /// The HTTP request, without the credential.
    pub(crate) fn request(&self) -> Request {
        match self {
            Self::ReadCustomer => customer(Method::Get, "/v1/customer"),
            Self::UpdateCustomer { name, surname } => {
                customer(Method::Patch, "/v1/customer").with(json!({"name": name, "surname": surname}))
            }
            Self::CloseCustomer { reason } => customer(Method::Delete, "/v1/customer").with(json!({"reason": reason})),
            Self::ChangeUsername { email } => {
                customer(Method::Put, "/v1/customer/username").with(json!({"email": email.expose()}))
            }
            // The provider knows to which e-mail the code belongs.
            Self::ConfirmUsername { code, email: _ } => {
                customer(Method::Patch, "/v1/customer/username").with(json!({"code": code.expose()}))
            }
            Self::CreateChannel { owner, value, type_ } => {
                channel(Method::Post, owner, "").with(json!({"value": value.expose(), "type": type_}))
            }
            Self::ListChannels { owner, include, exclude } => {
                let filters = [("include_types", include), ("exclude_types", exclude)];
                let given = filters.into_iter().filter(|(_, types)| !types.is_empty());
                let query = given.map(|(name, types)| (name, types.join(","))).collect();
                Request { query, ..channel(Method::Get, owner, "s") }
            }
            Self::UpdateChannel { owner, value, priority } => {
                channel(Method::Put, owner, "").with(json!({"value": value.expose(), "priority": priority}))
            }
            Self::VerifyChannel { owner, code, priority } => channel(Method::Patch, owner, "/verification")
                .with(json!({"code": code.expose(), "priority": priority})),
            Self::DeleteChannel { owner, priority } => {
                Request { query: vec![("priority", priority.to_string())], ..channel(Method::Delete, owner, "") }
            }
            Self::TestChannel { owner, priority } => {
                channel(Method::Post, owner, "/test").with(json!({"priority": priority}))
            }
            Self::EnableChannel { owner, enabled, priority } => {
                channel(Method::Put, owner, "/enabled").with(json!({"enabled": enabled, "priority": priority}))
            }
            Self::CreateTeam { settings: TeamSettings { name } } => {
                customer(Method::Post, "/v1/team").with(json!({"name": name}))
            }
            Self::ListTeams => customer(Method::Get, "/v1/teams"),
            Self::RenameTeam { team, settings: TeamSettings { name } } => {
                customer(Method::Put, format!("/v1/team/{team}")).with(json!({"name": name}))
            }
            Self::DeleteTeam { team } => customer(Method::Delete, format!("/v1/team/{team}")),
            Self::ListInvitations { team } => customer(Method::Get, format!("/v1/team/{team}/invitations")),
            Self::Invite { team, channel_value, channel_type } => {
                customer(Method::Post, format!("/v1/team/{team}/invitation"))
                    .with(json!({"channel_value": channel_value.expose(), "channel_type": channel_type}))
            }
            Self::Uninvite { team, channel_value } => customer(Method::Delete, format!("/v1/team/{team}/invitation"))
                .with(json!({"channel_value": channel_value.expose()})),
            Self::ListMembers { team } => customer(Method::Get, format!("/v1/team/{team}/members")),
            Self::RemoveMember { team, member } => customer(Method::Delete, format!("/v1/team/{team}/member/{member}")),
            Self::UpdateMember { team, member, role, new_team } => {
                customer(Method::Patch, format!("/v1/team/{team}/member/{member}"))
                    .with(json!({"role": role.as_str(), "new_team_id": new_team.as_str()}))
            }
            Self::RemindInvited { team, channel_value } => {
                customer(Method::Post, format!("/v1/team/{team}/invitation/reminder"))
                    .with(json!({"channel_value": channel_value.expose()}))
            }
            Self::CreateService { team, settings: ServiceSettings { name } } => {
                resource(Method::Post, "/v1/service").with(json!({"name": name, "team_id": team.as_str()}))
            }
            Self::RenameService { service, settings: ServiceSettings { name } } => {
                resource(Method::Put, format!("/v1/service/{service}")).with(json!({"name": name}))
            }
            Self::DeleteService { service } => resource(Method::Delete, format!("/v1/service/{service}")),
            Self::ListServices { team } => resource(Method::Get, format!("/v1/team-service/{team}")),
            Self::ReadService { service } => resource(Method::Get, format!("/v1/team-service/{service}")),
        }
    }
}

fn channel(method: Method, owner: &ChannelOwner, end: &str) -> Request {
    customer(method, format!("/v1/{}/notification-channel{end}", owner.path()))
}

fn customer(method: Method, path: impl Into<String>) -> Request {
    let host = if method == Method::Get { Host::CustomerQuery } else { Host::CustomerCommand };
    // These reads have a content type, and a DELETE without a body has none.
    Request { method, host, path: path.into(), query: Vec::new(), json: method != Method::Delete, body: None }
}

fn resource(method: Method, path: impl Into<String>) -> Request {
    let host = if method == Method::Get { Host::ResourceQuery } else { Host::ResourceCommand };
    Request { method, host, path: path.into(), query: Vec::new(), json: false, body: None }
}

impl Request {
    fn with(self, body: Value) -> Self {
        Self { json: true, body: Some(body), ..self }
    }
}
