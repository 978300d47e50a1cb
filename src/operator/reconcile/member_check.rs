//! Who is taken out of a team may be listed by another Team already, of which no watch has told yet. Who is removed is invited
//! anew, by a mail; so the API server itself is asked before.

use kube::api::{Api, ListParams};

use crate::api::team::Team;
use crate::operator::context::key_of;
use crate::operator::reconcile::pass::{Interrupt, Pass};
use crate::operator::state::index::ResourceKey;
use crate::plan::managed::Managed;

/// A Team, and a person whom it lists.
pub(crate) type TeamListing = (ResourceKey, String);

/// Goes on if the watches have told of every Team that lists a person; the API server is asked once a visit.
pub(crate) async fn is_known<T: Managed>(pass: &mut Pass<'_, T>, email: &str) -> Result<(), Interrupt> {
    if pass.listings.is_none() {
        pass.listings = Some(listings(pass).await?);
    }
    let index = &pass.context.shared.index;
    let mut others = pass.listings.iter().flatten().filter(|(team, person)| person == email && *team != pass.key);
    if others.all(|(team, person)| index.lists(team, person)) { Ok(()) } else { Err(Interrupt::Later) }
}

async fn listings<T: Managed>(pass: &Pass<'_, T>) -> Result<Vec<TeamListing>, Interrupt> {
    let shared = &pass.context.shared;
    let mut all = Vec::new();
    for scope in &shared.scopes {
        let client = shared.client.clone();
        let api = if scope.is_empty() { Api::<Team>::all(client) } else { Api::namespaced(client, scope) };
        let params = ListParams { label_selector: shared.selector.clone(), ..ListParams::default() };
        for team in api.list(&params).await? {
            let wanted = team.mentions().into_iter().filter(|mention| mention.is_wanted);
            all.extend(wanted.map(|mention| (key_of(&team), mention.subject)));
        }
    }
    Ok(all)
}
