//! What an approval names of one call, and the hash of all of it. No IO.
//!
//! A line has what was decided: the operation, and who or what it is done to. It has nothing that moves by itself, such as a position
//! in a list, or that the provider is yet to give, such as the id of a new team; and no value of a Secret.

use std::collections::BTreeSet;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::api::resource_key::ResourceKey;
use crate::plan::step::{Step, Why};
use crate::provider::call::Call;
use crate::provider::call::weight::Weight;
use crate::provider::model::member::email_key;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

/// How many hexadecimal digits of a digest tell one call from the others of a resource.
const PRINT_LENGTH: usize = 16;

/// The resource for which calls are planned, as far as an approval names it.
#[derive(Clone, Copy)]
pub(crate) struct ApprovalSubject<'a> {
    /// Kind, namespace and name.
    pub(crate) key: &'a ResourceKey,
    /// What its spec says that no call does: see [`Managed::approval_subject`](crate::plan::managed::Managed::approval_subject).
    pub(crate) spec: &'a str,
    /// Whether it is deleted.
    pub(crate) is_deleted: bool,
    /// The id of its external object.
    pub(crate) known_id: Option<&'a str>,
}

/// What an approval names of a step; `None`: the step needs none.
pub(crate) fn line(step: &Step, subject: &ApprovalSubject) -> Option<String> {
    if let (Why::Create(_), Some(id)) = (&step.why, subject.known_id) {
        // The same words as those of the deletion before it, so that one approval is for both.
        return Some(recreation(id));
    }
    if let Call::Pinghome(PinghomeCall::DeleteService { service }) = &step.call
        && !subject.is_deleted
    {
        return Some(recreation(service.as_str()));
    }
    match step.call.weight() {
        Weight::Plain => None,
        Weight::Notifies(_) | Weight::Deletes => Some(named(step, subject)),
    }
}

fn recreation(id: &str) -> String {
    format!("create again {id}")
}

fn named(step: &Step, subject: &ApprovalSubject) -> String {
    let object = match &step.call {
        Call::Pinghome(call) => of_pinghome(call, subject),
        Call::NodePing(call) => of_nodeping(call),
    };
    // The number of a reminder, the value of a request.
    let wanted = if let Why::Notify(change) = &step.why { change.new.as_str() } else { "" };
    let parts = [step.call.operation(), &object, wanted, step.detail.as_deref().unwrap_or_default()];
    parts.join("\0")
}

fn of_pinghome(call: &PinghomeCall, subject: &ApprovalSubject) -> String {
    match call {
        PinghomeCall::Invite { channel_value, .. }
        | PinghomeCall::Uninvite { channel_value, .. }
        | PinghomeCall::RemindInvited { channel_value, .. } => email_key(channel_value.expose()),
        PinghomeCall::ChangeUsername { email } => email_key(email.expose()),
        PinghomeCall::RemoveMember { member, .. } => member.to_string(),
        PinghomeCall::DeleteTeam { team } => team.to_string(),
        PinghomeCall::DeleteService { service } => service.to_string(),
        PinghomeCall::CreateChannel { type_, .. } => type_.clone(),
        PinghomeCall::CloseCustomer { .. } => subject.known_id.unwrap_or_default().to_owned(),
        // The former channel of a living resource has had several ids.
        PinghomeCall::DeleteChannel { .. } if subject.is_deleted => subject.known_id.unwrap_or_default().to_owned(),
        PinghomeCall::DeleteChannel { .. }
        | PinghomeCall::UpdateChannel { .. }
        | PinghomeCall::TestChannel { .. }
        | PinghomeCall::VerifyChannel { .. }
        | PinghomeCall::EnableChannel { .. }
        | PinghomeCall::ReadCustomer
        | PinghomeCall::UpdateCustomer { .. }
        | PinghomeCall::ConfirmUsername { .. }
        | PinghomeCall::ListChannels { .. }
        | PinghomeCall::CreateTeam { .. }
        | PinghomeCall::ListTeams
        | PinghomeCall::RenameTeam { .. }
        | PinghomeCall::ListInvitations { .. }
        | PinghomeCall::ListMembers { .. }
        | PinghomeCall::UpdateMember { .. }
        | PinghomeCall::CreateService { .. }
        | PinghomeCall::RenameService { .. }
        | PinghomeCall::ListServices { .. }
        | PinghomeCall::ReadService { .. } => String::new(),
    }
}

fn of_nodeping(call: &NodePingCall) -> String {
    match call {
        NodePingCall::ReadAccount { account }
        | NodePingCall::UpdateAccount { account, .. }
        | NodePingCall::DeleteAccount { account }
        | NodePingCall::SuppressNotifications { account, .. } => account.to_string(),
        NodePingCall::ListAccounts | NodePingCall::CreateAccount(_) => String::new(),
    }
}

/// By what status knows one call of a resource.
pub(crate) fn print_of(line: &str) -> String {
    digest(line).chars().take(PRINT_LENGTH).collect()
}

/// The hash of these calls of a resource. `after`: the hash that was used for the same calls before.
pub(crate) fn plan_hash(subject: &ApprovalSubject, lines: &BTreeSet<String>, after: Option<&str>) -> String {
    let ResourceKey { kind, namespace, name } = subject.key;
    let what = json!([kind.to_string(), namespace, name, subject.spec, subject.is_deleted, lines, after]);
    digest(&format!("ping-operator.dev/approved-plan/v1 {what}"))
}

/// The hash of all of several plans.
pub(crate) fn whole_hash<'a>(hashes: impl IntoIterator<Item = &'a str>) -> String {
    let all: BTreeSet<_> = hashes.into_iter().collect();
    digest(&format!("ping-operator.dev/approved-plans/v1 {}", json!(all)))
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |all, byte| format!("{all}{byte:02x}"))
}
