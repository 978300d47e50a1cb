//! Who is taken out of a team may be listed by another Team already, of which no watch has told yet. Who is removed is invited
//! anew, by a mail; so the API server itself is asked before.

use kube::api::{Api, ListParams};

use crate::api::team::Team;
use crate::operator::context::key_of;
use crate::operator::reconcile::pass::{Halt, Round};
use crate::operator::state::index::Key;
use crate::plan::managed::Managed;
use crate::provider::model::member::email_key;

/// A Team, and a person whom it lists.
pub(crate) type Listing = (Key, String);

/// Goes on if the watches have told of every Team that lists a person; the API server is asked once a visit.
pub(crate) async fn is_known<T: Managed>(round: &mut Round<'_, T>, email: &str) -> Result<(), Halt> {
    if round.listings.is_none() {
        round.listings = Some(listings(round).await?);
    }
    let index = &round.context.shared.index;
    let mut others = round.listings.iter().flatten().filter(|(team, person)| person == email && *team != round.key);
    if others.all(|(team, person)| index.lists(team, person)) { Ok(()) } else { Err(Halt::Later) }
}

async fn listings<T: Managed>(round: &Round<'_, T>) -> Result<Vec<Listing>, Halt> {
    let shared = &round.context.shared;
    let mut all = Vec::new();
    for scope in &shared.scopes {
        let client = shared.client.clone();
        let api = if scope.is_empty() { Api::<Team>::all(client) } else { Api::namespaced(client, scope) };
        let params = ListParams { label_selector: shared.selector.clone(), ..ListParams::default() };
        for team in api.list(&params).await? {
            let people = team.people().into_iter().filter(|(_, lists, _)| *lists);
            all.extend(people.map(|(email, ..)| (key_of(&team), email_key(&email))));
        }
    }
    Ok(all)
}
