//! What is told of a resource: whether it is Ready, why not, since when, what to do, and when the operator tries again. No IO.

pub(crate) mod verbs;

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::api::conditions::{Condition, ConditionStatus, ConditionType};
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::state::verbs::command;

/// What to do about a resource that no operator has looked at.
const UNSEEN: &str =
    "Look whether an operator runs, sees the kind and the namespace, and serves the config: `kubectl ping check`.";

/// A resource in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceState {
    /// Kind, namespace and name.
    #[serde(flatten, serialize_with = "names")]
    pub(crate) key: ResourceKey,
    /// The status of `Ready`; `Unknown` if there is none for the present spec.
    pub(crate) ready: &'static str,
    /// The reason, as one word.
    pub(crate) reason: String,
    /// Why.
    pub(crate) message: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
    /// What a person can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<&'static str>,
    /// Where more is written about the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<String>,
    /// The verb of this tool that does it, ready to be copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
    /// Whether it is being deleted.
    pub(crate) deleting: bool,
    /// Whether `spec.suspend` is set.
    pub(crate) suspended: bool,
    /// When the operator tries again; absent if it is Ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_try: Option<NextTry>,
    /// What else is to be known: conditions that are no summary, and that say something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<StateNote>,
}

/// A condition beside the summary.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct StateNote {
    /// Its type.
    pub(crate) condition: ConditionType,
    /// Its reason.
    pub(crate) reason: String,
    /// What it says.
    pub(crate) message: String,
}

/// When the operator tries again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NextTry {
    /// When a person has changed something.
    OnChange,
    /// Not before this time.
    At(Timestamp),
    /// By itself, with backoff, and at once when what it waits for is there.
    ByItself,
}

impl fmt::Display for NextTry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnChange => f.write_str("on a change"),
            Self::At(time) => write!(f, "{time:.0}"),
            Self::ByItself => f.write_str("by itself"),
        }
    }
}

impl Serialize for NextTry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The key of a resource as fields.
pub(crate) fn names<S: Serializer>(key: &ResourceKey, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Names<'a> {
        kind: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        namespace: &'a str,
        name: &'a str,
    }
    let ResourceKey { kind, namespace, name } = key;
    Names { kind: kind.as_str(), namespace, name }.serialize(serializer)
}

impl ResourceState {
    /// The state of a resource; `paused_until` is the end of the pause of its config, if there is one.
    pub(crate) fn of(resource: &ClusterResource, paused_until: Option<Timestamp>) -> Self {
        let summary = Summarised::of(resource);
        let reason = Reason::parse(&summary.reason);
        let is_ready = summary.ready == ConditionStatus::True;
        Self {
            key: resource.key.clone(),
            ready: summary.ready.as_str(),
            action: if is_ready { None } else { reason.map(Reason::action).or(Some(UNSEEN)) },
            page: reason.filter(|_| !is_ready).map(Reason::section),
            command: reason.filter(|_| !is_ready).and_then(|reason| command(reason, &resource.key)),
            deleting: resource.is_deleted(),
            suspended: resource.is_suspended(),
            next_try: (!is_ready).then(|| next_try(resource, paused_until)),
            reason: summary.reason,
            message: summary.message,
            since: summary.since,
            notes: notes(resource),
        }
    }

    /// What a person should see beside the status.
    pub(crate) fn marks(&self) -> Vec<&'static str> {
        let marks = [(self.deleting, "being deleted"), (self.suspended, "suspended")];
        marks.into_iter().filter_map(|(is_so, word)| is_so.then_some(word)).collect()
    }

    /// Whether the external object equals the present spec.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready == ConditionStatus::True.as_str()
    }
}

/// The condition that tells most, and whether the resource counts as Ready.
struct Summarised {
    ready: ConditionStatus,
    reason: String,
    message: String,
    since: Option<Timestamp>,
}

impl Summarised {
    fn of(resource: &ClusterResource) -> Self {
        let Some(ready) = resource.condition(ConditionType::Ready) else {
            let message = "no operator has looked at it yet".to_owned();
            let since = resource.time("/metadata/creationTimestamp");
            return Self { ready: ConditionStatus::Unknown, reason: "NotReconciled".to_owned(), message, since };
        };
        let told = |condition: &Condition, status| Self {
            ready: status,
            reason: condition.reason.to_string(),
            message: message(resource, condition),
            since: Some(condition.last_transition_time),
        };
        if resource.is_deleted() {
            // `Ready` keeps its last status while a resource is deleted.
            let holding = [ConditionType::DeletionHeld, ConditionType::Stalled, ConditionType::Reconciling];
            let holding = holding.into_iter().filter_map(|type_| resource.condition(type_));
            let condition = holding.into_iter().find(|condition| condition.status == ConditionStatus::True);
            let since = resource.time("/metadata/deletionTimestamp");
            return Self { since, ..told(condition.unwrap_or(ready), ConditionStatus::False) };
        }
        let is_behind = resource.generation().is_some_and(|generation| ready.observed_generation < generation);
        if is_behind && !resource.is_suspended() {
            let message = "the last change of the spec is not reconciled yet".to_owned();
            let since = Some(ready.last_transition_time);
            return Self { ready: ConditionStatus::Unknown, reason: Reason::Progressing.to_string(), message, since };
        }
        told(ready, ready.status)
    }
}

/// What a condition says. One that says nothing of its own names the condition that does: `see Ready`, `see Suspended`.
fn message(resource: &ClusterResource, condition: &Condition) -> String {
    let told_by = |from: &Condition| ConditionType::parse(from.message.strip_prefix("see ")?);
    match told_by(condition) {
        Some(type_) => resource.condition(type_).map_or_else(String::new, |from| from.message.to_string()),
        None => condition.message.to_string(),
    }
}

fn next_try(resource: &ClusterResource, paused_until: Option<Timestamp>) -> NextTry {
    let is_stalled =
        resource.condition(ConditionType::Stalled).is_some_and(|stalled| stalled.status == ConditionStatus::True);
    // A deletion goes on also while the resource is suspended.
    let is_halted = resource.is_suspended() && !resource.is_deleted();
    match paused_until {
        _ if is_stalled || is_halted => NextTry::OnChange,
        Some(time) => NextTry::At(time),
        None => NextTry::ByItself,
    }
}

/// The conditions beside the summary whose status is not the usual one.
fn notes(resource: &ClusterResource) -> Vec<StateNote> {
    let noted = |condition: &Condition| {
        let type_ = ConditionType::parse(&condition.type_)?;
        let is_noted = match type_ {
            ConditionType::Ready
            | ConditionType::Synced
            | ConditionType::Reconciling
            | ConditionType::Stalled
            | ConditionType::DeletionHeld => false,
            ConditionType::Verified => condition.status != ConditionStatus::True,
            ConditionType::InvitationsPending
            | ConditionType::UsernameVerificationPending
            | ConditionType::Drifted
            | ConditionType::Suspended => condition.status != ConditionStatus::False,
        };
        let (reason, message) = (condition.reason.to_string(), message(resource, condition));
        is_noted.then_some(StateNote { condition: type_, reason, message })
    };
    resource.conditions.iter().filter_map(noted).collect()
}

/// The end of the pause of the config of a resource, if that is still to come.
pub(crate) fn paused_until(
    resource: &ClusterResource,
    configs: &[ClusterResource],
    now: Timestamp,
) -> Option<Timestamp> {
    let key = resource.config().unwrap_or_else(|| resource.key.clone());
    let config = configs.iter().find(|config| config.key == key)?;
    config.time("/status/throttledUntil").filter(|until| *until > now)
}

#[cfg(test)]
mod tests;
