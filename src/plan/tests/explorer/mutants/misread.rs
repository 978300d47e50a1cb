//! What a mutant reads wrongly: resources, and the bodies of lists. No IO.

use serde_json::{Value, json};

use crate::plan::managed::Managed;
use crate::plan::tests::explorer::mutants::Mutant;
use crate::plan::tests::explorer::shown::{drop_unreadable, without_hidden, without_more, without_totals};

impl Mutant {
    /// The resource as a reconcile with this mistake takes it.
    pub(crate) fn misread<T: Managed>(self, resource: T) -> T {
        let change: fn(&mut Value) = match self {
            Self::AbsentIsEmpty => |whole| {
                if whole["spec"]["members"].is_null() {
                    whole["spec"]["members"] = json!([]);
                }
            },
            Self::ObserveIgnored => |whole| whole["spec"]["managementPolicy"] = json!("Manage"),
            Self::ReportIgnored => |whole| whole["spec"]["driftPolicy"] = json!("Correct"),
            Self::AddressIsPerson => |whole| {
                let members = whole.pointer_mut("/status/members").and_then(Value::as_array_mut);
                for member in members.into_iter().flatten().filter_map(Value::as_object_mut) {
                    member.remove("customerId");
                }
            },
            Self::OpenIsDefault => |whole| {
                if whole["kind"] == "Account" && whole["spec"]["emailMe"].is_null() {
                    whole["spec"]["emailMe"] = json!(false);
                }
            },
            Self::OldCodeSubmitted => |whole| take_out(whole, "/status", "previousCode"),
            Self::ShownIsDone => |whole| {
                let status = whole.pointer_mut("/status").and_then(Value::as_object_mut);
                if let Some(status) = status.filter(|status| status.contains_key("usernameShownTime")) {
                    status.retain(|key, _| {
                        !["pendingUsername", "submittedCode", "codeAcceptedTime"].contains(&key.as_str())
                    });
                }
            },
            Self::UsedApprovalsForgotten => |whole| take_out(whole, "/status/approvedPlan", "used"),
            Self::LostIsDone | Self::AnswerIsProof => |whole| take_out(whole, "/status", "unconfirmed"),
            Self::ClosureUnconfirmed => |whole| {
                if let Some(shown) = whole.pointer("/status/username").cloned() {
                    whole["spec"]["closure"]["confirmUsername"] = shown;
                }
            },
            _ => return resource,
        };
        edited(&resource, change)
    }

    /// The body of a list as a reconcile with this mistake takes it.
    pub(crate) fn misheard(self, body: String) -> String {
        match self {
            Self::UnreadableLeftOut => drop_unreadable(&body),
            Self::PartIsWhole => without_more(&body),
            Self::ShiftIsWhole => without_totals(&body),
            Self::HiddenIsNothing => without_hidden(&body),
            _ => body,
        }
    }
}

/// A resource with a change of its JSON.
pub(crate) fn edited<T: Managed>(resource: &T, change: impl FnOnce(&mut Value)) -> T {
    let mut whole = serde_json::to_value(resource).unwrap();
    change(&mut whole);
    serde_json::from_value(whole).unwrap()
}

/// Takes a field out of an object in a document.
fn take_out(whole: &mut Value, object: &str, field: &str) {
    whole.pointer_mut(object).and_then(Value::as_object_mut).map(|object| object.remove(field));
}
