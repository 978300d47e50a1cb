//! The reading of Pinghome's answers: what each call's answer contains, and when a refusal is an answer too. No IO.

use serde_json::Value;

use crate::provider::answer::Answer;
use crate::provider::failure::{Class, Failure};
use crate::provider::json::{NoList, count, has_error, is_same_name, list, nested, text, time};
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

/// Reads the answer to a call.
///
/// # Errors
/// An answer that does not prove that the call was done, a list that is not complete, and a body in no known form.
pub(crate) fn read(call: &PinghomeCall, status: u16, body: &[u8]) -> Result<Answer, Failure> {
    let (once, operation, kind) = (call.is_once(), call.operation(), kind(call));
    let request = call.request();
    let (repetition, form) = (Repetition::of(once, request.method), Form::of(body));
    if Proof::of(repetition, status, form) != Proof::Done {
        let failure = Failure::of_answer(repetition, operation, status, form);
        if is_answered_by(&kind, failure.class) {
            return Ok(Answer::NotFound);
        }
        return Err(failure.at_wrong_address(repetition, operation, request.host));
    }
    let value = serde_json::from_slice(body).unwrap_or_default();
    if has_error(&value) {
        return Err(Failure::unreadable(once, operation));
    }
    accepted(&kind, &value).map_err(|why| match why {
        NoList::UnknownForm => Failure::unreadable(once, operation),
        NoList::Incomplete => Failure::incomplete(operation),
    })
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

/// Whether a refusal answers a read.
fn is_answered_by(kind: &AnswerKind<'_>, class: Class) -> bool {
    match kind {
        // P34 takes the id of a team or of a service: a provider that supports one of them refuses the other.
        AnswerKind::Services(_) | AnswerKind::Service(_) => matches!(class, Class::Gone | Class::Invalid),
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
fn accepted(kind: &AnswerKind<'_>, value: &Value) -> Result<Answer, NoList> {
    let unknown = NoList::UnknownForm;
    Ok(match kind {
        AnswerKind::Customer => Answer::Customer(Box::new(customer(value).ok_or(unknown)?)),
        AnswerKind::Teams => Answer::Teams(List::read(list(value, &["teams"])?, team).ok_or(unknown)?),
        AnswerKind::Members(_) => Answer::Members(List::read(list(value, &["members"])?, member).ok_or(unknown)?),
        AnswerKind::Invitations(_) => {
            Answer::Invitations(List::read(list(value, &["invitations"])?, invitation).ok_or(unknown)?)
        }
        AnswerKind::Services(_) => match list(value, &["services"]) {
            Ok(items) => Answer::Services(List::read(items, service).ok_or(unknown)?),
            // One object says nothing about the team's other services.
            Err(NoList::UnknownForm) => nested(value, &["service"])
                .find_map(|one| service(one).ok())
                .map(|_| Answer::NotListed)
                .ok_or(unknown)?,
            Err(NoList::Incomplete) => return Err(NoList::Incomplete),
        },
        AnswerKind::Service(id) => Answer::Service(the_service(id, value)?),
        AnswerKind::Channels(_) => {
            let items = list(value, &["channels", "notification_channels"])?;
            Answer::Channels(List::read(items, channel).ok_or(unknown)?)
        }
        AnswerKind::CreatedTeam(settings) => created_team(settings, value),
        AnswerKind::CreatedService(ServiceSettings { name }) => {
            let id = created(value, name, &["service_id", "serviceId", "id"], &["service"]);
            Answer::Created(id.filter(|id| ServiceId::parse(id).is_some()))
        }
        AnswerKind::CreatedChannel => Answer::Created(None),
        AnswerKind::Done => Answer::Done,
    })
}

/// The service with this id, from a list or an object. An object with another id is no answer to what was asked.
fn the_service(id: &ServiceId, value: &Value) -> Result<Option<ObservedService>, NoList> {
    let is_asked_for = |service: &ObservedService| service.id == *id;
    match list(value, &["services"]) {
        Ok(items) => {
            let List { items, unreadable } = List::read(items, service).ok_or(NoList::UnknownForm)?;
            let found = items.into_iter().find(is_asked_for);
            if found.is_none() && unreadable.is_some() { Err(NoList::UnknownForm) } else { Ok(found) }
        }
        Err(NoList::UnknownForm) => {
            let found = nested(value, &["service"]).find_map(|one| service(one).ok());
            found.filter(is_asked_for).map(Some).ok_or(NoList::UnknownForm)
        }
        Err(NoList::Incomplete) => Err(NoList::Incomplete),
    }
}

fn created_team(settings: &TeamSettings, value: &Value) -> Answer {
    let id = created(value, &settings.name, &["team_id", "teamId", "id"], &["team"]);
    let Some(id) = id.and_then(|id| TeamId::parse(&id)) else { return Answer::Created(None) };
    let details = nested(value, &["team"]).find(|inner| inner.get("member_count").is_some());
    Answer::CreatedTeam(ObservedTeam {
        id,
        settings: settings.clone(),
        member_count: details.and_then(|inner| count(inner, &["member_count"])),
        created: nested(value, &["team"]).find_map(|inner| time(inner, &["created_at"])),
    })
}

/// The id in the answer to a create; none if the answer is about an object of another name than was asked for.
fn created(value: &Value, asked: &str, names: &[&str], envelopes: &[&str]) -> Option<String> {
    let shown = nested(value, envelopes).find_map(|inner| text(inner, &["name"]));
    created_id(value, names, envelopes).filter(|_| shown.is_none_or(|shown| is_same_name(&shown, asked)))
}

fn created_id(value: &Value, names: &[&str], envelopes: &[&str]) -> Option<String> {
    let whole = value.as_str().filter(|text| looks_like_uuid(text)).map(str::to_owned);
    whole.or_else(|| nested(value, envelopes).find_map(|inner| text(inner, names)))
}

/// A bare string is an id only in the form that all ids have: it may be a message as well.
fn looks_like_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
