//! The reading of Pinghome's answers: what each call's answer contains, and when a refusal is an answer too. No IO.

use serde_json::Value;

use crate::provider::answer::{Answer, Page};
use crate::provider::envelope::Envelope;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::{count, has_error, is_same_name, list, nested, text, time};
use crate::provider::model::ids::{ChannelOwner, ServiceId, TeamId};
use crate::provider::model::list::List;
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::model::team::{ObservedTeam, TeamSettings};
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::pinghome::objects::{channel, customer, invitation, member, service, team};
use crate::provider::proof::{Form, Proof, Repetition};

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
    /// The id of a new service with these settings.
    CreatedService(&'a ServiceSettings),
    /// Nothing of use: a new channel has no id.
    CreatedChannel,
    /// Nothing of use: a write was accepted.
    Done,
}

impl AnswerKind<'_> {
    /// The fields of an envelope under which the list may stand, beside the usual ones; `None` if it is no list.
    fn list_names(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Teams => Some(&["teams"]),
            Self::Members(_) => Some(&["members"]),
            Self::Invitations(_) => Some(&["invitations"]),
            Self::Services(_) | Self::Service(_) => Some(&["services"]),
            Self::Channels(_) => Some(&["channels", "notification_channels"]),
            Self::Customer | Self::CreatedTeam(_) | Self::CreatedService(_) | Self::CreatedChannel | Self::Done => None,
        }
    }
}

/// Reads one answer to a call, which may be a page of a list.
///
/// # Errors
/// An answer that does not prove that the call was done, and a body in no known form.
pub(crate) fn read(call: &PinghomeCall, status: u16, body: &[u8]) -> Result<Page, Failure> {
    let (once, operation, kind) = (call.is_once(), call.operation(), kind(call));
    let request = call.request();
    let (repetition, form) = (Repetition::of(once, request.method), Form::of(body));
    if Proof::of(repetition, status, form) != Proof::Done {
        let failure = Failure::of_answer(repetition, operation, status, form);
        if is_answered_by(&kind, &failure) {
            return Ok(Page { answer: Answer::NotFound, shown: None, envelope: Envelope::default() });
        }
        return Err(failure.at_wrong_address(repetition, operation, request.host));
    }
    let value = serde_json::from_slice(body).unwrap_or_default();
    if has_error(&value) {
        return Err(Failure::unreadable(once, operation));
    }
    let answer = accepted(&kind, &value).ok_or_else(|| Failure::unreadable(once, operation))?;
    let shown = kind.list_names().and_then(|names| list(&value, names)).map(Vec::len);
    Ok(Page { answer, shown, envelope: Envelope::of(&value) })
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
        PinghomeCall::CreateService { team: _, settings } => AnswerKind::CreatedService(settings),
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

/// Whether a refusal answers a read: it is about what was asked for, and not about who asks, how or when.
fn is_answered_by(kind: &AnswerKind<'_>, &Failure { class, status, .. }: &Failure) -> bool {
    match kind {
        // P34 takes the id of a team or of a service: a provider that supports one of them refuses the other.
        AnswerKind::Services(_) | AnswerKind::Service(_) => {
            class == Class::Gone || (class == Class::Invalid && matches!(status, 400 | 422))
        }
        // An empty list may be "not found", as the list of an unknown team is.
        AnswerKind::Members(_) | AnswerKind::Invitations(_) | AnswerKind::Channels(_) => class == Class::Gone,
        AnswerKind::Customer
        | AnswerKind::Teams
        | AnswerKind::CreatedTeam(_)
        | AnswerKind::CreatedService(_)
        | AnswerKind::CreatedChannel
        | AnswerKind::Done => false,
    }
}

/// The answer in the body of a 2xx. A write is done whatever its body contains.
fn accepted(kind: &AnswerKind<'_>, value: &Value) -> Option<Answer> {
    let items = || list(value, kind.list_names()?);
    Some(match kind {
        AnswerKind::Customer => Answer::Customer(Box::new(customer(value)?)),
        AnswerKind::Teams => Answer::Teams(List::read(items()?, team)?),
        AnswerKind::Members(_) => Answer::Members(List::read(items()?, member)?),
        AnswerKind::Invitations(_) => Answer::Invitations(List::read(items()?, invitation)?),
        AnswerKind::Services(_) => match items() {
            Some(items) => Answer::Services(List::read(items, service)?),
            // One object says nothing about the team's other services.
            None => nested(value, &["service"]).find_map(|one| service(one).ok()).map(|_| Answer::NotListed)?,
        },
        AnswerKind::Service(id) => the_service(id, value, items())?,
        AnswerKind::Channels(_) => Answer::Channels(List::read(items()?, channel)?),
        AnswerKind::CreatedTeam(settings) => created_team(settings, value),
        AnswerKind::CreatedService(ServiceSettings { name }) => {
            let id = created_id(value, &["service_id", "serviceId", "id"], &["service"]);
            let id = id.filter(|id| ServiceId::parse(id).is_some());
            match id {
                Some(id) if !bears_name(value, name, &["service"]) => Answer::CreatedOtherwise(id),
                id => Answer::Created(id),
            }
        }
        AnswerKind::CreatedChannel => Answer::Created(None),
        AnswerKind::Done => Answer::Done,
    })
}

/// The service with this id, from a list or an object. An object with another id is no answer to what was asked.
fn the_service(id: &ServiceId, value: &Value, items: Option<&Vec<Value>>) -> Option<Answer> {
    let is_asked_for = |service: &ObservedService| service.id == *id;
    let Some(items) = items else {
        let found = nested(value, &["service"]).find_map(|one| service(one).ok());
        return found.filter(is_asked_for).map(|service| Answer::Service(Some(service)));
    };
    let List { items, unreadable } = List::read(items, service)?;
    let found = items.into_iter().find(is_asked_for);
    (found.is_some() || unreadable.is_none()).then_some(Answer::Service(found))
}

fn created_team(settings: &TeamSettings, value: &Value) -> Answer {
    let id = created_id(value, &["team_id", "teamId", "id"], &["team"]);
    let Some(id) = id.and_then(|id| TeamId::parse(&id)) else { return Answer::Created(None) };
    if !bears_name(value, &settings.name, &["team"]) {
        return Answer::CreatedOtherwise(id.to_string());
    }
    let details = nested(value, &["team"]).find(|inner| inner.get("member_count").is_some());
    Answer::CreatedTeam(ObservedTeam {
        id,
        settings: settings.clone(),
        member_count: details.and_then(|inner| count(inner, &["member_count"])),
        created: nested(value, &["team"]).find_map(|inner| time(inner, &["created_at"])),
    })
}

/// Whether the answer to a create is about an object of the name that was asked for. It need not show the name.
fn bears_name(value: &Value, asked: &str, envelopes: &[&str]) -> bool {
    let shown = nested(value, envelopes).find_map(|inner| text(inner, &["name"]));
    shown.is_none_or(|shown| is_same_name(&shown, asked))
}

fn created_id(value: &Value, names: &[&str], envelopes: &[&str]) -> Option<String> {
    let whole = value.as_str().filter(|text| looks_like_uuid(text)).map(str::to_owned);
    whole.or_else(|| nested(value, envelopes).find_map(|inner| text(inner, names)))
}

/// A bare string is an id only in the form that all ids have: it may be a message as well.
fn looks_like_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
