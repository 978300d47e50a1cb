//! The reading of Pinghome's answers: what each call's answer contains, and when a refusal is an answer too. No IO.

use serde_json::Value;

use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::{integer, is_broken, list, nested, text, time};
use crate::provider::model::ids::{ChannelOwner, ServiceId, TeamId};
use crate::provider::model::team::{ObservedTeam, TeamSettings};
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::pinghome::objects::{channel, customer, invitation, member, service, team};

/// What the answer to a call contains. A read names what it reads.
pub(crate) enum AnswerKind<'a> {
    /// The token's own customer.
    Customer,
    /// All teams.
    Teams,
    /// The members of this team.
    Members(&'a TeamId),
    /// The invitations to this team.
    Invitations(&'a TeamId),
    /// The services of this team.
    Services(&'a TeamId),
    /// This service.
    Service(&'a ServiceId),
    /// The channels of this owner.
    Channels(&'a ChannelOwner),
    /// A new team with these settings.
    CreatedTeam(&'a TeamSettings),
    /// The id of a new service.
    CreatedService,
    /// Nothing of use: a new channel has no id.
    CreatedChannel,
    /// Nothing of use: a write was accepted.
    Done,
}

/// Reads the answer to a call.
///
/// # Errors
/// Every status but 2xx, a body that is broken, and a read whose body is in no known form.
pub(crate) fn read(call: &PinghomeCall, status: u16, body: &[u8]) -> Result<Answer, Failure> {
    let (kind, once, operation) = (kind(call), call.is_once(), call.operation());
    if !(200..300).contains(&status) {
        let failure = Failure::from_status(once, operation, status);
        return refused(&kind, failure.class).ok_or(failure);
    }
    let value = serde_json::from_slice(body).unwrap_or_default();
    let answer = if is_broken(body) { None } else { accepted(&kind, &value) };
    answer.ok_or_else(|| Failure::unreadable(once, operation))
}

/// What the answer to a call contains.
pub(crate) fn kind(call: &PinghomeCall) -> AnswerKind<'_> {
    match call {
        PinghomeCall::ReadCustomer => AnswerKind::Customer,
        PinghomeCall::ListTeams => AnswerKind::Teams,
        PinghomeCall::ListMembers { team } => AnswerKind::Members(team),
        PinghomeCall::ListInvitations { team } => AnswerKind::Invitations(team),
        PinghomeCall::ListServices { team } => AnswerKind::Services(team),
        PinghomeCall::ReadService { service } => AnswerKind::Service(service),
        PinghomeCall::ListChannels { owner, include: _, exclude: _ } => AnswerKind::Channels(owner),
        PinghomeCall::CreateTeam { settings } => AnswerKind::CreatedTeam(settings),
        PinghomeCall::CreateService { .. } => AnswerKind::CreatedService,
        PinghomeCall::CreateChannel { .. } => AnswerKind::CreatedChannel,
        PinghomeCall::UpdateCustomer { .. }
        | PinghomeCall::CloseCustomer { .. }
        | PinghomeCall::ChangeUsername { .. }
        | PinghomeCall::ConfirmUsername { .. }
        | PinghomeCall::UpdateChannel { .. }
        | PinghomeCall::VerifyChannel { .. }
        | PinghomeCall::DeleteChannel { .. }
        | PinghomeCall::TestChannel { .. }
        | PinghomeCall::EnableChannel { .. }
        | PinghomeCall::RenameTeam { .. }
        | PinghomeCall::DeleteTeam { .. }
        | PinghomeCall::Invite { .. }
        | PinghomeCall::Uninvite { .. }
        | PinghomeCall::RemoveMember { .. }
        | PinghomeCall::UpdateMember { .. }
        | PinghomeCall::RemindInvited { .. }
        | PinghomeCall::RenameService { .. }
        | PinghomeCall::DeleteService { .. } => AnswerKind::Done,
    }
}

/// The answer that a refusal gives, for the reads where it gives one.
fn refused(kind: &AnswerKind<'_>, class: Class) -> Option<Answer> {
    let is_gone = class == Class::Gone;
    let is_refused = is_gone || class == Class::Invalid;
    match kind {
        // P34 takes the id of a team or of a service: a provider that supports one of them refuses the other.
        AnswerKind::Services(_) => is_refused.then_some(Answer::NotListed),
        AnswerKind::Service(_) => is_refused.then_some(Answer::Service(None)),
        // An empty list may be "not found", as the list of an unknown team is.
        AnswerKind::Members(_) | AnswerKind::Invitations(_) | AnswerKind::Channels(_) => {
            is_gone.then_some(Answer::NotListed)
        }
        AnswerKind::Customer
        | AnswerKind::Teams
        | AnswerKind::CreatedTeam(_)
        | AnswerKind::CreatedService
        | AnswerKind::CreatedChannel
        | AnswerKind::Done => None,
    }
}

/// The answer in the body of a 2xx; `None` for a read in no known form. A write is done whatever its body contains.
fn accepted(kind: &AnswerKind<'_>, value: &Value) -> Option<Answer> {
    Some(match kind {
        AnswerKind::Customer => Answer::Customer(Box::new(customer(value)?)),
        AnswerKind::Teams => Answer::Teams(all(list(value, &["teams"])?, team)?),
        AnswerKind::Members(_) => Answer::Members(all(list(value, &["members"])?, member)?),
        AnswerKind::Invitations(_) => Answer::Invitations(all(list(value, &["invitations"])?, invitation)?),
        AnswerKind::Services(_) => match list(value, &["services"]) {
            Some(items) => Answer::Services(all(items, service)?),
            // One object says nothing about the team's other services.
            None => nested(value, &["service"]).find_map(service).map(|_| Answer::NotListed)?,
        },
        AnswerKind::Service(id) => Answer::Service(match list(value, &["services"]) {
            Some(items) => all(items, service)?.into_iter().find(|item| item.id == **id),
            None => Some(nested(value, &["service"]).find_map(service)?).filter(|item| item.id == **id),
        }),
        AnswerKind::Channels(_) => {
            Answer::Channels(all(list(value, &["channels", "notification_channels"])?, channel)?)
        }
        AnswerKind::CreatedTeam(settings) => created_team(settings, value),
        AnswerKind::CreatedService => {
            let id = created_id(value, &["service_id", "serviceId", "id"], &["service"]);
            Answer::Created(id.filter(|id| ServiceId::parse(id).is_some()))
        }
        AnswerKind::CreatedChannel => Answer::Created(None),
        AnswerKind::Done => Answer::Done,
    })
}

/// Reads every item. One that is not readable makes the whole list useless as a proof of absence.
fn all<T>(items: &[Value], read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    items.iter().map(read).collect()
}

fn created_team(settings: &TeamSettings, value: &Value) -> Answer {
    let id = created_id(value, &["team_id", "teamId", "id"], &["team"]);
    let Some(id) = id.and_then(|id| TeamId::parse(&id)) else { return Answer::Created(None) };
    let details = nested(value, &["team"]).find(|inner| inner.get("member_count").is_some());
    Answer::CreatedTeam(ObservedTeam {
        id,
        settings: settings.clone(),
        member_count: details.and_then(|inner| integer(inner, &["member_count"])),
        created: details.and_then(|inner| time(inner, &["created_at"])),
    })
}

fn created_id(value: &Value, names: &[&str], envelopes: &[&str]) -> Option<String> {
    let whole = value.as_str().filter(|text| looks_like_uuid(text)).map(str::to_owned);
    whole.or_else(|| nested(value, envelopes).find_map(|inner| text(inner, names)))
}

/// A bare string is an id only in the form that all ids have: it may be a message as well.
fn looks_like_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
