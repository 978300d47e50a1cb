//! What a provider answers to a simulated call. No IO.

use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::account::{AccountDetail, NewAccount, NodePingStatus};
use crate::provider::model::ids::{AccountId, TeamId};
use crate::provider::model::team::ObservedTeam;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::answer::{AnswerKind, kind};

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
