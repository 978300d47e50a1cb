//! What Pinghome's answers say, in every form that apis.md §3 accepts. No IO.

use serde_json::Value;

use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::{integer, is_broken, list, nested, text, time, truth};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::ids::{CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, InvitationAnswer, ObservedMember, email_key};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Method;

/// Reads the answer to a call.
///
/// # Errors
/// Every status but 2xx, and a read whose body is in no known form.
pub(crate) fn read(call: &PinghomeCall, status: u16, body: &[u8]) -> Result<Answer, Failure> {
    let (method, once) = (call.request().method, Call::from(call.clone()).is_once());
    if !(200..300).contains(&status) {
        let failure = Failure::from_status(once, call.operation(), status);
        return not_listed(call, &failure).ok_or(failure);
    }
    if method != Method::Get {
        return if is_broken(body) {
            Err(Failure::unreadable(once, call.operation()))
        } else {
            Ok(written(call, body))
        };
    }
    let value = serde_json::from_slice(body).ok();
    value.as_ref().and_then(|value| collection(call, value)).ok_or_else(|| Failure::unreadable(once, call.operation()))
}

/// P34 answers by team or by service (PU6): a refusal to answer one way is an answer, too. So is
/// it that a team without channels, or a channel list without its team, is not found.
fn not_listed(call: &PinghomeCall, failure: &Failure) -> Option<Answer> {
    let refused = matches!(failure.class, Class::Gone | Class::Invalid);
    match call {
        PinghomeCall::ListServices { .. } if refused => Some(Answer::NotListed),
        PinghomeCall::ListChannels { .. } | PinghomeCall::ListMembers { .. } | PinghomeCall::ListInvitations { .. }
            if failure.class == Class::Gone =>
        {
            Some(Answer::NotListed)
        }
        PinghomeCall::ReadService { .. } if refused => Some(Answer::Service(None)),
        _ => None,
    }
}

/// Any 2xx means that a write is done; a create's body may hold an id (PU1–PU3).
fn written(call: &PinghomeCall, body: &[u8]) -> Answer {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    match call {
        PinghomeCall::CreateTeam { name } => {
            match made_id(&value, &["team_id", "teamId", "id"], &["team"]).and_then(|id| TeamId::parse(&id)) {
                Some(id) => {
                    let details = nested(&value, &["team"]).find(|inner| inner.get("member_count").is_some());
                    let member_count = details.and_then(|inner| integer(inner, &["member_count"]));
                    let created = details.and_then(|inner| time(inner, &["created_at"]));
                    Answer::CreatedTeam(ObservedTeam { id, name: name.clone(), member_count, created })
                }
                None => Answer::Created(None),
            }
        }
        PinghomeCall::CreateService { .. } => Answer::Created(
            made_id(&value, &["service_id", "serviceId", "id"], &["service"])
                .filter(|id| ServiceId::parse(id).is_some()),
        ),
        PinghomeCall::CreateChannel { .. } => Answer::Created(None),
        _ => Answer::Done,
    }
}

fn made_id(value: &Value, names: &[&str], envelopes: &[&str]) -> Option<String> {
    let whole = value.as_str().filter(|text| looks_like_uuid(text)).map(str::to_owned);
    whole.or_else(|| nested(value, envelopes).find_map(|inner| text(inner, names)))
}

/// A bare string is taken for an id only in the form that all ids have: it may be a message as well.
fn looks_like_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn collection(call: &PinghomeCall, value: &Value) -> Option<Answer> {
    match call {
        PinghomeCall::ReadCustomer => customer(value).map(|customer| Answer::Customer(Box::new(customer))),
        PinghomeCall::ListTeams => all(list(value, &["teams"])?, team).map(Answer::Teams),
        PinghomeCall::ListChannels { .. } => {
            all(list(value, &["channels", "notification_channels"])?, channel).map(Answer::Channels)
        }
        PinghomeCall::ListServices { .. } => Some(match list(value, &["services"]) {
            Some(items) => Answer::Services(all(items, service)?),
            // One object says nothing of the team's other services.
            None => nested(value, &["service"]).find_map(service).map(|_| Answer::NotListed)?,
        }),
        PinghomeCall::ReadService { service: id } => Some(Answer::Service(match list(value, &["services"]) {
            Some(items) => all(items, service)?.into_iter().find(|item| item.id == *id),
            None => Some(nested(value, &["service"]).find_map(service)?).filter(|item| item.id == *id),
        })),
        PinghomeCall::ListMembers { .. } => all(list(value, &["members"])?, member).map(Answer::Members),
        PinghomeCall::ListInvitations { .. } => {
            all(list(value, &["invitations"])?, invitation).map(Answer::Invitations)
        }
        _ => None,
    }
}

/// Every item must be readable: one that is not makes the whole list unusable as a proof of absence.
fn all<T>(items: &[Value], read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    items.iter().map(read).collect()
}

fn customer(value: &Value) -> Option<ObservedCustomer> {
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

/// The team of P1 is an object or only an id.
fn own_team(customer: &Value) -> Option<String> {
    let within = customer.get("team").and_then(|team| text(team, &["team_id", "teamId", "id"]));
    within.or_else(|| text(customer, &["team_id", "teamId"]))
}

/// `name` is a first name where a surname stands beside it, and a full name where none does.
fn has_surname(object: &Value) -> bool {
    text(object, &["surname", "last_name", "lastName"]).is_some()
}

fn member(value: &Value) -> Option<ObservedMember> {
    Some(ObservedMember {
        email: email_key(&text(value, &["email", "channel_value", "channel"])?),
        id: CustomerId::parse(&text(value, &["customer_id", "customerId", "member_id", "id"])?)?,
        role: text(value, &["role"])?.to_lowercase(),
    })
}

/// The address is called `channel` in the list and `channel_value` in the writes (P17).
fn invitation(value: &Value) -> Option<Invitation> {
    let answer = match text(value, &["status"])?.to_lowercase().as_str() {
        "pending" => InvitationAnswer::Pending,
        "accepted" => InvitationAnswer::Accepted,
        "declined" => InvitationAnswer::Declined,
        _ => InvitationAnswer::Unknown,
    };
    let email = email_key(&text(value, &["channel", "channel_value", "email"])?);
    Some(Invitation { email, answer, reminded: time(value, &["reminded_at"]) })
}

fn team(value: &Value) -> Option<ObservedTeam> {
    Some(ObservedTeam {
        id: TeamId::parse(&text(value, &["team_id", "teamId", "id"])?)?,
        name: text(value, &["name"])?,
        member_count: integer(value, &["member_count"]),
        created: time(value, &["created_at"]),
    })
}

fn service(value: &Value) -> Option<ObservedService> {
    Some(ObservedService {
        id: ServiceId::parse(&text(value, &["service_id", "serviceId", "id"])?)?,
        name: text(value, &["name"])?,
        resources: integer(value, &["resource_count"]),
        heartbeats: integer(value, &["heartbeat_count"]),
    })
}

fn channel(value: &Value) -> Option<Channel> {
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
