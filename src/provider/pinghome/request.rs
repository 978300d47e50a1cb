//! Each call's HTTP request, exactly as the seeds show it. No IO.

use serde_json::{Value, json};

use crate::provider::model::ids::ChannelOwner;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::{Host, Method, Request};

impl PinghomeCall {
    /// The HTTP request, the credential aside.
    pub(crate) fn request(&self) -> Request {
        match self {
            Self::ReadCustomer
            | Self::UpdateCustomer { .. }
            | Self::CloseCustomer { .. }
            | Self::ChangeUsername { .. }
            | Self::ConfirmUsername { .. } => self.customer_request(),
            Self::CreateChannel { owner, .. }
            | Self::ListChannels { owner, .. }
            | Self::UpdateChannel { owner, .. }
            | Self::VerifyChannel { owner, .. }
            | Self::DeleteChannel { owner, .. }
            | Self::TestChannel { owner, .. }
            | Self::EnableChannel { owner, .. } => self.channel_request(owner),
            Self::CreateService { name, team } => {
                resource("/v1/service".into(), Method::Post).with(json!({"name": name, "team_id": team.as_str()}))
            }
            Self::RenameService { service, name } => {
                resource(format!("/v1/service/{service}"), Method::Put).with(json!({"name": name}))
            }
            Self::DeleteService { service } => resource(format!("/v1/service/{service}"), Method::Delete),
            Self::ListServices { team } => resource(format!("/v1/team-service/{team}"), Method::Get),
            Self::ReadService { service } => resource(format!("/v1/team-service/{service}"), Method::Get),
            _ => self.team_request(),
        }
    }

    fn customer_request(&self) -> Request {
        let profile = |method| customer("/v1/customer".to_owned(), method);
        let username = |method| customer("/v1/customer/username".to_owned(), method);
        match self {
            Self::UpdateCustomer { name, surname } => {
                profile(Method::Patch).with(json!({"name": name, "surname": surname}))
            }
            Self::CloseCustomer { reason } => profile(Method::Delete).with(json!({"reason": reason})),
            Self::ChangeUsername { email } => username(Method::Put).with(json!({"email": email.expose()})),
            Self::ConfirmUsername { code, .. } => username(Method::Patch).with(json!({"code": code.expose()})),
            _ => profile(Method::Get),
        }
    }

    fn channel_request(&self, owner: &ChannelOwner) -> Request {
        let at = |end: &str, method| customer(format!("/v1/{}/notification-channel{end}", owner.path()), method);
        match self {
            Self::CreateChannel { value, type_, .. } => {
                at("", Method::Post).with(json!({"value": value.expose(), "type": type_}))
            }
            Self::UpdateChannel { value, priority, .. } => {
                at("", Method::Put).with(json!({"value": value.expose(), "priority": priority}))
            }
            Self::VerifyChannel { code, priority, .. } => {
                at("/verification", Method::Patch).with(json!({"code": code.expose(), "priority": priority}))
            }
            Self::DeleteChannel { priority, .. } => {
                Request { query: vec![("priority", priority.to_string())], ..at("", Method::Delete) }
            }
            Self::TestChannel { priority, .. } => at("/test", Method::Post).with(json!({"priority": priority})),
            Self::EnableChannel { enabled, priority, .. } => {
                at("/enabled", Method::Put).with(json!({"enabled": enabled, "priority": priority}))
            }
            Self::ListChannels { include, exclude, .. } => {
                let filters = [("include_types", include), ("exclude_types", exclude)];
                let given = filters.into_iter().filter(|(_, types)| !types.is_empty());
                Request { query: given.map(|(name, types)| (name, types.join(","))).collect(), ..at("s", Method::Get) }
            }
            _ => at("", Method::Get),
        }
    }

    fn team_request(&self) -> Request {
        let at = |path: String, method| customer(format!("/v1/{path}"), method);
        match self {
            Self::CreateTeam { name } => at("team".into(), Method::Post).with(json!({"name": name})),
            Self::RenameTeam { team, name } => at(format!("team/{team}"), Method::Put).with(json!({"name": name})),
            Self::DeleteTeam { team } => at(format!("team/{team}"), Method::Delete),
            Self::ListInvitations { team } => at(format!("team/{team}/invitations"), Method::Get),
            Self::Invite { team, channel_value, channel_type } => at(format!("team/{team}/invitation"), Method::Post)
                .with(json!({"channel_value": channel_value.expose(), "channel_type": channel_type})),
            Self::Uninvite { team, channel_value } => at(format!("team/{team}/invitation"), Method::Delete)
                .with(json!({"channel_value": channel_value.expose()})),
            Self::ListMembers { team } => at(format!("team/{team}/members"), Method::Get),
            Self::RemoveMember { team, member } => at(format!("team/{team}/member/{member}"), Method::Delete),
            Self::UpdateMember { team, member, role, new_team } => {
                at(format!("team/{team}/member/{member}"), Method::Patch)
                    .with(json!({"role": role, "new_team_id": new_team.as_str()}))
            }
            Self::RemindInvited { team, channel_value } => at(format!("team/{team}/invitation/reminder"), Method::Post)
                .with(json!({"channel_value": channel_value.expose()})),
            _ => at("teams".into(), Method::Get),
        }
    }
}

fn customer(path: String, method: Method) -> Request {
    let host = if method == Method::Get { Host::CustomerQuery } else { Host::CustomerCommand };
    // The seeds send a content type with these reads, and none with a DELETE that has no body.
    Request { method, host, path, query: Vec::new(), json: method != Method::Delete, body: None }
}

fn resource(path: String, method: Method) -> Request {
    let host = if method == Method::Get { Host::ResourceQuery } else { Host::ResourceCommand };
    Request { method, host, path, query: Vec::new(), json: false, body: None }
}

impl Request {
    fn with(self, body: Value) -> Self {
        Self { json: true, body: Some(body), ..self }
    }
}
