//! What NodePing's calls do. No IO.

use crate::inventory::effect::Effect;
use crate::provider::answer::Answer;
use crate::provider::model::account::AccountEntry;
use crate::provider::nodeping::call::NodePingCall;

/// What a write did to accounts.
pub(crate) fn effects(call: &NodePingCall, answer: &Answer) -> Vec<Effect> {
    match call {
        NodePingCall::CreateAccount(_) => match answer {
            Answer::Account(Some(detail)) => {
                let (id, name) = (detail.id.clone(), detail.name.clone().unwrap_or_default());
                let status = detail.status.clone();
                let entry = AccountEntry { id, name, status, checks: Some(0), primary: false, deleting: false };
                vec![Effect::AccountMade(entry), Effect::DetailMade(detail.clone())]
            }
            _ => Vec::new(),
        },
        NodePingCall::UpdateAccount { account: id, settings } => {
            let (name, status) = (settings.name.clone(), settings.status.clone());
            let diag = settings.auto_diag.map(|auto_diag| Effect::AutoDiagSent { id: id.clone(), auto_diag });
            let changed = [
                Effect::AccountChanged { id: id.clone(), name, status },
                Effect::DetailChanged { id: id.clone(), settings: settings.clone() },
            ];
            changed.into_iter().chain(diag).collect()
        }
        NodePingCall::SuppressNotifications { account: id, suppress } => {
            // The answer is the account as it is now, whatever else the call moved.
            let mail = match answer {
                Answer::Account(Some(detail)) => Some(Effect::MailSeen { id: id.clone(), email_me: detail.email_me }),
                _ => None,
            };
            let suppressed = Effect::Suppressed { id: id.clone(), suppressed: *suppress };
            [suppressed].into_iter().chain(mail).chain([Effect::DetailDoubted { id: id.clone() }]).collect()
        }
        NodePingCall::DeleteAccount { account: id } => vec![Effect::AccountDeleting { id: id.clone() }],
        NodePingCall::ListAccounts | NodePingCall::ReadAccount { .. } => Vec::new(),
    }
}
