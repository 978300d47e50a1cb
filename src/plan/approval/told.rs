//! What a plan tells of approvals, for status. No IO.

use crate::api::approval::{ApprovedPlan, PendingPlan};

/// What status is to say of approvals.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Approval {
    /// What waits for one.
    pub(crate) pending: Option<Box<PendingPlan>>,
    /// The one that was taken last.
    pub(crate) approved: Option<Box<ApprovedPlan>>,
    /// Whether it was taken just now: it is recorded before a call is made.
    pub(crate) is_taken_now: bool,
}
