//! A team as the provider shows it. No IO.

use crate::provider::model::ids::TeamId;

/// A team (P14).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedTeam {
    /// `team_id`.
    pub(crate) id: TeamId,
    /// `name`.
    pub(crate) name: String,
    /// `member_count`.
    pub(crate) member_count: Option<i64>,
    /// `created_at` as written.
    pub(crate) created: Option<String>,
}
