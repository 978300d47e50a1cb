//! Which of several operators serves a config: `status.servedBy` names the Lease of the one that does. No IO.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api::conditions::{Condition, ConditionStatus, ConditionType, find};
use crate::api::reason::Reason;

/// So long the operator that serves a config has time to write the first conditions.
const FIRST_WORD: SignedDuration = SignedDuration::from_secs(10);

/// What is known of the Lease of another operator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum OtherLease {
    /// There is none.
    Absent,
    /// Its holder gave it up.
    Released,
    /// It has a holder.
    Held {
        /// How long it has not been renewed, by the clock of this operator.
        unchanged_for: Duration,
        /// How long a renewal counts.
        lasts: Duration,
    },
    /// It cannot be read.
    Unreadable {
        /// The error.
        why: String,
    },
}

impl OtherLease {
    /// Whether its holder may still write.
    pub(crate) fn may_be_alive(&self) -> bool {
        match self {
            Self::Absent | Self::Released => false,
            Self::Held { unchanged_for, lasts } => unchanged_for < lasts,
            Self::Unreadable { .. } => true,
        }
    }
}

/// Who serves a config.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Serving {
    /// This operator.
    Here,
    /// Nobody any more, or nobody yet: this operator records its Lease before it serves the config.
    Free,
    /// Nobody needs to: nothing that this operator sees uses the config. It is left to whoever needs it.
    Unused,
    /// Another replica of this operator, which is giving it up.
    Leaving,
    /// Another operator, or perhaps another operator: nothing is written to the provider.
    Elsewhere {
        /// One sentence: who, and what to do.
        message: String,
    },
}

/// Who serves a config. `own`: the Lease of this operator; absent: it has none. `served_by`: what status says; `lease`: what is known of
/// that Lease. `is_needed`: this operator is to serve the config unless another one does.
pub(crate) fn serving(own: Option<&str>, served_by: Option<&str>, lease: &OtherLease, is_needed: bool) -> Serving {
    let other = served_by.filter(|name| !name.is_empty() && Some(*name) != own).filter(|_| lease.may_be_alive());
    let Some(other) = other else {
        return match own {
            None => Serving::Here,
            Some(_) if !is_needed => Serving::Unused,
            Some(_) if own == served_by => Serving::Here,
            Some(_) => Serving::Free,
        };
    };
    let who =
        format!("the operator with the Lease '{other}' serves this config, and this operator writes nothing for it");
    let message = match lease {
        OtherLease::Unreadable { why } => format!(
            "{who}, because it cannot read that Lease ({why}): let this operator get Leases there, or remove `status.servedBy` if no other \
             operator is left"
        ),
        OtherLease::Absent | OtherLease::Released | OtherLease::Held { .. } => {
            format!("{who}: stop one of the two, or divide the configs by --selector or --watch-namespaces")
        }
    };
    Serving::Elsewhere { message }
}

/// Whether an operator that does not need a config, as perhaps others do not, may write what it found out about it: if nobody has yet, or
/// if others could not use it. So two operators that find something else never write in turn.
pub(crate) fn may_judge(conditions: &[Condition], generation: i64, is_ready: bool) -> bool {
    find(conditions, ConditionType::Ready).is_none_or(|ready| {
        ready.observed_generation != generation || is_ready && ready.status != ConditionStatus::True
    })
}

/// Whether status may say that another operator serves the config: not if that one has written its own conditions, or may be about to.
pub(crate) fn may_tell(conditions: &[Condition], created: Option<Timestamp>, now: Timestamp) -> bool {
    match find(conditions, ConditionType::Ready) {
        Some(ready) => ready.reason() == Some(Reason::ServedElsewhere),
        None => created.is_some_and(|created| now.duration_since(created) >= FIRST_WORD),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::conditions::{NewCondition, updated};

    const OURS: Option<&str> = Some("ping-operator/ping-operator");
    const THEIRS: Option<&str> = Some("default/ping-operator-1234abcd");

    fn held(unchanged_for: u64) -> OtherLease {
        OtherLease::Held { unchanged_for: Duration::from_secs(unchanged_for), lasts: Duration::from_secs(45) }
    }

    fn unreadable() -> OtherLease {
        OtherLease::Unreadable { why: "leases is forbidden".to_owned() }
    }

    fn is_elsewhere(serving: &Serving) -> bool {
        matches!(serving, Serving::Elsewhere { .. })
    }

    #[test]
    fn a_config_changes_hands_only_when_the_other_operator_is_surely_gone() {
        for lease in [OtherLease::Absent, OtherLease::Released, held(45)] {
            assert_eq!(serving(OURS, THEIRS, &lease, true), Serving::Free, "{lease:?}");
            assert_eq!(serving(None, THEIRS, &lease, true), Serving::Here, "{lease:?}");
        }
        for lease in [held(0), held(44), unreadable()] {
            assert!(is_elsewhere(&serving(OURS, THEIRS, &lease, true)), "{lease:?}");
            assert!(is_elsewhere(&serving(None, THEIRS, &lease, true)), "{lease:?}");
        }
    }

    #[test]
    fn a_config_of_ours_or_of_nobody_needs_no_look_at_a_lease() {
        for lease in [OtherLease::Absent, OtherLease::Released, held(0), held(99), unreadable()] {
            assert_eq!(serving(OURS, OURS, &lease, true), Serving::Here);
            assert_eq!(serving(OURS, None, &lease, true), Serving::Free);
            assert_eq!(serving(OURS, Some(""), &lease, true), Serving::Free);
            assert_eq!(serving(None, None, &lease, true), Serving::Here);
        }
    }

    #[test]
    fn of_two_operators_one_serves_at_most() {
        let (one, two) = (OURS, THEIRS);
        for served_by in [one, two] {
            let is_here = [one, two].map(|own| serving(own, served_by, &held(0), true) == Serving::Here);
            assert_eq!(is_here.iter().filter(|is_here| **is_here).count(), 1);
        }
    }

    #[test]
    fn a_config_that_nothing_uses_here_is_left_to_whoever_needs_it() {
        for served_by in [OURS, None] {
            assert_eq!(serving(OURS, served_by, &OtherLease::Absent, false), Serving::Unused);
        }
        assert_eq!(serving(OURS, THEIRS, &held(45), false), Serving::Unused);
        assert!(is_elsewhere(&serving(OURS, THEIRS, &held(0), false)));
        assert_eq!(serving(None, None, &OtherLease::Absent, false), Serving::Here);
    }

    #[test]
    fn the_conditions_of_the_operator_that_serves_are_left_alone() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let ready = |reason| updated(&[], vec![NewCondition::new(ConditionType::Ready, false, reason, "")], 1, at(0));
        assert!(!may_tell(&[], Some(at(0)), at(9)) && may_tell(&[], Some(at(0)), at(10)));
        assert!(may_tell(&ready(Reason::ServedElsewhere), Some(at(0)), at(1)));
        assert!(!may_tell(&ready(Reason::Available), Some(at(0)), at(99)));
    }

    #[test]
    fn operators_that_do_not_need_a_config_never_write_in_turn() {
        let at = Timestamp::UNIX_EPOCH;
        let ready =
            |is_true, reason| updated(&[], vec![NewCondition::new(ConditionType::Ready, is_true, reason, "")], 1, at);
        let (good, bad) = (ready(true, Reason::Available), ready(false, Reason::EndpointNotAllowed));
        for (before, is_ready, may) in [
            (&[][..], false, true),
            (&bad, true, true),
            (&bad, false, false),
            (&good, false, false),
            (&good, true, false),
        ] {
            assert_eq!(may_judge(before, 1, is_ready), may, "{before:?} {is_ready}");
            assert!(may_judge(before, 2, is_ready));
        }
    }

    #[test]
    fn the_message_names_the_lease_and_why_it_cannot_be_read() {
        let Serving::Elsewhere { message } = serving(OURS, THEIRS, &unreadable(), true) else { panic!("served here") };
        assert!(
            message.contains("default/ping-operator-1234abcd") && message.contains("leases is forbidden"),
            "{message}"
        );
    }
}
