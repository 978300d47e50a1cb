//! The objects in Pinghome's answers, by every name that their fields may have. No IO.

use serde_json::Value;

use crate::provider::json::{integer, nested, text, time, truth};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::{CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, InvitationAnswer, MemberRole, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::model::team::{ObservedTeam, TeamSettings};

/// The token's own customer.
pub(crate) fn customer(value: &Value) -> Option<ObservedCustomer> {
    nested(value, &["customer"]).find_map(|object| {
        let id = CustomerId::parse(&text(object, &["customer_id", "customerId", "id"])?)?;
        let organisation = ["organization", "organisation"].iter().find_map(|key| text(object.get(*key)?, &["name"]));
        let account_name = organisation.or_else(|| text(object, &["full_name", "fullName", "name"]));
        let short = |names: &[&str]| text(object, names).map(|text| text.chars().take(256).collect());
        Some(ObservedCustomer {
            id,
            account_name: account_name.map(|name| name.chars().take(256).collect()),
            email: short(&["email", "username"]),
            name: short(&["first_name", "firstName"]).or_else(|| short(&["name"]).filter(|_| has_surname(object))),
            surname: short(&["surname", "last_name", "lastName"]),
            full_name: short(&["full_name", "fullName"]).or_else(|| short(&["name"]).filter(|_| !has_surname(object))),
            team: own_team(object).and_then(|id| TeamId::parse(&id)),
        })
    })
}

/// The team of the customer: an object, or only an id.
fn own_team(customer: &Value) -> Option<String> {
    let within = customer.get("team").and_then(|team| text(team, &["team_id", "teamId", "id"]));
    within.or_else(|| text(customer, &["team_id", "teamId"]))
}

/// Whether there is a surname: beside a surname `name` is the first name, otherwise it is the full name.
fn has_surname(object: &Value) -> bool {
    text(object, &["surname", "last_name", "lastName"]).is_some()
}

/// A member of a team.
pub(crate) fn member(value: &Value) -> Option<ObservedMember> {
    Some(ObservedMember {
        email: email_key(&text(value, &["email", "channel_value", "channel"])?),
        id: CustomerId::parse(&text(value, &["customer_id", "customerId", "member_id", "id"])?)?,
        role: MemberRole::parse(&text(value, &["role"])?),
    })
}

/// An invitation to a team. Its e-mail is called `channel` in the list, and `channel_value` in the writes.
pub(crate) fn invitation(value: &Value) -> Option<Invitation> {
    let answer = InvitationAnswer::parse(&text(value, &["status"])?);
    let address = text(value, &["channel", "channel_value", "email"])?;
    Some(Invitation { email: email_key(&address), address, answer, reminded: time(value, &["reminded_at"]) })
}

/// A team.
pub(crate) fn team(value: &Value) -> Option<ObservedTeam> {
    Some(ObservedTeam {
        id: TeamId::parse(&text(value, &["team_id", "teamId", "id"])?)?,
        settings: TeamSettings { name: text(value, &["name"])? },
        member_count: integer(value, &["member_count"]),
        created: time(value, &["created_at"]),
    })
}

/// A service.
pub(crate) fn service(value: &Value) -> Option<ObservedService> {
    Some(ObservedService {
        id: ServiceId::parse(&text(value, &["service_id", "serviceId", "id"])?)?,
        settings: ServiceSettings { name: text(value, &["name"])? },
        resources: integer(value, &["resource_count"]),
        heartbeats: integer(value, &["heartbeat_count"]),
    })
}

/// A notification channel.
pub(crate) fn channel(value: &Value) -> Option<Channel> {
    let status = text(value, &["status"]).map(|status| status.to_lowercase());
    let word = |yes: &[&str], no: &[&str]| {
        let status = status.as_deref()?;
        if yes.contains(&status) { Some(true) } else { no.contains(&status).then_some(false) }
    };
    let enabled =
        truth(value, &["enabled", "is_enabled"]).or_else(|| word(&["enabled", "active"], &["disabled", "paused"]));
    let verified = truth(value, &["verified", "is_verified"])
        .or_else(|| verification(&text(value, &["verification_status"])?))
        .or_else(|| word(&["verified"], &["unverified", "pending"]));
    let address = text(value, &["value", "channel_value", "channel", "address"])?;
    let type_ = text(value, &["type", "channel_type"])?.to_lowercase();
    Some(Channel::new(&type_, Sensitive::new(address), integer(value, &["priority"])?, enabled, verified))
}

fn verification(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "verified" => Some(true),
        "unverified" | "pending" | "not_verified" => Some(false),
        _ => None,
    }
}
