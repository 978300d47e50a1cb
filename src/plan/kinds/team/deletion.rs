//! Deleting a team: never the token's own one, nor one that may be it. No IO.

use crate::api::reason::Reason;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::created::may_be_new;
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::state::State;
use crate::provider::model::customer::OwnTeam;
use crate::provider::model::ids::TeamId;
use crate::provider::model::team::ObservedTeam;

/// Why a team must not be deleted now, if it is or may be the token's own.
///
/// Whoever creates a team may be a member of it, so a team that this resource created is not held for that. An adopted one is, where the
/// provider does not show which team is the token's own.
///
/// # Errors
/// A read that must come first.
pub(crate) fn blocked_deletion(team: &TeamId, context: &PlanContext) -> Result<Option<State>, Need> {
    let own = context.inventory.customer(context.delete_freshness())?;
    match &own.team {
        OwnTeam::Shown(own_team) => return Ok((own_team == team).then(|| blocked(OWN))),
        OwnTeam::Nowhere => return Ok(None),
        OwnTeam::Unknown => {}
    }
    if context.passes_guards() || is_created_here(context.inventory.teams(context.not_before)?, team, context) {
        return Ok(None);
    }
    let members = context.inventory.members(team, context.delete_freshness())?;
    let doubt = context.inventory.doubt(&Collection::Members(team.clone()));
    let is_without_own =
        members.is_some_and(|members| doubt.is_none() && !members.items().any(|member| member.is_own(own)));
    Ok((!is_without_own).then(|| blocked(MAYBE_OWN)))
}

/// Whether the create record of this resource surely made the team, which the annotation does not name. A record that was refused, or that names the team as one that was
/// there before, proves nothing; nor does one that is younger than the team.
fn is_created_here(teams: &Listing<ObservedTeam>, team: &TeamId, context: &PlanContext) -> bool {
    let is_named = context.annotations.external_id.as_deref() == Some(team.as_str());
    let Some(intent) = context.annotations.intent.as_ref().filter(|_| !is_named) else { return false };
    let may_be_new = |listed| may_be_new(listed, &intent.ids, intent.time);
    !context.is_void(intent) && teams.get(team.as_str()).map_or(!intent.ids.contains(team.as_str()), may_be_new)
}

fn blocked(message: &str) -> State {
    State::deletion_blocked(Reason::OwnTeam, message)
}

/// It is not documented whether the token outlives its own team: no annotation allows to try it.
const OWN: &str = "the token's own customer is in this team, so it is not deleted: move that customer to another team first, or keep the team by \
                   setting the annotation ping-operator.dev/allow-deletion to 'orphan'";
const MAYBE_OWN: &str = "this resource did not create the team, and Pinghome does not show which team is the token's own: if it is another \
                         one, set the annotation ping-operator.dev/allow-deletion to 'true'; to keep the team, set it to 'orphan'";
