//! Which Teams list a person, as the API server has it now: a cache may not have a Team yet that was just written.

use std::collections::HashMap;
use std::sync::Arc;

use kube::api::{Api, ListParams};
use kube::{Client, Resource};

use crate::api::lenient::Lenient;
use crate::api::resource_key::ResourceKey;
use crate::api::team::Team;
use crate::operator::state::shared_reads::SharedReads;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::managed::Managed;
use crate::provider::model::member::email_key;

/// How many objects one request for a list brings: a page is in memory as a whole.
pub(crate) const PAGE: u32 = 100;

/// The Teams that list a person, by the person's e-mail in lower case.
#[derive(Default)]
pub(crate) struct ListedBy(HashMap<String, Vec<ResourceKey>>);

impl ListedBy {
    /// The Teams that list a person.
    pub(crate) fn teams(&self, subject: &str) -> &[ResourceKey] {
        self.0.get(subject).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, found: &Lenient<Team>) {
        let subjects: Vec<_> = match found {
            Lenient::Readable(team) => {
                team.mentions().into_iter().filter(|mention| mention.is_wanted).map(|mention| mention.subject).collect()
            }
            Lenient::Unreadable(unreadable) => unreadable.people().into_iter().map(email_key).collect(),
        };
        let team = ResourceKey::of_meta::<Team>(found.meta());
        for subject in subjects {
            self.0.entry(subject).or_default().push(team.clone());
        }
    }
}

/// Asks the API server for the Teams of the watched namespaces, once for all who ask at the same time.
pub(crate) struct ListedPeople {
    client: Client,
    /// The watched namespaces; an empty name: all.
    scopes: Vec<String>,
    reads: SharedReads<(), Arc<ListedBy>>,
}

impl ListedPeople {
    /// Nothing was asked yet.
    pub(crate) fn new(client: Client, scopes: Vec<String>) -> Self {
        Self { client, scopes, reads: SharedReads::default() }
    }

    /// Who is listed in which Team: all that was written before this is asked.
    pub(crate) async fn now(&self) -> Result<Arc<ListedBy>, ApiTrouble> {
        self.reads.join_later(&(), || list(self.client.clone(), self.scopes.clone())).await
    }
}

async fn list(client: Client, scopes: Vec<String>) -> Result<Arc<ListedBy>, ApiTrouble> {
    let mut all = ListedBy::default();
    for scope in &scopes {
        let client = client.clone();
        let api = if scope.is_empty() { Api::<Lenient<Team>>::all(client) } else { Api::namespaced(client, scope) };
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let teams = Asked::to::<Team>(Verb::List, scope).check(api.list(&page).await)?;
            for team in &teams.items {
                all.add(team);
            }
            let Some(next) = teams.metadata.continue_.filter(|next| !next.is_empty()) else { break };
            page = page.continue_token(&next);
        }
    }
    Ok(Arc::new(all))
}
