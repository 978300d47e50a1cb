//! A model of NodePing's accounts: the primary one and its sub-accounts, whose deletion is queued.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::tests::explorer::history::History;
use crate::plan::tests::explorer::models::teams::Maker;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::provider::call::Call;
use crate::provider::model::account::{AccountSettings, NewAccount};
use crate::provider::nodeping::call::NodePingCall;

/// One sub-account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelAccount {
    pub(crate) name: String,
    pub(crate) maker: Maker,
    pub(crate) timezone: String,
    pub(crate) status: String,
    pub(crate) is_suppressed: bool,
    /// When an accepted deletion takes effect.
    deleted_at: Option<i64>,
}

impl ModelAccount {
    /// Whether its deletion is not queued.
    pub(crate) fn is_kept(&self) -> bool {
        self.deleted_at.is_none()
    }
}

/// The account of the token.
const PRIMARY: &str = "primary";

/// For how long a deletion is queued, in seconds.
pub(crate) const QUEUED: i64 = 20;

#[derive(Default)]
pub(crate) struct AccountsModel {
    pub(crate) accounts: History<BTreeMap<String, ModelAccount>>,
    /// What is not the operator's, and was changed or deleted by it.
    harmed: Vec<String>,
    made: u32,
}

impl AccountsModel {
    pub(crate) fn make(&mut self, now: i64, name: &str, timezone: &str, maker: Maker) -> String {
        self.made += 1;
        let id = format!("a{}", self.made);
        let (name, timezone, status) = (name.to_owned(), timezone.to_owned(), "Active".to_owned());
        let account = ModelAccount { name, maker, timezone, status, is_suppressed: false, deleted_at: None };
        self.accounts.change(now, |accounts| drop(accounts.insert(id.clone(), account)));
        id
    }

    /// Deletes what was queued for long enough, at the time when it was due.
    fn sweep(&mut self, now: i64) {
        let is_due = |account: &ModelAccount| account.deleted_at.is_some_and(|at| at <= now);
        if let Some(last) = self.accounts.values().filter(|one| is_due(one)).filter_map(|one| one.deleted_at).max() {
            self.accounts.change(last, |accounts| accounts.retain(|_, account| !is_due(account)));
        }
    }

    fn list(&self, now: i64, back: i64) -> (u16, Value) {
        let primary = (PRIMARY.to_owned(), json!({"name": "Primary", "status": "Active", "count": 3, "parent": 0}));
        let entry = |(id, account): (&String, &ModelAccount)| {
            (id.clone(), json!({"name": account.name, "status": account.status, "count": 0, "parent": false}))
        };
        (200, self.accounts.seen(now, back).iter().map(entry).chain([primary]).collect())
    }

    fn detail(&self, id: &str, now: i64, back: i64) -> (u16, Value) {
        let Some(account) = self.accounts.seen(now, back).get(id) else { return (200, json!({})) };
        let detail = json!({
            "_id": id, "customer_name": account.name, "status": account.status, "timezone": account.timezone,
            "defaultlocations": ["eur"], "emailme": false, "accountsuppressall": account.is_suppressed,
        });
        (200, detail)
    }

    fn write(&mut self, now: i64, id: &str, change: impl FnOnce(&mut ModelAccount)) -> (u16, Value) {
        let Some(account) = self.accounts.get(id).filter(|account| account.deleted_at.is_none()) else {
            if id == PRIMARY {
                self.harmed.push(id.to_owned());
            }
            return (200, json!({"error": "That account does not exist"}));
        };
        if account.maker == Maker::Human {
            self.harmed.push(id.to_owned());
        }
        self.accounts.change(now, |accounts| accounts.get_mut(id).map(change));
        self.detail(id, now, 0)
    }
}

fn set(account: &mut ModelAccount, settings: &AccountSettings) {
    let AccountSettings { name, timezone, status, .. } = settings.clone();
    account.name = name.unwrap_or_else(|| account.name.clone());
    account.timezone = timezone.unwrap_or_else(|| account.timezone.clone());
    account.status = status.map_or_else(|| account.status.clone(), |status| status.to_string());
}

impl ProviderModel for AccountsModel {
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value) {
        let Call::NodePing(call) = call else { return (404, Value::Null) };
        self.sweep(now);
        match call {
            NodePingCall::ListAccounts => self.list(now, back),
            NodePingCall::ReadAccount { account } => self.detail(account.as_str(), now, back),
            NodePingCall::CreateAccount(new) => {
                let NewAccount { name, timezone, .. } = new.as_ref();
                let id = self.make(now, name, timezone, Maker::Operator);
                self.detail(&id, now, 0)
            }
            NodePingCall::UpdateAccount { account, settings } => {
                self.write(now, account.as_str(), |account| set(account, settings))
            }
            NodePingCall::SuppressNotifications { account, suppress } => {
                self.write(now, account.as_str(), |account| account.is_suppressed = *suppress)
            }
            NodePingCall::DeleteAccount { account } => {
                let (status, answer) =
                    self.write(now, account.as_str(), |account| account.deleted_at = Some(now + QUEUED));
                if answer.get("error").is_some() { (status, answer) } else { (200, json!({"success": true})) }
            }
        }
    }

    fn other_account(&self) -> Self {
        Self { made: 100, ..Self::default() }
    }

    fn make_by_hand(&mut self, now: i64, name: &str) -> Option<String> {
        Some(self.make(now, name, "1", Maker::Human))
    }

    fn has(&self, id: &str) -> bool {
        self.accounts.contains_key(id)
    }

    fn remove_by_hand(&mut self, now: i64, id: &str) {
        self.accounts.change(now, |accounts| drop(accounts.remove(id)));
    }

    fn harmed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.harmed)
    }
}
