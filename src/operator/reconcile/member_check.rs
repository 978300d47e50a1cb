//! The check before a person is removed from a team. Another Team may list the person already, and the cache may not have it
//! yet. A person who is removed gets a new invitation by e-mail, so the API server is asked first.

use kube::api::{Api, ListParams};

use crate::api::resource_key::ResourceKey;
use crate::api::team::Team;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::pass::{Pass, WantedBy};
use crate::plan::managed::Managed;

/// Passes if the index has every Team that lists the person. The API server is asked once per reconcile.
pub(crate) async fn ensure_indexed<T: Managed>(pass: &mut Pass<'_, T>, subject: &str) -> Result<(), Interrupt> {
    if pass.listings.is_none() {
        pass.listings = Some(listings(pass).await?);
    }
    let index = &pass.context.shared.index;
    let mut others =
        pass.listings.iter().flatten().filter(|listing| listing.subject == subject && listing.team != pass.key);
    if others.all(|listing| index.wants(&listing.team, &listing.subject)) { Ok(()) } else { Err(Interrupt::Later) }
}

async fn listings<T: Managed>(pass: &Pass<'_, T>) -> Result<Vec<WantedBy>, Interrupt> {
    let shared = &pass.context.shared;
    let mut all = Vec::new();
    for scope in &shared.scopes {
        let client = shared.client.clone();
        let api = if scope.is_empty() { Api::<Team>::all(client) } else { Api::namespaced(client, scope) };
        for team in api.list(&ListParams::default()).await? {
            let wanted = team.mentions().into_iter().filter(|mention| mention.is_wanted);
            all.extend(wanted.map(|mention| WantedBy { team: ResourceKey::of(&team), subject: mention.subject }));
        }
    }
    Ok(all)
}
