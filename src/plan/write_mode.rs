//! What may be written to the provider, and what is said of a difference that may not. No IO.

use crate::plan::step::Change;

/// So many differences are named in one message.
const MOST_NAMED: usize = 20;

/// What may be written to the provider for one resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WriteMode {
    /// Everything.
    Manage,
    /// Notifications, and what a change of the spec needs: `driftPolicy: Report`.
    Report,
    /// Nothing: `managementPolicy: Observe`.
    Observe,
    /// Nothing: the operator runs with `--dry-run`.
    DryRun,
}

/// A difference that is reported and not corrected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Drift {
    /// The differences, field by field.
    pub(crate) changes: Vec<Change>,
    /// What is so because of them, where they do not say it.
    pub(crate) remarks: Vec<String>,
    /// Why they are not corrected.
    pub(crate) mode: WriteMode,
}

impl WriteMode {
    /// What is said of a resource that equals its spec, where this mode writes nothing.
    pub(crate) fn remark(self) -> Option<&'static str> {
        match self {
            Self::Manage | Self::Report => None,
            Self::Observe => Some("managementPolicy 'Observe' only observes: nothing is written"),
            Self::DryRun => Some("the operator only observes (--dry-run): nothing is written"),
        }
    }

    /// The words before the differences that this mode leaves.
    fn reports(self) -> &'static str {
        match self {
            Self::Manage | Self::Report => "the provider differs and driftPolicy 'Report' forbids to change it",
            Self::Observe => {
                "the provider differs and managementPolicy 'Observe' only observes; with 'Manage' this would change"
            }
            Self::DryRun => {
                "the provider differs and the operator only observes (--dry-run); without it this would change"
            }
        }
    }

    /// The sentence about an object that does not exist and may not be created.
    pub(crate) fn missing(self) -> &'static str {
        match self {
            Self::Manage | Self::Report | Self::Observe => {
                "there is no such object at the provider, and the policies of this resource forbid to create one: \
                 set managementPolicy 'Manage' and driftPolicy 'Correct', or name an object by the external-id annotation"
            }
            Self::DryRun => {
                "there is no such object at the provider, and the operator only observes (--dry-run): without it, it would create one"
            }
        }
    }
}

impl Drift {
    /// The message of the conditions.
    pub(crate) fn message(&self) -> String {
        let mut differences: Vec<_> = self.changes.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = self.changes.len().saturating_sub(MOST_NAMED);
        differences.extend((more > 0).then(|| format!("and {more} more")));
        differences.extend(self.remarks.iter().take(MOST_NAMED).cloned());
        format!("{}: {}", self.mode.reports(), differences.join("; "))
    }
}
