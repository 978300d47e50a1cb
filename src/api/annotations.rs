//! The annotations: users write five of them, and the operator writes one. No IO.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// The requested name, or the fingerprint of a channel. The spec may have changed when the operator searches for the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The id of the team for which a service was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<String>,
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

/// The annotations of one resource, parsed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Annotations {
    /// The id to adopt.
    pub(crate) external_id: Option<String>,
    /// The value of the last request for a reconcile.
    pub(crate) reconcile_requested_at: Option<String>,
    /// What the deletion of the resource may do.
    pub(crate) allow_deletion: Option<AllowDeletion>,
    /// The nonce of the unresolved create that may be repeated.
    pub(crate) retry_create: Option<String>,
    /// The value of the last request for a test message, at most 256 characters.
    pub(crate) test_requested_at: Option<String>,
    /// The create record.
    pub(crate) intent: Option<Intent>,
}

/// An annotation with an unknown value. It stops all writes of the resource, and never means "manage".
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("annotation '{annotation}' must be {allowed}, not '{}'", .seen.chars().take(64).collect::<String>())]
pub(crate) struct UnknownValue {
    annotation: &'static str,
    allowed: &'static str,
    seen: String,
}

impl UnknownValue {
    /// The name of the annotation.
    pub(crate) const fn annotation(&self) -> &'static str {
        self.annotation
    }
}

impl Annotations {
    /// Parses the annotations of one resource.
    pub(crate) fn parse(all: &BTreeMap<String, String>) -> Result<Self, UnknownValue> {
        let text = |key: &str| all.get(key).cloned();
        let unknown = |annotation, allowed, seen: &str| UnknownValue { annotation, allowed, seen: seen.to_owned() };
        let external_id = text(EXTERNAL_ID);
        if let Some(id) = external_id.as_deref().filter(|id| !is_id(id)) {
            return Err(unknown(EXTERNAL_ID, "an id of letters, digits and '-', at most 64", id));
        }
        let allow_deletion = match all.get(ALLOW_DELETION).map(String::as_str) {
            None => None,
            Some("true") => Some(AllowDeletion::PastGuards),
            Some("orphan") => Some(AllowDeletion::Orphan),
            Some(other) => return Err(unknown(ALLOW_DELETION, "'true' or 'orphan'", other)),
        };
        let intent = match all.get(CREATE_INTENT) {
            None => None,
            Some(json) => Some(serde_json::from_str(json).map_err(|_| {
                unknown(CREATE_INTENT, "what the operator wrote (remove it only if no create is under way)", json)
            })?),
        };
        Ok(Self {
            external_id,
            reconcile_requested_at: text(RECONCILE_REQUESTED_AT),
            allow_deletion,
            retry_create: text(RETRY_CREATE),
            test_requested_at: text(TEST_REQUESTED_AT).map(|token| token.chars().take(256).collect()),
            intent,
        })
    }
}

impl Annotations {
    /// Whether a person allows to repeat the recorded create.
    pub(crate) fn is_create_allowed(&self) -> bool {
        self.intent.as_ref().is_some_and(|intent| self.retry_create.as_ref() == Some(&intent.nonce))
    }
}

/// Whether a text can be an id of a provider: 1 to 64 letters, digits and dashes. Only such a text is used in a path.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(key: &str, value: &str) -> Result<Annotations, UnknownValue> {
        Annotations::parse(&BTreeMap::from([(key.to_owned(), value.to_owned())]))
    }

    #[test]
    fn an_unknown_deletion_value_is_refused_with_what_is_allowed() {
        let error = parse(ALLOW_DELETION, "yes").unwrap_err().to_string();
        assert_eq!(error, "annotation 'ping-operator.dev/allow-deletion' must be 'true' or 'orphan', not 'yes'");
    }

    #[test]
    fn an_id_that_could_leave_its_place_in_a_path_is_refused() {
        for id in ["", "../teams", "a/b", "a?b", "a b", &"x".repeat(65)] {
            assert!(parse(EXTERNAL_ID, id).is_err(), "{id}");
        }
        assert!(parse(EXTERNAL_ID, "c03b02ec-244f-4d2c-8f68-3910071ed5c8").is_ok());
    }

    #[test]
    fn an_intent_survives_its_own_json() {
        let intent = Intent {
            nonce: "n".into(),
            time: Timestamp::UNIX_EPOCH,
            ids: ["a".to_owned()].into(),
            name: Some("A".into()),
            team: None,
            tries: Some(CreateTries { generation: 2, count: 1 }),
        };
        let json = serde_json::to_string(&intent).unwrap();
        assert_eq!(parse(CREATE_INTENT, &json).unwrap().intent, Some(intent));
    }
}
