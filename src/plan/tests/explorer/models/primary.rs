//! A model of the primary account of a NodePing token, beside sub-accounts of other people. No IO.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plan::tests::explorer::history::History;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::provider::call::Call;
use crate::provider::model::account::AccountSettings;
use crate::provider::nodeping::call::NodePingCall;

/// The settings of the account.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ModelSettings {
    pub(crate) name: String,
    pub(crate) timezone: String,
    pub(crate) location: String,
    pub(crate) email_me: bool,
    pub(crate) is_suppressed: bool,
}

/// The account of a token.
pub(crate) struct PrimaryModel {
    id: &'static str,
    pub(crate) settings: History<ModelSettings>,
    /// The names of sub-accounts, by id.
    others: BTreeMap<String, String>,
    /// What is not the primary account, and was written to.
    harmed: Vec<String>,
}

impl PrimaryModel {
    pub(crate) fn new(id: &'static str) -> Self {
        let mut settings = History::<ModelSettings>::default();
        settings.change_at_once(|settings| {
            let [name, timezone, location] = ["Before", "0", "eur"].map(str::to_owned);
            *settings = ModelSettings { name, timezone, location, email_me: true, is_suppressed: false };
        });
        Self { id, settings, others: BTreeMap::new(), harmed: Vec::new() }
    }

    fn list(&self, now: i64, back: i64) -> (u16, Value) {
        let own = json!({"name": self.settings.seen(now, back).name, "status": "Active", "count": 3, "parent": 1});
        let other = |(id, name): (&String, &String)| {
            (id.clone(), json!({"name": name, "status": "Active", "count": 0, "parent": false}))
        };
        (200, self.others.iter().map(other).chain([(self.id.to_owned(), own)]).collect())
    }

    fn detail(&self, id: &str, now: i64, back: i64) -> (u16, Value) {
        if id != self.id {
            return (200, json!({}));
        }
        let ModelSettings { name, timezone, location, email_me, is_suppressed } = self.settings.seen(now, back);
        let detail = json!({
            "_id": id, "customer_name": name, "status": "Active", "timezone": timezone, "defaultlocations": [location],
            "emailme": email_me, "accountsuppressall": is_suppressed,
        });
        (200, detail)
    }

    fn write(&mut self, now: i64, id: &str, change: impl FnOnce(&mut ModelSettings)) -> (u16, Value) {
        if id != self.id {
            self.harmed.push(id.to_owned());
            return (200, json!({"error": "That account does not exist"}));
        }
        self.settings.change(now, change);
        self.detail(id, now, 0)
    }
}

/// Sets what a call says; what it does not say stays.
fn set(known: &mut ModelSettings, settings: &AccountSettings) {
    let AccountSettings { name, timezone, location, auto_diag: _, email_me, status: _ } = settings.clone();
    known.name = name.unwrap_or_else(|| known.name.clone());
    known.timezone = timezone.unwrap_or_else(|| known.timezone.clone());
    known.location = location.unwrap_or_else(|| known.location.clone());
    known.email_me = email_me.unwrap_or(known.email_me);
}

impl ProviderModel for PrimaryModel {
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value) {
        let Call::NodePing(call) = call else { return (404, Value::Null) };
        match call {
            NodePingCall::ListAccounts => self.list(now, back),
            NodePingCall::ReadAccount { account } => self.detail(account.as_str(), now, back),
            NodePingCall::UpdateAccount { account, settings } => {
                self.write(now, account.as_str(), |known| set(known, settings))
            }
            NodePingCall::SuppressNotifications { account, suppress } => {
                self.write(now, account.as_str(), |known| known.is_suppressed = *suppress)
            }
            NodePingCall::CreateAccount(_) | NodePingCall::DeleteAccount { .. } => {
                self.harmed.push(call.operation().to_owned());
                (200, json!({"success": true}))
            }
        }
    }

    fn other_account(&self) -> Self {
        Self::new("p2")
    }

    fn make_by_hand(&mut self, _now: i64, name: &str) -> Option<String> {
        let id = format!("a{}", self.others.len());
        self.others.insert(id.clone(), name.to_owned());
        Some(id)
    }

    fn has(&self, id: &str) -> bool {
        id == self.id || self.others.contains_key(id)
    }

    fn remove_by_hand(&mut self, _now: i64, id: &str) {
        self.others.remove(id);
    }

    fn harmed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.harmed)
    }
}
