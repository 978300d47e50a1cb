//! The check before a person is removed from a team. Another Team may list the person already, and the cache may not have it
//! yet. A person who is removed gets a new invitation by e-mail, so the API server is asked first.

use kube::Resource;
use kube::api::{Api, ListParams};

use crate::api::lenient::Lenient;
use crate::api::resource_key::ResourceKey;
use crate::api::team::Team;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::pass::{Pass, WantedBy};
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::managed::Managed;
use crate::provider::model::member::email_key;

/// Passes if the plan knew of every Team that lists the person. The API server is asked once per reconcile.
pub(crate) async fn ensure_indexed<T: Managed>(pass: &mut Pass<'_, T>, subject: &str) -> Result<(), Interrupt> {
    if pass.listings.is_none() {
        pass.listings = Some(listings(pass).await?);
    }
    // Not what the index has by now: a watch may have told it of the Team since the plan was made.
    let known = |team: &ResourceKey| pass.wanting.get(subject).is_some_and(|wanting| wanting.contains(team));
    let mut others =
        pass.listings.iter().flatten().filter(|listing| listing.subject == subject && listing.team != pass.key);
    if others.all(|listing| known(&listing.team)) { Ok(()) } else { Err(Interrupt::Later) }
}

async fn listings<T: Managed>(pass: &Pass<'_, T>) -> Result<Vec<WantedBy>, Interrupt> {
    let shared = &pass.context.shared;
    let mut all = Vec::new();
    for scope in &shared.scopes {
        let client = shared.client.clone();
        let api = if scope.is_empty() { Api::<Lenient<Team>>::all(client) } else { Api::namespaced(client, scope) };
        let teams = Asked::to::<Team>(Verb::List, scope).check(api.list(&ListParams::default()).await)?;
        for found in teams {
            let team = ResourceKey::of_meta::<Team>(found.meta());
            let subjects: Vec<_> = match found {
                Lenient::Readable(team) => team
                    .mentions()
                    .into_iter()
                    .filter(|mention| mention.is_wanted)
                    .map(|mention| mention.subject)
                    .collect(),
                Lenient::Unreadable(unreadable) => unreadable.people().into_iter().map(email_key).collect(),
            };
            all.extend(subjects.into_iter().map(|subject| WantedBy { team: team.clone(), subject }));
        }
    }
    Ok(all)
}
