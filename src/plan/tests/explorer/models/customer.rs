//! A model of the one customer of a Pinghome token, whose address changes by a code that is mailed. No IO.

use serde_json::{Value, json};

use crate::plan::tests::explorer::clock::LAG;
use crate::plan::tests::explorer::history::History;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;

/// What the customer is called.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ModelProfile {
    pub(crate) name: String,
    pub(crate) surname: String,
    pub(crate) email: String,
}

/// The customer of a token.
pub(crate) struct CustomerModel {
    id: &'static str,
    pub(crate) profile: History<ModelProfile>,
    /// The address that was asked for last, until a code confirms it.
    pub(crate) pending: Option<String>,
    /// How many codes were mailed.
    pub(crate) mails: u32,
    /// The codes that were submitted, in order.
    pub(crate) submitted: Vec<String>,
    /// The addresses that reads could show when the account was closed; none: it is open.
    pub(crate) closed_as: Option<Vec<String>>,
}

impl CustomerModel {
    pub(crate) fn new(id: &'static str, email: &str) -> Self {
        let (mut profile, email) = (History::<ModelProfile>::default(), email.to_owned());
        profile.change_at_once(|profile| {
            *profile = ModelProfile { name: "N0".to_owned(), surname: "S".to_owned(), email };
        });
        Self { id, profile, pending: None, mails: 0, submitted: Vec::new(), closed_as: None }
    }

    /// The code that was mailed last.
    pub(crate) fn code(&self) -> String {
        format!("{}-{}", self.id, self.mails)
    }

    fn confirm(&mut self, now: i64, code: &str) -> u16 {
        self.submitted.push(code.to_owned());
        if code != self.code() {
            return 422;
        }
        let Some(email) = self.pending.take() else { return 422 };
        self.profile.change(now, |profile| profile.email = email);
        200
    }
}

impl ProviderModel for CustomerModel {
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value) {
        let Call::Pinghome(call) = call else { return (404, Value::Null) };
        if self.closed_as.is_some() {
            return (401, Value::Null);
        }
        match call {
            PinghomeCall::ReadCustomer => {
                let ModelProfile { name, surname, email } = self.profile.seen(now, back);
                (200, json!({"customer_id": self.id, "name": name, "surname": surname, "email": email}))
            }
            PinghomeCall::UpdateCustomer { name, surname } => {
                self.profile.change(now, |profile| {
                    (profile.name, profile.surname) = (name.clone(), surname.clone());
                });
                (200, json!({"message": "done"}))
            }
            PinghomeCall::ChangeUsername { email } => {
                (self.pending, self.mails) = (Some(email.expose().to_owned()), self.mails + 1);
                (200, json!({"message": "done"}))
            }
            PinghomeCall::ConfirmUsername { code, email: _ } => match self.confirm(now, code.expose()) {
                200 => (200, json!({"message": "done"})),
                refused => (refused, Value::Null),
            },
            PinghomeCall::CloseCustomer { .. } => {
                let shown = (0..=LAG).map(|back| self.profile.seen(now, back).email.clone()).collect();
                self.closed_as = Some(shown);
                (200, json!({"message": "done"}))
            }
            _ => (404, Value::Null),
        }
    }

    fn other_account(&self) -> Self {
        Self::new("c2", "other@x.org")
    }

    fn make_by_hand(&mut self, _now: i64, _name: &str) -> Option<String> {
        None
    }

    fn has(&self, id: &str) -> bool {
        id == self.id && self.closed_as.is_none()
    }

    fn remove_by_hand(&mut self, _now: i64, _id: &str) {}
}
