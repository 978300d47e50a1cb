//! The effects of NodePing's calls. No IO.

use crate::inventory::effect::{AccountEffect, DetailEffect, Effect};
use crate::provider::answer::Answer;
use crate::provider::model::account::{AccountDetail, AccountEntry, AccountSettings};
use crate::provider::model::ids::AccountId;
use crate::provider::nodeping::call::NodePingCall;

/// The effects of a call on the accounts.
pub(crate) fn effects(call: &NodePingCall, answer: &Answer) -> Vec<Effect> {
    match call {
        NodePingCall::CreateAccount(_) => shown(answer).map_or_else(Vec::new, created),
        NodePingCall::UpdateAccount { account, settings } => updated(account, settings),
        NodePingCall::SuppressNotifications { account, suppress } => {
            // The answer shows the account as it is now, and the call may have changed more than it was asked to.
            let email_me = shown(answer).map(|detail| DetailEffect::EmailMeShown(detail.email_me));
            let effects = [DetailEffect::Suppressed(*suppress)].into_iter().chain(email_me);
            let effects = effects.chain([DetailEffect::Forgotten]);
            effects.map(|effect| Effect::Account { id: account.clone(), effect }).collect()
        }
        NodePingCall::DeleteAccount { account } => {
            vec![Effect::Accounts { id: account.clone(), effect: AccountEffect::Deleting }]
        }
        NodePingCall::ListAccounts | NodePingCall::ReadAccount { .. } => Vec::new(),
    }
}

fn shown(answer: &Answer) -> Option<&AccountDetail> {
    if let Answer::Account(detail) = answer { detail.as_deref() } else { None }
}

fn created(detail: &AccountDetail) -> Vec<Effect> {
    let AccountDetail {
        id,
        name,
        status,
        created: _,
        timezone: _,
        location: _,
        email_me: _,
        suppressed: _,
        auto_diag: _,
    } = detail;
    let entry = AccountEntry {
        id: id.clone(),
        name: name.clone().unwrap_or_default(),
        status: status.clone(),
        checks: Some(0),
        primary: false,
        deleting: false,
    };
    vec![
        Effect::Accounts { id: id.clone(), effect: AccountEffect::Created(entry) },
        Effect::Account { id: id.clone(), effect: DetailEffect::Created(Box::new(detail.clone())) },
    ]
}

fn updated(id: &AccountId, settings: &AccountSettings) -> Vec<Effect> {
    let AccountSettings { name, status, auto_diag, timezone: _, location: _, email_me: _ } = settings;
    let entry = AccountEffect::Updated { name: name.clone(), status: status.clone() };
    let detail = [DetailEffect::Updated(settings.clone())].into_iter().chain(auto_diag.map(DetailEffect::AutoDiagSent));
    let detail = detail.map(|effect| Effect::Account { id: id.clone(), effect });
    [Effect::Accounts { id: id.clone(), effect: entry }].into_iter().chain(detail).collect()
}
