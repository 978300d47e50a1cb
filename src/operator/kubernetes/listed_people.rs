//! Which Teams list a person, as the API server has it now: a cache may not have a Team yet that was just written.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::api::{Api, ListParams};
use kube::{Client, Resource};

use crate::api::lenient::Lenient;
use crate::api::resource_key::ResourceKey;
use crate::api::team::Team;
use crate::operator::state::shared_reads::{Fetched, SharedReads};
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::managed::Managed;
use crate::provider::model::member::email_key;

/// How many objects one request for a list brings: a page is in memory as a whole.
pub(crate) const PAGE: u32 = 100;

/// How long a list is used: a reconcile that removes several people takes seconds, and somebody may write a Team meanwhile.
const RECENT: Duration = Duration::from_secs(1);

/// Who was listed in which Team when the request began.
pub(crate) type PeopleRead = Fetched<Arc<ListedBy>>;

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

    /// Who is listed in which Team: `known` if it is recent, else as the API server has it now.
    pub(crate) async fn recent(&self, known: Option<&PeopleRead>) -> Result<PeopleRead, ApiTrouble> {
        match known.filter(|known| known.began.elapsed() < RECENT) {
            Some(recent) => Ok(recent.clone()),
            None => self.now().await,
        }
    }

    /// All that was written before this is asked.
    async fn now(&self) -> Result<PeopleRead, ApiTrouble> {
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::ready;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use axum::http::{Request, Response};
    use kube::client::Body;
    use serde_json::json;

    use super::*;

    /// An API server on which somebody writes a Team that lists a person, after the first answer.
    fn api_server() -> (Client, Arc<AtomicUsize>) {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let answer = move |_: Request<Body>| {
            let team = json!({
                "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "metadata": { "name": "t", "namespace": "n" },
                "spec": { "name": "T", "members": [{ "email": "p@example.org" }] },
            });
            let items = if counted.fetch_add(1, Ordering::Relaxed) == 0 { json!([]) } else { json!([team]) };
            let list = json!({
                "apiVersion": "ping-operator.dev/v1alpha1", "kind": "TeamList", "metadata": {}, "items": items,
            });
            ready(Ok::<_, Infallible>(Response::new(Body::from(list.to_string().into_bytes()))))
        };
        (Client::new(tower::service_fn(answer), "default"), requests)
    }

    #[tokio::test]
    async fn a_list_is_asked_for_again_when_it_is_not_recent() {
        let (client, requests) = api_server();
        let people = ListedPeople::new(client, vec![String::new()]);
        let mut listed = people.recent(None).await.unwrap();
        listed.began = Instant::now();
        assert!(people.recent(Some(&listed)).await.unwrap().value.teams("p@example.org").is_empty());
        assert_eq!(requests.load(Ordering::Relaxed), 1);
        listed.began = listed.began.checked_sub(RECENT).unwrap();
        assert_eq!(people.recent(Some(&listed)).await.unwrap().value.teams("p@example.org").len(), 1);
        assert_eq!(requests.load(Ordering::Relaxed), 2);
    }
}
