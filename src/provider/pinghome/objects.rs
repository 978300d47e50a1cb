//! The objects in Pinghome's answers, by every name that their fields may have. No IO.

use serde_json::Value;

use crate::provider::json::{count, cut, integer, name, nested, short, text, time, truth, word};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::{ObservedCustomer, OwnTeam};
use crate::provider::model::ids::{CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, InvitationAnswer, MemberRole, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::model::team::{ObservedTeam, TeamSettings};

/// The longest name of a person or an organisation that is kept, in characters.
const LONGEST_TEXT: usize = 256;
/// The longest e-mail, in characters.
const LONGEST_EMAIL: usize = 254;
/// The highest position of a channel that makes sense.
const MOST_CHANNELS: i64 = 1_000_000;

/// The token's own customer.
pub(crate) fn customer(value: &Value) -> Option<ObservedCustomer> {
    nested(value, &["customer"]).find_map(|object| {
        let id = CustomerId::parse(&text(object, &["customer_id", "customerId", "id"])?)?;
        let organisation = ["organization", "organisation"].iter().find_map(|key| text(object.get(*key)?, &["name"]));
        let account_name = organisation.or_else(|| text(object, &["full_name", "fullName", "name"]));
        let short = |names: &[&str]| short(object, names, LONGEST_TEXT);
        Some(ObservedCustomer {
            id,
            account_name: account_name.map(|name| cut(&name, LONGEST_TEXT)),
            email: short(&["email", "username"]).map(|email| cut(&email, LONGEST_EMAIL)),
            name: short(&["first_name", "firstName"]).or_else(|| short(&["name"]).filter(|_| has_surname(object))),
            surname: short(&["surname", "last_name", "lastName"]),
            full_name: short(&["full_name", "fullName"]).or_else(|| short(&["name"]).filter(|_| !has_surname(object))),
            team: own_team(object),
        })
    })
}

/// The team of the customer: an object, or only an id. `null` says that there is none.
fn own_team(customer: &Value) -> OwnTeam {
    let within = customer.get("team").and_then(|team| text(team, &["team_id", "teamId", "id"]));
    let id = within.or_else(|| text(customer, &["team_id", "teamId"])).and_then(|id| TeamId::parse(&id));
    let mut told = ["team", "team_id", "teamId"].iter().filter_map(|name| customer.get(*name)).peekable();
    let is_nowhere = told.peek().is_some() && told.all(Value::is_null);
    match id {
        Some(id) => OwnTeam::Shown(id),
        None if is_nowhere => OwnTeam::Nowhere,
        None => OwnTeam::Unknown,
    }
}

/// Whether there is a surname: beside a surname `name` is the first name, otherwise it is the full name.
fn has_surname(object: &Value) -> bool {
    text(object, &["surname", "last_name", "lastName"]).is_some()
}

/// A member of a team.
///
/// # Errors
/// The field that cannot be read; the same in each of the following.
pub(crate) fn member(value: &Value) -> Result<ObservedMember, &'static str> {
    let id = text(value, &["customer_id", "customerId", "member_id", "id"]).and_then(|id| CustomerId::parse(&id));
    Ok(ObservedMember {
        email: email_key(&address(value, &["email", "channel_value", "channel"]).ok_or("email")?),
        id: id.ok_or("customer_id")?,
        role: MemberRole::parse(&text(value, &["role"]).ok_or("role")?),
    })
}

/// An invitation to a team. Its e-mail is called `channel` in the list, and `channel_value` in the writes.
pub(crate) fn invitation(value: &Value) -> Result<Invitation, &'static str> {
    let answer = InvitationAnswer::parse(&text(value, &["status"]).ok_or("status")?);
    let address = address(value, &["channel", "channel_value", "email"]).ok_or("channel")?;
    Ok(Invitation { email: email_key(&address), address, answer, reminded: time(value, &["reminded_at"]) })
}

/// An e-mail as it is written; none that is longer than any e-mail.
fn address(value: &Value, names: &[&str]) -> Option<String> {
    text(value, names).filter(|email| email.chars().count() <= LONGEST_EMAIL)
}

/// A team.
pub(crate) fn team(value: &Value) -> Result<ObservedTeam, &'static str> {
    let id = text(value, &["team_id", "teamId", "id"]).and_then(|id| TeamId::parse(&id));
    Ok(ObservedTeam {
        id: id.ok_or("team_id")?,
        settings: TeamSettings { name: name(value, &["name"]).ok_or("name")? },
        member_count: count(value, &["member_count"]),
        created: time(value, &["created_at"]),
    })
}

/// A service.
pub(crate) fn service(value: &Value) -> Result<ObservedService, &'static str> {
    let id = text(value, &["service_id", "serviceId", "id"]).and_then(|id| ServiceId::parse(&id));
    Ok(ObservedService {
        id: id.ok_or("service_id")?,
        settings: ServiceSettings { name: name(value, &["name"]).ok_or("name")? },
        resources: count(value, &["resource_count"]),
        heartbeats: count(value, &["heartbeat_count"]),
        is_assumed: false,
    })
}

/// A notification channel. A call names it by its position, so an item without one that makes sense is not read.
pub(crate) fn channel(value: &Value) -> Result<Channel, &'static str> {
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
    let address = text(value, &["value", "channel_value", "channel", "address"]).ok_or("value")?;
    let type_ = self::word(value, &["type", "channel_type"]).ok_or("type")?.to_lowercase();
    let priority = integer(value, &["priority"]).filter(|position| (0..=MOST_CHANNELS).contains(position));
    Ok(Channel::new(&type_, Sensitive::new(address), priority.ok_or("priority")?, enabled, verified))
}

fn verification(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "verified" => Some(true),
        "unverified" | "pending" | "not_verified" => Some(false),
        _ => None,
    }
}
