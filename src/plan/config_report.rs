//! What the conditions and events of a config say: of its credential, of what still uses it, and of a pause. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::conditions::{Condition, ConditionStatus, ConditionType, NewCondition, find};
use crate::api::provider_config::ProviderConfigStatus;
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::plan::outcome::{Announcement, Outcome};
use crate::plan::resync_pace::ResyncPace;
use crate::plan::state::State;

/// So many resources are named in one message.
const MOST_NAMED: usize = 3;
/// Two reckonings of the end of one pause differ by less than this.
const SAME_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// What still goes on without the Secret.
const TOKEN_REMEMBERED: &str = "the Secret is gone, and deletions go on with the last token until the operator restarts: put the Secret back; with the flag \
     --forget-removed-tokens the operator stops using such a token at once";

/// What is known of a config.
pub(crate) struct ConfigReport<'a> {
    /// What came of the check of its credential.
    pub(crate) outcome: &'a Outcome,
    /// The other configs of the same account.
    pub(crate) others: &'a [ResourceKey],
    /// The generation of the spec that was examined.
    pub(crate) generation: i64,
    /// Whether it is deleted: then what still uses it is told.
    pub(crate) is_deleted: bool,
    /// The resources that use it.
    pub(crate) users: &'a [ResourceKey],
    /// Until when no call is sent, because the provider asked for fewer.
    pub(crate) throttled_until: Option<Timestamp>,
    /// Whether its Secret is gone and deletions go on with the last token.
    pub(crate) is_remembered: bool,
    /// How often its resources are checked.
    pub(crate) pace: ResyncPace,
}

/// One event about a config.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct ConfigEvent {
    /// How it is told.
    pub(crate) announcement: Announcement,
    /// The reason.
    pub(crate) reason: Reason,
    /// The sentence.
    pub(crate) message: String,
}

impl ConfigReport<'_> {
    /// The conditions to report, given those reported `before`.
    pub(crate) fn conditions(&self, before: &[Condition]) -> Vec<NewCondition> {
        let mut conditions = self.outcome.conditions(before);
        let is_accepted = matches!(self.outcome, Outcome::State(State::Available));
        for condition in &mut conditions {
            match condition.type_ {
                ConditionType::Ready if is_accepted => condition.message = accepted(self.others),
                ConditionType::Synced if self.is_remembered => {
                    *condition =
                        NewCondition::new(ConditionType::Synced, false, Reason::CredentialsMissing, TOKEN_REMEMBERED);
                }
                ConditionType::Synced => {
                    if let Some(until) = self.throttled_until {
                        *condition =
                            NewCondition::new(ConditionType::Synced, false, Reason::Throttled, throttled(until));
                    } else if let Some(message) = self.stretched(before).filter(|_| is_accepted) {
                        *condition = NewCondition::new(ConditionType::Synced, true, Reason::ResyncStretched, message);
                    }
                }
                _ => {}
            }
        }
        if let Some(message) = self.has_dependents() {
            self.hold(&message, &mut conditions);
        }
        conditions
    }

    /// The same of a config that could not be looked at: what was told of a pause and of a Secret that is gone is told on, the pause only
    /// until its end.
    #[must_use]
    pub(crate) fn keeping(self, told: &ProviderConfigStatus, now: Timestamp) -> Self {
        let synced = find(&told.conditions, ConditionType::Synced).and_then(Condition::reason);
        let throttled_until = told.throttled_until.filter(|until| *until > now);
        Self { throttled_until, is_remembered: synced == Some(Reason::CredentialsMissing), ..self }
    }

    /// What is told of a resync that is stretched.
    fn stretched(&self, before: &[Condition]) -> Option<String> {
        let told = find(before, ConditionType::Synced)
            .filter(|synced| self.pace == ResyncPace::Unknown && synced.reason() == Some(Reason::ResyncStretched));
        told.map(|synced| synced.message.to_string()).or_else(|| self.pace.message())
    }

    /// What is told of a deleted config that is used.
    fn has_dependents(&self) -> Option<String> {
        (self.is_deleted && !self.users.is_empty()).then(|| has_dependents(self.users))
    }

    /// A deleted config that is used goes on: its credential is needed for the deletions of what uses it.
    fn hold(&self, message: &str, conditions: &mut [NewCondition]) {
        let is_accepted = matches!(self.outcome, Outcome::State(State::Available));
        for condition in conditions {
            match condition.type_ {
                ConditionType::Ready if is_accepted => {
                    (condition.reason, condition.message) = (Reason::HasDependents, message.to_owned());
                }
                ConditionType::Reconciling => {
                    (condition.status, condition.reason) = (ConditionStatus::True, Reason::HasDependents);
                    if !is_accepted {
                        message.clone_into(&mut condition.message);
                    }
                }
                _ => {}
            }
        }
    }

    /// The events of what these conditions, reported before, do not tell yet.
    pub(crate) fn events(&self, before: &[Condition]) -> Vec<ConfigEvent> {
        let outcome = (!self.outcome.is_told_by(before, self.generation)).then(|| ConfigEvent {
            announcement: self.outcome.announcement(),
            reason: self.outcome.reason(),
            message: self.outcome.message().into_owned(),
        });
        let is_new = |reason| before.iter().all(|known| known.reason() != Some(reason));
        let of = |announcement, reason, message: String| {
            is_new(reason).then_some(ConfigEvent { announcement, reason, message })
        };
        let held = self.has_dependents().and_then(|message| of(Announcement::Normal, Reason::HasDependents, message));
        let paused =
            self.throttled_until.and_then(|until| of(Announcement::Warning, Reason::Throttled, throttled(until)));
        let remembered = self
            .is_remembered
            .then(|| of(Announcement::Warning, Reason::CredentialsMissing, TOKEN_REMEMBERED.to_owned()));
        let slower = self.pace.message().and_then(|message| of(Announcement::Normal, Reason::ResyncStretched, message));
        outcome.into_iter().chain(held).chain(paused).chain(remembered.flatten()).chain(slower).collect()
    }
}

/// The end of a pause that has so long to go at `now`, in whole seconds; the recorded one if it is the same pause, so that the text
/// does not change while nothing does.
pub(crate) fn end_of_pause(rest: SignedDuration, now: Timestamp, recorded: Option<Timestamp>) -> Option<Timestamp> {
    let end = now.checked_add(rest).ok()?;
    let is_same = |known: &Timestamp| known.duration_since(end).abs() < SAME_PAUSE;
    let whole = Timestamp::from_second(end.as_second().saturating_add(1)).ok();
    recorded.filter(is_same).or(whole)
}

fn throttled(until: Timestamp) -> String {
    format!("the provider asked for fewer calls (HTTP 429): no call to the account is sent until {until}")
}

/// A resource as a message names it.
fn named(key: &ResourceKey) -> String {
    if key.namespace.is_empty() { key.name.clone() } else { format!("{}/{}", key.namespace, key.name) }
}

fn has_dependents(dependents: &[ResourceKey]) -> String {
    let names: Vec<_> = dependents.iter().take(MOST_NAMED).map(|key| format!("{} {}", key.kind, named(key))).collect();
    let more = match dependents.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names = names.join(", ");
    format!("this config is deleted and still used by {names}{more}: delete what uses it, or let it use another config")
}

/// What `Ready` says of an accepted credential. It names other configs of the account: they share its rate limit.
fn accepted(others: &[ResourceKey]) -> String {
    match others {
        [] => "the credential is accepted".to_owned(),
        [only] => format!("the credential is accepted; the config {} opens the same account", named(only)),
        [first, ..] => format!(
            "the credential is accepted; {} other configs open the same account, such as {}",
            others.len(),
            named(first)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::conditions::updated;
    use crate::api::kinds::Kind;
    use crate::plan::outcome::ApiServerTrouble;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn team(number: usize) -> ResourceKey {
        ResourceKey { kind: Kind::Team, namespace: "a".to_owned(), name: format!("t{number}") }
    }

    #[test]
    fn a_pause_is_told_with_its_end_once_and_ends_with_it() {
        let outcome = Outcome::State(State::Available);
        let report = |throttled_until| ConfigReport {
            outcome: &outcome,
            others: &[],
            generation: 1,
            is_deleted: false,
            users: &[],
            throttled_until,
            is_remembered: false,
            pace: ResyncPace::Unknown,
        };
        let until = end_of_pause(SignedDuration::from_millis(29_700), at(0), None);
        assert_eq!(until, Some(at(30)));
        assert_eq!(end_of_pause(SignedDuration::from_millis(10_100), at(20), until), until);
        assert_eq!(end_of_pause(SignedDuration::from_secs(60), at(20), until), Some(at(81)));
        let told = updated(&[], report(until).conditions(&[]), 1, at(0));
        let synced = find(&told, ConditionType::Synced).unwrap();
        assert_eq!((synced.status, synced.reason()), (ConditionStatus::False, Some(Reason::Throttled)));
        assert!(synced.message.contains("1970-01-01T00:00:30Z"), "{}", synced.message);
        assert_eq!(find(&told, ConditionType::Ready).unwrap().status, ConditionStatus::True);
        assert_eq!(report(until).events(&[]).last().map(|event| event.reason), Some(Reason::Throttled));
        assert!(report(until).events(&told).iter().all(|event| event.reason != Reason::Throttled));
        let after = updated(&told, report(None).conditions(&told), 1, at(31));
        assert_eq!(find(&after, ConditionType::Synced).unwrap().reason(), Some(Reason::Available));
    }

    #[test]
    fn a_deleted_config_names_some_of_those_that_use_it_once() {
        let dependents: Vec<_> = (0..5).map(team).collect();
        let accepted = Outcome::State(State::Available);
        let missing = Outcome::State(State::waiting(Reason::SecretNotFound, "no Secret", None));
        for outcome in [&accepted, &missing] {
            let report = ConfigReport {
                outcome,
                others: &[],
                generation: 1,
                is_deleted: true,
                users: &dependents,
                throttled_until: None,
                is_remembered: false,
                pace: ResyncPace::Unknown,
            };
            let told = updated(&[], report.conditions(&[]), 1, at(0));
            let naming = told
                .iter()
                .filter(|condition| condition.message.contains("Team a/t0, Team a/t1, Team a/t2 and 2 more"));
            assert_eq!(naming.count(), 1, "{told:#?}");
            assert_eq!(find(&told, ConditionType::Reconciling).unwrap().reason(), Some(Reason::HasDependents));
            assert!(report.events(&[]).iter().any(|event| event.reason == Reason::HasDependents));
            assert!(report.events(&told).iter().all(|event| event.reason != Reason::HasDependents));
        }
    }

    #[test]
    fn a_config_that_cannot_be_looked_at_tells_on_what_may_still_be_so() {
        let users = [team(1)];
        let trouble = ApiServerTrouble { reason: Reason::KubernetesUnavailable, message: "down".to_owned() };
        let outcome = Outcome::ApiServer { trouble, still_good: false };
        let report = |told: &ProviderConfigStatus, now| {
            let (others, throttled_until) = ([].as_slice(), None);
            let (generation, is_deleted, users, is_remembered) = (1, true, users.as_slice(), false);
            let report = ConfigReport {
                outcome: &outcome,
                others,
                generation,
                is_deleted,
                users,
                throttled_until,
                is_remembered,
                pace: ResyncPace::Unknown,
            };
            let report = report.keeping(told, now);
            (report.throttled_until, updated(&told.conditions, report.conditions(&told.conditions), 1, now))
        };
        let paused = ProviderConfigStatus { throttled_until: Some(at(30)), ..ProviderConfigStatus::default() };
        let (until, told) = report(&paused, at(29));
        assert_eq!((until, report(&paused, at(30)).0), (Some(at(30)), None));
        assert_eq!(find(&told, ConditionType::Ready).unwrap().message, "down");
        assert_eq!(find(&told, ConditionType::Synced).unwrap().reason(), Some(Reason::Throttled));
        let reconciling = find(&told, ConditionType::Reconciling).unwrap();
        assert!(reconciling.message.contains("Team a/t1"), "{reconciling:?}");
        let removed = NewCondition::new(ConditionType::Synced, false, Reason::CredentialsMissing, TOKEN_REMEMBERED);
        let removed = ProviderConfigStatus {
            conditions: updated(&[], vec![removed], 1, at(0)),
            ..ProviderConfigStatus::default()
        };
        let (_, told) = report(&removed, at(0));
        assert_eq!(find(&told, ConditionType::Synced).unwrap().reason(), Some(Reason::CredentialsMissing));
    }
}
