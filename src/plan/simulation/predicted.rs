//! What a provider answers to a simulated call, and what reads show after it. No IO.

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::account::{AccountDetail, NewAccount, NodePingStatus};
use crate::provider::model::ids::{AccountId, ChannelOwner, TeamId};
use crate::provider::model::team::ObservedTeam;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::answer::{AnswerKind, kind};

/// How a predicted id begins.
const PREDICTED: &str = "known-after-apply-";

/// Whether an id stands for an object that an earlier call would create.
pub(crate) fn is_predicted(id: &str) -> bool {
    id.starts_with(PREDICTED)
}

/// The id of what this call creates, of that many before it.
pub(crate) fn predicted_id(serial: usize, calls: usize) -> String {
    format!("{PREDICTED}{serial}-{calls}")
}

/// Whether a read needs no provider: no other client writes meanwhile, and a predicted object is as it was created.
pub(crate) fn can_predict(
    collection: &Collection,
    created: Option<&AccountDetail>,
    inventory: &mut Inventory,
    now: Timestamp,
) -> bool {
    if inventory.assume_current(collection, now) {
        return true;
    }
    let answer = match collection {
        Collection::Members(team) if is_predicted(team.as_str()) => Answer::Members(Vec::new().into()),
        Collection::Invitations(team) if is_predicted(team.as_str()) => Answer::Invitations(Vec::new().into()),
        Collection::Services(team) if is_predicted(team.as_str()) => Answer::Services(Vec::new().into()),
        Collection::Channels(ChannelOwner::Team(team)) if is_predicted(team.as_str()) => {
            Answer::Channels(Vec::new().into())
        }
        Collection::Account(id) if is_predicted(id.as_str()) => Answer::Account(created.cloned().map(Box::new)),
        Collection::Customer
        | Collection::Teams
        | Collection::Members(_)
        | Collection::Invitations(_)
        | Collection::Services(_)
        | Collection::Service(_)
        | Collection::Channels(_)
        | Collection::Accounts
        | Collection::Account(_) => return false,
    };
    inventory.record(&collection.call(), &answer, now);
    true
}

/// What the provider answers if the call succeeds; `id` is the id of what it creates.
pub(crate) fn predicted_answer(call: &Call, id: String) -> Answer {
    match call {
        Call::Pinghome(call) => match kind(call) {
            AnswerKind::CreatedTeam(settings) => {
                let team = |id| ObservedTeam { id, settings: settings.clone(), member_count: None, created: None };
                TeamId::parse(&id).map_or(Answer::Done, |id| Answer::CreatedTeam(team(id)))
            }
            AnswerKind::CreatedService(_) => Answer::Created(Some(id)),
            AnswerKind::CreatedChannel => Answer::Created(None),
            AnswerKind::Customer
            | AnswerKind::Teams
            | AnswerKind::Members(_)
            | AnswerKind::Invitations(_)
            | AnswerKind::Services(_)
            | AnswerKind::Service(_)
            | AnswerKind::Channels(_)
            | AnswerKind::Done => Answer::Done,
        },
        Call::NodePing(NodePingCall::CreateAccount(new)) => {
            Answer::Account(AccountId::parse(&id).map(|id| Box::new(predicted_account(id, new))))
        }
        Call::NodePing(
            NodePingCall::ReadAccount { .. }
            | NodePingCall::ListAccounts
            | NodePingCall::UpdateAccount { .. }
            | NodePingCall::DeleteAccount { .. }
            | NodePingCall::SuppressNotifications { .. },
        ) => Answer::Done,
    }
}

/// The account that a create would make.
fn predicted_account(id: AccountId, new: &NewAccount) -> AccountDetail {
    let NewAccount { name, contact_name: _, email: _, timezone, location, email_me } = new.clone();
    AccountDetail {
        id,
        name: Some(name),
        created: None,
        status: Some(NodePingStatus::Active),
        timezone: Some(timezone),
        location: Some(location),
        email_me,
        suppressed: false,
        auto_diag: None,
    }
}
