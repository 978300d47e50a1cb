//! A team as the provider shows it. No IO.

use crate::provider::model::ids::TeamId;

/// The settings of a team that a spec gives, and that the calls to create and to rename a team send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TeamSettings {
    /// `name`; not unique.
    pub(crate) name: String,
}

/// A team in the list of teams (P14).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedTeam {
    /// `team_id`.
    pub(crate) id: TeamId,
    /// The settings that a spec can change.
    pub(crate) settings: TeamSettings,
    /// `member_count`; `None` if the provider does not show it.
    pub(crate) member_count: Option<i64>,
    /// `created_at` as the provider writes it; `None` if it does not show it.
    pub(crate) created: Option<String>,
}
