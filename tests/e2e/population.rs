//! Teams with people, services and channels that are made, edited, handed over and deleted, and how they must be in the end.

mod member;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures::future::join_all;
use kube::api::ListParams;
use serde_json::Value;

use crate::harness::wait::within;
use crate::harness::{World, condition};
pub(crate) use member::{Account, Provider};
use member::{KINDS, Member, PEOPLE, Stands, TOGETHER};

/// Of so many disturbances of a resource one deletes it, one hands its object over, and one moves a person.
const DISTURBANCES: usize = 7;

/// All resources, and what is to be done with them.
pub(crate) struct Population<'a> {
    world: &'a World,
    accounts: &'static [Account],
    members: Vec<Member>,
    /// The numbers of those that are to be deleted.
    condemned: VecDeque<usize>,
    random: fastrand::Rng,
    /// How many creates, edits and deletions the API server accepted.
    pub(crate) operations: usize,
}

impl<'a> Population<'a> {
    /// `teams` Teams, each with two services and two channels, divided among the accounts. NodePing has five sub-accounts for each.
    pub(crate) fn new(world: &'a World, accounts: &'static [Account], teams: usize, seed: u64) -> Self {
        let member = |number: usize| {
            let (team, is_first) = (number / TOGETHER, number.is_multiple_of(TOGETHER));
            let (account, is_host) = (accounts[team % accounts.len()], (team / accounts.len()).is_multiple_of(2));
            let (guest, inherited) = ((is_first && is_host).then(|| format!("g.{team}{PEOPLE}")), None);
            let api = world.api(Member::kind_of(number, account));
            Member { number, team, account, api, stands: Stands::Deleted, version: 0, heirs: 0, inherited, guest }
        };
        let (members, random) = ((0..teams * TOGETHER).map(member).collect(), fastrand::Rng::with_seed(seed));
        Self { world, accounts, members, condemned: VecDeque::new(), random, operations: 0 }
    }

    /// Makes all of it.
    pub(crate) async fn make(&mut self) {
        for member in &mut self.members {
            member.create().await;
        }
    }

    /// One create, edit, handing over or deletion. What is gone is made again first, so that there are about as many resources all the time.
    pub(crate) async fn disturb(&mut self) {
        self.operations += 1;
        if let Some(number) = self.first_gone().await {
            self.members[number].version += 1;
            return self.members[number].create().await;
        }
        let number = match self.condemned.pop_front() {
            Some(number) => return self.members[number].delete().await,
            None => self.one_that_is_there(),
        };
        match (self.random.usize(0..DISTURBANCES), self.members[number].kind()) {
            // Who has just inherited an object stays until it is seen that it has it.
            (0, _) if self.has_heirs(number) => return self.members[number].edit().await,
            (0, _) if self.members[number].is_first() => self.condemn(number),
            (0, _) => return self.members[number].delete().await,
            (1, "pingteam") => return self.move_guest(number).await,
            (1, "pingsvc" | "pingsub") => return self.members[number].hand_over().await,
            _ => return self.members[number].edit().await,
        }
        let next = self.condemned.pop_front().expect("the team is to be deleted");
        self.members[next].delete().await;
    }

    /// Whether an object was handed over to one of those that are made together, and that has not been seen yet.
    fn has_heirs(&self, number: usize) -> bool {
        let first = self.members[number].team * TOGETHER;
        self.members[first..first + TOGETHER].iter().any(|member| member.inherited.is_some())
    }

    /// Looks which heirs have their object by now. One that waits for its Team, say, may not have it for a while.
    pub(crate) async fn heirs_are_seen(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.inherited.is_some()) {
            let object = member.get().await.unwrap_or_default();
            if object["status"]["externalId"].as_str() == member.inherited.as_deref() {
                member.inherited = None;
            }
        }
    }

    /// The team and all of it that is there are to be deleted, in any order.
    fn condemn(&mut self, team: usize) {
        let mut all: Vec<_> =
            (team..team + TOGETHER).filter(|number| self.members[*number].stands == Stands::There).collect();
        self.random.shuffle(&mut all);
        for number in &all {
            self.members[*number].stands = Stands::Condemned;
        }
        self.condemned.extend(all);
    }

    /// The guest of this Team goes to another one of its account, and stays there.
    async fn move_guest(&mut self, number: usize) {
        let is_host = (self.members[number].team / self.accounts.len()).is_multiple_of(2);
        let other = number + self.accounts.len() * TOGETHER;
        let is_there = self.members.get(other).is_some_and(|other| other.stands == Stands::There);
        if !is_host || !is_there || self.members[number].guest.is_none() {
            return self.members[number].edit().await;
        }
        self.members[other].guest = self.members[number].guest.take();
        let both = if self.random.bool() { [number, other] } else { [other, number] };
        for number in both {
            self.members[number].edit().await;
        }
    }

    fn one_that_is_there(&mut self) -> usize {
        let there: Vec<_> = self.members.iter().filter(|member| member.stands == Stands::There).collect();
        self.random.choice(there).expect("one is there").number
    }

    /// The first resource that was deleted and is gone, and whose team is there.
    async fn first_gone(&self) -> Option<usize> {
        for member in self.members.iter().filter(|member| member.stands == Stands::Deleted) {
            let has_team = member.is_first() || self.members[member.team * TOGETHER].stands == Stands::There;
            if has_team && member.get().await.is_none() {
                return Some(member.number);
            }
        }
        None
    }

    /// Deletes what is still condemned.
    pub(crate) async fn delete_condemned(&mut self) {
        while let Some(number) = self.condemned.pop_front() {
            self.members[number].delete().await;
        }
    }

    /// Deletes what is still condemned, and waits until all is as the user wants it.
    pub(crate) async fn settles(&mut self, limit: Duration) {
        self.delete_condemned().await;
        within(limit, "what is there is Ready, and what was deleted is gone", async || {
            self.unsettled().await.is_empty()
        })
        .await;
    }

    /// What is not as the user wants it: not there, not Ready at its present generation, or still there.
    pub(crate) async fn unsettled(&self) -> Vec<String> {
        let lists = join_all(KINDS.iter().map(|kind| async {
            let list = self.world.api(kind).list(&ListParams::default()).await.expect("an answer of the API server");
            list.items.into_iter().filter_map(|object| serde_json::to_value(object).ok()).collect::<Vec<_>>()
        }));
        let named = |object: Value| (object["metadata"]["name"].as_str().unwrap_or_default().to_owned(), object);
        let mut found: BTreeMap<_, _> = lists.await.into_iter().flatten().map(named).collect();
        let there = self.members.iter().filter(|member| member.stands == Stands::There);
        let mut unsettled: Vec<_> = there
            .filter_map(|member| match found.remove(&member.name()) {
                None => Some(format!("{} is not there", member.name())),
                Some(object) => unready(member, &object),
            })
            .collect();
        unsettled.extend(found.into_keys().map(|name| format!("{name} is still there")));
        unsettled
    }

    /// The provider has what is there, each once, and nothing else.
    pub(crate) fn is_at_the_provider(&self) {
        let there = self.members.iter().filter(|member| member.stands == Stands::There);
        let mut wanted: Vec<_> = there
            .flat_map(|member| {
                let of_team = member.people().into_iter().map(|email| format!("{email} in {}", member.text()));
                of_team.chain([member.text()]).collect::<Vec<_>>()
            })
            .collect();
        let mut found: Vec<_> = self.accounts.iter().flat_map(|account| found(self.world, account.token)).collect();
        wanted.sort();
        found.sort();
        if found != wanted {
            let more: Vec<_> = found.iter().filter(|text| !wanted.contains(text)).collect();
            let less: Vec<_> = wanted.iter().filter(|text| !found.contains(text)).collect();
            let (_, teams) = self
                .world
                .kubectl(&["get", "pingteam", "-o", "jsonpath={range .items[*]}{.spec.name}{.status}{'\\n'}{end}"], "");
            let teams: Vec<_> = teams
                .lines()
                .filter(|line| less.iter().any(|text| text.contains(line.split('{').next().unwrap_or_default())))
                .collect();
            panic!("more {more:?}\nless {less:?}\nof {} found and {} wanted: {teams:#?}", found.len(), wanted.len());
        }
    }

    /// Guests accept what was not answered yet.
    pub(crate) fn guests_accept(&self) {
        for Account { token, provider: _ } in self.accounts {
            let state = self.world.emulator.state(token);
            for (team, object) in state["teams"].as_object().into_iter().flatten() {
                let guests = invited(object).filter(|email| email.starts_with("g."));
                guests.for_each(|guest| self.world.emulator.answer(token, team, guest, true));
            }
        }
    }

    pub(crate) async fn delete(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.stands == Stands::There) {
            member.delete().await;
        }
    }
}

/// What a resource that is there still lacks.
fn unready(member: &Member, object: &Value) -> Option<String> {
    let ready = condition(object, "Ready");
    let is_ready = ready["status"] == "True" && ready["observedGeneration"] == object["metadata"]["generation"];
    let id = object["status"]["externalId"].as_str();
    let is_heir = member.inherited.as_deref().is_none_or(|inherited| id == Some(inherited));
    assert!(is_heir || !is_ready, "{} stands for {id:?}, not for {:?}", member.name(), member.inherited);
    (!is_ready).then(|| format!("{} {ready}", member.name()))
}

/// Who is invited to a team and has not accepted.
fn invited(team: &Value) -> impl Iterator<Item = &str> {
    let invitations = team["invitations"].as_array().into_iter().flatten();
    let open = invitations.filter(|invitation| invitation["status"] != "Accepted");
    open.filter_map(|invitation| invitation["channel"].as_str())
}

/// What an account has at the provider: the names of the teams and of the services, the addresses of the channels, and who is in which team.
fn found(world: &World, token: &str) -> Vec<String> {
    let state = world.emulator.state(token);
    let all = |name: &str| state[name].as_object().cloned().unwrap_or_default().into_iter().collect::<BTreeMap<_, _>>();
    let text = |object: &Value, field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = all("services").values().map(|service| text(service, "name")).collect();
    let below = all("accounts").into_values().filter(|account| !account["parent"].is_null());
    found.extend(below.map(|account| text(&account, "name")));
    for team in all("teams").values() {
        found.push(text(team, "name"));
        let list = |name: &str| team[name].as_array().into_iter().flatten();
        found.extend(list("channels").map(|channel| text(channel, "value")));
        let people = list("members").map(|member| text(member, "email"));
        let people = people.chain(invited(team).map(str::to_owned));
        let people = people.filter(|email| email.ends_with(PEOPLE));
        found.extend(people.map(|email| format!("{email} in {}", text(team, "name"))));
    }
    found
}

/// Whether an account has no teams, services and sub-accounts.
pub(crate) fn has_nothing(world: &World, token: &str) -> bool {
    found(world, token).is_empty()
}
