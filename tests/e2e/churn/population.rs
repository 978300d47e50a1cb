//! Teams with people, services and channels that are made, edited and deleted, and how they must be in the end.

use std::collections::{BTreeMap, VecDeque};

use futures::future::join_all;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::{ACCOUNTS, PATIENCE};
use crate::harness::wait::within;
use crate::harness::{World, condition};

/// Of a team: itself first.
const KINDS: [&str; 5] = ["pingteam", "pingsvc", "pingsvc", "pingnc", "pingnc"];
/// Of so many disturbances of a resource one deletes it.
const DELETIONS: usize = 5;

/// How a resource is, as far as the user knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stands {
    There,
    /// It is to be deleted, with its team.
    Condemned,
    Deleted,
}

/// One resource of the population.
struct Member {
    number: usize,
    team: usize,
    api: Api<DynamicObject>,
    stands: Stands,
    /// Counts what was written into it.
    version: usize,
}

impl Member {
    fn is_team(&self) -> bool {
        self.number.is_multiple_of(KINDS.len())
    }

    fn name(&self) -> String {
        format!("r{}", self.number)
    }

    fn kind(&self) -> &'static str {
        KINDS[self.number % KINDS.len()]
    }

    /// What the resource says now.
    fn spec(&self) -> Value {
        let Self { number, team, version, .. } = self;
        let team_ref = json!({ "name": format!("r{}", team * KINDS.len()) });
        let config = json!({ "name": ACCOUNTS[team % ACCOUNTS.len()] });
        match self.kind() {
            "pingteam" => {
                // Who is listed changes with each version.
                let people = [version % 3, 3 + version % 2]
                    .map(|person| json!({ "email": format!("p{person}.{team}@example.com") }));
                json!({ "providerConfigRef": config, "name": self.text(), "members": people })
            }
            "pingsvc" => json!({ "providerConfigRef": config, "name": self.text(), "teamRef": team_ref }),
            _ => json!({
                "providerConfigRef": config, "owner": { "teamRef": team_ref }, "type": "webhook",
                "value": self.text(), "enabled": (number + version) % 2 == 0,
            }),
        }
    }

    /// The name at the provider, or the address.
    fn text(&self) -> String {
        format!("https://example.com/{}/{}", self.number, self.version)
    }

    async fn create(&mut self) {
        let kind = match self.kind() {
            "pingteam" => "Team",
            "pingsvc" => "Service",
            _ => "NotificationChannel",
        };
        let metadata = json!({ "name": self.name() });
        let object = json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": self.spec() });
        let object = serde_json::from_value(object).expect("an object");
        self.api.create(&PostParams::default(), &object).await.expect("it is accepted");
        self.stands = Stands::There;
    }

    async fn edit(&mut self) {
        self.version += 1;
        let patch = Patch::Merge(json!({ "spec": self.spec() }));
        self.api.patch(&self.name(), &PatchParams::default(), &patch).await.expect("it is accepted");
    }

    async fn delete(&mut self) {
        self.api.delete(&self.name(), &DeleteParams::default()).await.expect("it is accepted");
        self.stands = Stands::Deleted;
    }

    async fn get(&self) -> Option<Value> {
        let found = self.api.get_opt(&self.name()).await.expect("an answer of the API server");
        found.and_then(|object| serde_json::to_value(object).ok())
    }
}

/// All resources, and what is to be done with them.
pub(super) struct Population<'a> {
    world: &'a World,
    members: Vec<Member>,
    /// The numbers of those that are to be deleted.
    condemned: VecDeque<usize>,
    random: fastrand::Rng,
    /// How many creates, edits and deletions the API server accepted.
    pub(super) operations: usize,
}

impl<'a> Population<'a> {
    pub(super) fn new(world: &'a World, teams: usize) -> Self {
        let member = |number| {
            let (team, api) = (number / KINDS.len(), world.api(KINDS[number % KINDS.len()]));
            Member { number, team, api, stands: Stands::Deleted, version: 0 }
        };
        let members = (0..teams * KINDS.len()).map(member).collect();
        Self { world, members, condemned: VecDeque::new(), random: fastrand::Rng::with_seed(1), operations: 0 }
    }

    /// Makes all of it, and waits until it is Ready.
    pub(super) async fn make(&mut self) {
        for member in &mut self.members {
            member.create().await;
        }
        self.settles().await;
    }

    /// One create, edit or deletion. What is gone is made again first, so that there are about as many resources all the time.
    pub(super) async fn disturb(&mut self) {
        self.operations += 1;
        if let Some(number) = self.first_gone().await {
            self.members[number].version += 1;
            return self.members[number].create().await;
        }
        let number = match self.condemned.pop_front() {
            Some(number) => return self.members[number].delete().await,
            None => self.one_that_is_there(),
        };
        match self.random.usize(0..DELETIONS) {
            0 if self.members[number].is_team() => self.condemn(number),
            0 => return self.members[number].delete().await,
            _ => return self.members[number].edit().await,
        }
        let next = self.condemned.pop_front().expect("the team is to be deleted");
        self.members[next].delete().await;
    }

    /// The team and all of it that is there are to be deleted, in any order.
    fn condemn(&mut self, team: usize) {
        let mut all: Vec<_> =
            (team..team + KINDS.len()).filter(|number| self.members[*number].stands == Stands::There).collect();
        self.random.shuffle(&mut all);
        for number in &all {
            self.members[*number].stands = Stands::Condemned;
        }
        self.condemned.extend(all);
    }

    fn one_that_is_there(&mut self) -> usize {
        let there: Vec<_> = self.members.iter().filter(|member| member.stands == Stands::There).collect();
        self.random.choice(there).expect("one is there").number
    }

    /// The first resource that was deleted and is gone, and whose team is there.
    async fn first_gone(&self) -> Option<usize> {
        for member in self.members.iter().filter(|member| member.stands == Stands::Deleted) {
            let has_team = member.is_team() || self.members[member.team * KINDS.len()].stands == Stands::There;
            if has_team && member.get().await.is_none() {
                return Some(member.number);
            }
        }
        None
    }

    /// Deletes what is still condemned, and waits until everything else is Ready and what was deleted is gone.
    pub(super) async fn settles(&mut self) {
        while let Some(number) = self.condemned.pop_front() {
            self.members[number].delete().await;
        }
        within(PATIENCE, "what is there is Ready, and what was deleted is gone", async || {
            let objects = join_all(self.members.iter().map(Member::get)).await;
            self.members.iter().zip(&objects).all(|(member, object)| match object {
                None => member.stands == Stands::Deleted,
                Some(object) => member.stands == Stands::There && is_ready(object),
            })
        })
        .await;
    }

    /// The provider has what is there, each once, and nothing else.
    pub(super) fn is_at_the_provider(&self) {
        let there = self.members.iter().filter(|member| member.stands == Stands::There);
        let mut wanted: Vec<_> = there.map(Member::text).collect();
        let mut found: Vec<_> = ACCOUNTS.iter().flat_map(|token| found(self.world, token)).collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted);
    }

    pub(super) async fn delete(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.stands == Stands::There) {
            member.delete().await;
        }
    }

    pub(super) async fn is_gone(&self) -> bool {
        join_all(self.members.iter().map(Member::get)).await.iter().all(Option::is_none)
    }
}

fn is_ready(object: &Value) -> bool {
    let ready = condition(object, "Ready");
    ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"]
}

/// What an account has at the provider: the names of the teams and of the services, and the addresses of the channels.
fn found(world: &World, token: &str) -> Vec<String> {
    let state = world.emulator.state(token);
    let all = |name: &str| state[name].as_object().cloned().unwrap_or_default().into_iter().collect::<BTreeMap<_, _>>();
    let text = |object: &Value, field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = all("services").values().map(|service| text(service, "name")).collect();
    for team in all("teams").values() {
        found.push(text(team, "name"));
        let channels = team["channels"].as_array().cloned().unwrap_or_default();
        found.extend(channels.iter().map(|channel| text(channel, "value")));
    }
    found
}

pub(super) fn has_nothing(world: &World, token: &str) -> bool {
    found(world, token).is_empty()
}
