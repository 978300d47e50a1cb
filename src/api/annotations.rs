//! The annotations: users write all but one of them, and the operator writes that one. No IO.

pub(crate) mod moved;
pub(crate) mod of_config;
pub(crate) mod origin;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::annotations::moved::OtherResource;
use crate::api::approval::is_plan_hash;
use crate::api::did_you_mean::nearest;

/// How the key of every annotation of this operator begins.
const PREFIX: &str = "ping-operator.dev/";

/// The longest value, in characters, of an annotation that is copied into status.
const LONGEST_TOKEN: usize = 256;

/// The id of the external object to adopt.
pub(crate) const EXTERNAL_ID: &str = "ping-operator.dev/external-id";
/// Any new value requests a reconcile with fresh reads now.
pub(crate) const RECONCILE_REQUESTED_AT: &str = "ping-operator.dev/reconcile-requested-at";
/// `"true"` deletes although a guard blocks the deletion; `"orphan"` orphans the external object.
pub(crate) const ALLOW_DELETION: &str = "ping-operator.dev/allow-deletion";
/// The nonce of an unresolved create that the operator may repeat.
pub(crate) const RETRY_CREATE: &str = "ping-operator.dev/retry-create";
/// Any new value sends one test message to a channel.
pub(crate) const TEST_REQUESTED_AT: &str = "ping-operator.dev/test-requested-at";
/// The create record. The operator writes it before the first create.
pub(crate) const CREATE_INTENT: &str = "ping-operator.dev/create-intent";
/// The resource, as `namespace/name`, that stood for the object before this one.
pub(crate) const MOVED_FROM: &str = "ping-operator.dev/moved-from";
/// The resource, as `namespace/name`, that takes the object over.
pub(crate) const MOVED_TO: &str = "ping-operator.dev/moved-to";
/// The hash of the plan that a person approves.
pub(crate) const APPROVED_PLAN: &str = "ping-operator.dev/approved-plan";

/// Every key that begins with [`PREFIX`]. Any other such key is invalid.
const KEYS: [&str; 9] = [
    EXTERNAL_ID,
    RECONCILE_REQUESTED_AT,
    ALLOW_DELETION,
    RETRY_CREATE,
    TEST_REQUESTED_AT,
    CREATE_INTENT,
    MOVED_FROM,
    MOVED_TO,
    APPROVED_PLAN,
];

/// The create record. The operator writes it together with the finalizer before a POST. The recorded id (`status.externalId`)
/// resolves it. It is never removed, so that a resource that is restored without status finds its external object.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Intent {
    /// Identifies this attempt.
    pub(crate) nonce: String,
    /// When the record was written.
    pub(crate) time: Timestamp,
    /// The ids of the objects that had the desired name before the attempt. None of them is its result.
    pub(crate) ids: BTreeSet<String>,
    /// The recorded id of the lost object that the attempt was to replace. Absent: no id was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<String>,
    /// The requested name, or the fingerprint of a channel. The spec may have changed when the operator searches for the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The id of the team for which a service was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<String>,
    /// The cluster in which it was written: the uid of the namespace `kube-system`. Absent: the operator could not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<String>,
    /// The id of the account to which the create was sent. Absent: the provider does not show it, or an older version wrote the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// The resource for which it was written, as `namespace/name`; absent in a record of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<String>,
    /// Whether the create was surely not carried out. Then the record proves nothing about any object.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) refused: bool,
    /// The id of the object in the answer to the create, if that bears another name than was asked for: a person must say whether it is
    /// the result.
    #[serde(default, rename = "otherId", skip_serializing_if = "Option::is_none")]
    pub(crate) other_id: Option<String>,
    /// How often the object was to be created so far; absent in a record of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tries: Option<CreateTries>,
}

/// How often one generation of a spec led to a create whose result was never seen, the recorded one included.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct CreateTries {
    /// The generation.
    pub(crate) generation: i64,
    /// The count, from 1.
    pub(crate) count: u32,
}

/// The values of the annotation `allow-deletion`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AllowDeletion {
    /// Delete although a guard blocks the deletion.
    PastGuards,
    /// Orphan the external object.
    Orphan,
}

impl AllowDeletion {
    /// The value of the annotation; `None`: it is not allowed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "true" => Some(Self::PastGuards),
            "orphan" => Some(Self::Orphan),
            _ => None,
        }
    }
}

/// The annotations of one resource, parsed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Annotations {
    /// The id to adopt.
    pub(crate) external_id: Option<String>,
    /// The value of the last request for a reconcile, at most 256 characters.
    pub(crate) reconcile_requested_at: Option<String>,
    /// What the deletion of the resource may do.
    pub(crate) allow_deletion: Option<AllowDeletion>,
    /// The nonce of the unresolved create that may be repeated.
    pub(crate) retry_create: Option<String>,
    /// The value of the last request for a test message, at most 256 characters.
    pub(crate) test_requested_at: Option<String>,
    /// The hash of the plan that a person approves.
    pub(crate) approved_plan: Option<String>,
    /// The resource that stood for the object before this one.
    pub(crate) moved_from: Option<Box<OtherResource>>,
    /// The resource that takes the object over.
    pub(crate) moved_to: Option<Box<OtherResource>>,
    /// The create record, if it is valid here.
    pub(crate) intent: Option<Intent>,
    /// The create record, if this very resource sent the create to another account. It binds nothing here.
    pub(crate) sent_elsewhere: Option<Box<Intent>>,
}

/// An annotation that the operator does not know. It stops all writes of the resource, and never means "manage".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidAnnotation {
    /// The key is none of [`KEYS`].
    #[error("the annotation '{key}' is unknown: {}", hint(.key))]
    Key {
        /// The key.
        key: String,
    },
    /// The value is not allowed.
    #[error("annotation '{key}' must be {allowed}, not {}", shown::quoted(.seen))]
    Value {
        /// The key.
        key: &'static str,
        /// The values that are allowed.
        allowed: &'static str,
        /// The value.
        seen: String,
    },
}

impl InvalidAnnotation {
    /// The key of the annotation.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Key { key } => key,
            Self::Value { key, .. } => key,
        }
    }
}

/// What to write instead of an unknown key.
fn hint(key: &str) -> String {
    match nearest_key(key) {
        Some(known) => format!("did you mean '{known}'?"),
        None => format!("the known ones are {}", KEYS.join(", ")),
    }
}

/// The known key that is most similar to another one.
pub(crate) fn nearest_key(key: &str) -> Option<String> {
    let name = |key: &'static str| key.strip_prefix(PREFIX).unwrap_or(key);
    // All keys begin alike, so only the rest is compared.
    let known = nearest(key.strip_prefix(PREFIX).unwrap_or(key), KEYS.into_iter().map(name))?;
    Some(format!("{PREFIX}{known}"))
}

/// Whether an annotation is one of the operator's API.
pub(crate) fn is_ours(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// Whether an annotation decides what is planned, and how soon. The operator writes the create record itself.
pub(crate) fn decides_plans(key: &str) -> bool {
    is_ours(key) && key != CREATE_INTENT
}

/// The value of an annotation as it is copied into status: at most 256 characters.
pub(crate) fn token(all: &BTreeMap<String, String>, key: &str) -> Option<String> {
    all.get(key).map(|token| token.chars().take(LONGEST_TOKEN).collect())
}

/// Passes if every annotation whose key begins with [`PREFIX`] is known.
///
/// # Errors
/// The first unknown key.
fn check_keys(all: &BTreeMap<String, String>) -> Result<(), InvalidAnnotation> {
    let mut ours = all.keys().filter(|key| is_ours(key));
    match ours.find(|key| !KEYS.contains(&key.as_str())) {
        Some(key) => Err(InvalidAnnotation::Key { key: key.clone() }),
        None => Ok(()),
    }
}

impl Intent {
    /// The create record as it stands in the annotation; `None`: it is not what the operator wrote.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}

impl Annotations {
    /// What counts while an annotation is invalid: the create record, which the operator wrote itself, and the request to look again.
    pub(crate) fn despite_invalid(all: &BTreeMap<String, String>) -> Self {
        Self {
            reconcile_requested_at: token(all, RECONCILE_REQUESTED_AT),
            intent: all.get(CREATE_INTENT).and_then(|json| Intent::parse(json)),
            ..Self::default()
        }
    }

    /// Parses the annotations of one resource.
    pub(crate) fn parse(all: &BTreeMap<String, String>) -> Result<Self, InvalidAnnotation> {
        check_keys(all)?;
        let text = |key: &str| all.get(key).cloned();
        let unknown = |key, allowed, seen: &str| InvalidAnnotation::Value { key, allowed, seen: seen.to_owned() };
        let external_id = text(EXTERNAL_ID);
        if let Some(id) = external_id.as_deref().filter(|id| !is_id(id)) {
            return Err(unknown(EXTERNAL_ID, "an id of letters, digits and '-', at most 64", id));
        }
        let allow_deletion = match all.get(ALLOW_DELETION) {
            None => None,
            Some(text) => {
                let allowed = AllowDeletion::parse(text);
                Some(allowed.ok_or_else(|| unknown(ALLOW_DELETION, "'true' or 'orphan'", text))?)
            }
        };
        let approved_plan = text(APPROVED_PLAN);
        if let Some(hash) = approved_plan.as_deref().filter(|hash| !is_plan_hash(hash)) {
            return Err(unknown(APPROVED_PLAN, "the hash of a plan, 64 digits of 0-9 and a-f", hash));
        }
        let moved = |key| match all.get(key) {
            None => Ok(None),
            Some(text) => {
                let allowed = "'namespace/name' of a resource of the same kind";
                OtherResource::parse(text).map(Box::new).map(Some).ok_or_else(|| unknown(key, allowed, text))
            }
        };
        let intent = match all.get(CREATE_INTENT) {
            None => None,
            Some(json) => Some(Intent::parse(json).ok_or_else(|| {
                unknown(CREATE_INTENT, "what the operator wrote (remove it only if no create is under way)", json)
            })?),
        };
        Ok(Self {
            external_id,
            reconcile_requested_at: token(all, RECONCILE_REQUESTED_AT),
            allow_deletion,
            retry_create: text(RETRY_CREATE),
            test_requested_at: token(all, TEST_REQUESTED_AT),
            approved_plan,
            moved_from: moved(MOVED_FROM)?,
            moved_to: moved(MOVED_TO)?,
            intent,
            sent_elsewhere: None,
        })
    }

    /// Whether a person allows to repeat the recorded create.
    pub(crate) fn is_create_allowed(&self) -> bool {
        self.intent.as_ref().is_some_and(|intent| self.retry_create.as_ref() == Some(&intent.nonce))
    }
}

/// Whether a text can be an id of a provider: 1 to 64 letters, digits and dashes. Only such a text is used in a path.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
