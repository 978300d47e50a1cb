//! Whether a resource takes over what another one stands for, by the annotation `moved-from`: one rule for the operator and for the
//! command line. No IO.

use std::fmt::Display;

use crate::api::reason::Reason;
use crate::plan::state::State;

/// What connects a resource with the source that its annotation `moved-from` names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Bond {
    /// Whether the source, too, is said to be moved from this one, if need be by way of others, and is the younger of the two.
    pub(crate) in_circle: bool,
    /// Whether the source is in the same namespace, or its annotation `moved-to` names this one.
    pub(crate) consented: bool,
    /// Whether both use one account; absent: that is not known yet.
    pub(crate) same_account: Option<bool>,
}

/// Whether a resource is the heir of its source, as far as only the two matter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Heirship {
    /// It is.
    Heir,
    /// It may become the heir: it is not known yet whether both use one account.
    Pending,
    /// It cannot be, for this reason.
    Barred(Bar),
}

/// Why a resource is not the heir of its source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bar {
    /// Both are said to be moved from each other.
    Circle,
    /// The source is in another namespace and does not name it.
    NotConsented,
    /// The source uses another account.
    OtherAccount,
}

impl Bond {
    /// Whether this one is the heir of its source.
    pub(crate) fn heirship(self) -> Heirship {
        let Self { in_circle, consented, same_account } = self;
        match same_account {
            _ if in_circle => Heirship::Barred(Bar::Circle),
            _ if !consented => Heirship::Barred(Bar::NotConsented),
            Some(true) => Heirship::Heir,
            Some(false) => Heirship::Barred(Bar::OtherAccount),
            None => Heirship::Pending,
        }
    }
}

/// How the annotation `moved-from` of a resource stands that has no object yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// There is no such resource: the annotation has no effect.
    NoSource,
    /// It is not known yet whether it is the heir.
    Pending,
    /// It cannot be the heir.
    Barred(Bar),
    /// Another resource is the heir.
    TakenBy(String),
    /// The source has no object yet.
    NothingYet,
    /// It takes over the object with this id.
    Takes(String),
}

impl Standing {
    /// What a resource reports that cannot take anything over now; `None`: it takes over, or there is nothing to take. `source` and `me` are
    /// `namespace/name`.
    pub(crate) fn state(&self, source: &impl Display, me: &impl Display) -> Option<State> {
        let conflict = |message: String| Some(State::stalled(Reason::Conflict, message));
        match self {
            Self::NoSource | Self::Takes(_) => None,
            Self::Pending => {
                let message = format!("it is not known yet whether this resource and '{source}' use one account");
                Some(State::waiting(Reason::ReferenceNotReady, message, None))
            }
            Self::NothingYet => {
                let message = format!(
                    "'{source}' has no external object yet, which this resource takes over then (remove the annotation \
                     ping-operator.dev/moved-from to go on without it)"
                );
                Some(State::waiting(Reason::ReferenceNotReady, message, None))
            }
            Self::TakenBy(heir) => conflict(format!(
                "'{heir}' takes over the external object of '{source}', too: delete one of the two, or remove its annotation \
                 ping-operator.dev/moved-from"
            )),
            Self::Barred(Bar::Circle) => conflict(format!(
                "'{source}' is said to be moved from this resource, and this one from '{source}': remove the annotation \
                 ping-operator.dev/moved-from of one of the two"
            )),
            Self::Barred(Bar::NotConsented) => conflict(format!(
                "'{source}' is in another namespace and does not hand its external object over: set its annotation \
                 ping-operator.dev/moved-to: {me}, or remove the annotation ping-operator.dev/moved-from of this one"
            )),
            Self::Barred(Bar::OtherAccount) => conflict(format!(
                "'{source}' uses another account, in which its external object stays: use the same account, or remove the annotation \
                 ping-operator.dev/moved-from"
            )),
        }
    }
}

/// What a resource reports whose object another one has taken over.
pub(crate) fn handed_over(heir: &str) -> State {
    let message = format!(
        "'{heir}' takes over the external object, as its annotation ping-operator.dev/moved-from says: delete this resource (that deletes \
         nothing outside)"
    );
    State::stalled(Reason::Conflict, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_the_heir_only_with_consent_within_one_account_and_not_in_a_circle() {
        let bond = |in_circle, consented, same_account| Bond { in_circle, consented, same_account };
        assert_eq!(bond(false, true, Some(true)).heirship(), Heirship::Heir);
        assert_eq!(bond(false, true, None).heirship(), Heirship::Pending);
        assert_eq!(bond(false, true, Some(false)).heirship(), Heirship::Barred(Bar::OtherAccount));
        for account in [None, Some(false), Some(true)] {
            assert_eq!(bond(false, false, account).heirship(), Heirship::Barred(Bar::NotConsented));
            assert_eq!(bond(true, true, account).heirship(), Heirship::Barred(Bar::Circle));
        }
    }

    #[test]
    fn what_is_missing_is_told_with_the_annotation_that_gives_it() {
        let told = |standing: Standing| match standing.state(&"a/old", &"b/new") {
            Some(State::Stalled { reason: Reason::Conflict, message }) => message,
            other => panic!("{other:?}"),
        };
        let missing = told(Standing::Barred(Bar::NotConsented));
        assert!(
            missing.contains("'a/old' is in another namespace") && missing.contains("moved-to: b/new"),
            "{missing}"
        );
        assert!(told(Standing::TakenBy("b/other".to_owned())).contains("'b/other'"));
        for waits in [Standing::Pending, Standing::NothingYet] {
            assert!(matches!(waits.state(&"a/old", &"b/new"), Some(State::Waiting { until: None, .. })));
        }
        for free in [Standing::NoSource, Standing::Takes("x".to_owned())] {
            assert_eq!(free.state(&"a/old", &"b/new"), None);
        }
    }
}
