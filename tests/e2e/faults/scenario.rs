//! What is played under faults: lives of every kind from apply to delete, and what must be true in the end.

use serde_json::json;

use super::Stage;
use super::neighbour::is_neighbours;
use super::oracle::{Broken, Bystanders, Oracle, at_most, comes_to_rest};
use crate::harness::World;
use crate::harness::world::TOKEN;
use crate::lifecycle::{SERVICE, SUB_ACCOUNT, channel};
use crate::members;
use crate::members::named_team;

/// One life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scenario {
    /// A team with an invited person, a service and a channel: made, changed, deleted.
    Organisation,
    /// A sub-account, the primary account and the customer: made, changed, deleted.
    Accounts,
    /// People who are moved, given a role and removed.
    People,
}

impl Scenario {
    pub(crate) const ALL: [Self; 3] = [Self::Organisation, Self::Accounts, Self::People];

    /// Plays it to its end and looks at what is left outside.
    pub(crate) async fn play(self, stage: &mut Stage) -> Oracle {
        let bystanders = Bystanders::make(&stage.world);
        let (world, neighbour, start) = stage.parts();
        let beside = async {
            match neighbour {
                Some(neighbour) => neighbour.live(world).await,
                None => Ok(()),
            }
        };
        let life = async {
            match self {
                Self::Organisation => organisation(world, start).await,
                Self::Accounts => accounts(world, start).await,
                Self::People => people(world, start).await,
            }
        };
        let (life, beside) = tokio::join!(life, beside);
        life.and(beside)?;
        bystanders.untouched(&stage.world)?;
        at_most(&stage.world, self.most())?;
        comes_to_rest(&stage.world, stage.fuse.burnt()).await
    }

    /// How often calls may have taken effect, by what their line begins with and holds.
    fn most(self) -> &'static [(&'static str, &'static str, usize)] {
        match self {
            Self::Organisation => &[
                ("POST /v1/team", r#""name":"Platform"#, 1),
                ("POST /v1/team/", "/invitation", 1),
                ("POST /v1/service", "", 1),
                ("POST /v1/team/", "/notification-channel ", 1),
            ],
            Self::Accounts => &[("POST /accounts", "", 1)],
            Self::People => {
                &[("POST /v1/team/", "/invitation", 0), ("POST /v1/team ", "", 2), ("DELETE /v1/team/", "/member/", 1)]
            }
        }
    }
}

async fn all_ready(world: &World, resources: &[&str]) {
    for resource in resources {
        world.ready(resource).await;
    }
}

async fn all_deleted(world: &World, resources: &[&str]) {
    let args: Vec<_> = ["delete", "--wait=false"].iter().chain(resources).copied().collect();
    let (accepted, text) = world.kubectl(&args, "");
    assert!(accepted, "{text}");
    for resource in resources {
        world.gone(resource).await;
    }
}

fn nothing_left(world: &World, list: &str) -> Oracle {
    let state = world.emulator.state(TOKEN);
    let left = state[list].as_object().into_iter().flatten();
    let left: Vec<_> = left
        .filter(|(_, item)| !["Bystander", "Primary"].contains(&item["name"].as_str().unwrap_or_default()))
        .filter(|(_, item)| !is_neighbours(item))
        .collect();
    if left.is_empty() { Ok(()) } else { Err(Broken::Leak(format!("{left:?}"))) }
}

async fn organisation(world: &World, start: impl FnOnce()) -> Oracle {
    let resources = ["pingteam/platform", "pingsvc/checkout", "pingnc/hook"];
    let manifests = |team: &str, service: &str, address: &str| {
        let hook = channel("hook", "{teamRef: {name: platform}}", "webhook", address);
        let team = named_team("platform", team, "{email: ada@example.com}");
        [team, SERVICE.replace("name: checkout,", &format!("name: {service},")), hook].join("\n---\n")
    };
    world.apply(&manifests("Platform", "checkout", "https://example.com/a"));
    start();
    all_ready(world, &resources).await;
    world.apply(&manifests("Platform 2", "checkout-2", "https://example.com/b"));
    all_ready(world, &resources).await;
    let held = world.emulator.state(TOKEN);
    let team = held["teams"].as_object().into_iter().flatten().find(|(_, team)| team["name"] == "Platform 2");
    let (_, team) = team.expect("the team has its new name");
    assert_eq!(team["channels"][0]["value"], "https://example.com/b");
    assert_eq!(
        (team["channels"].as_array().map(Vec::len), team["invitations"].as_array().map(Vec::len)),
        (Some(1), Some(1))
    );
    all_deleted(world, &resources).await;
    nothing_left(world, "teams")?;
    nothing_left(world, "services")
}

async fn accounts(world: &World, start: impl FnOnce()) -> Oracle {
    let resources = ["pingsub/acme", "pingacct/primary", "pingcust/me"];
    let manifests = |zone: &str, surname: &str, quiet: bool| {
        let sub = SUB_ACCOUNT
            .replace("'-7'", &format!("'{zone}'"))
            .replace("spec: {", &format!("spec: {{deletionPolicy: Delete, suppressNotifications: {quiet}, "));
        let primary = crate::account::account(&format!("timezone: '{zone}'"));
        [sub, primary, crate::customer::customer(&format!("name: Ada, surname: {surname}"))].join("\n---\n")
    };
    world.apply(&manifests("-7", "Lovelace", false));
    start();
    all_ready(world, &resources).await;
    world.apply(&manifests("3", "King", true));
    all_ready(world, &resources).await;
    let held = world.emulator.state(TOKEN);
    let accounts = held["accounts"].as_object().into_iter().flatten();
    let acme: Vec<_> = accounts.filter(|(_, account)| account["name"] == "Acme").map(|(_, account)| account).collect();
    assert_eq!(acme.len(), 1, "{acme:?}");
    assert_eq!((&acme[0]["timezone"], &acme[0]["suppressed"]), (&json!(3.0), &json!(true)));
    assert_eq!(held["customer"]["surname"], "King");
    all_deleted(world, &resources).await;
    nothing_left(world, "accounts")
}

async fn people(world: &World, start: impl FnOnce()) -> Oracle {
    let resources = ["pingteam/a", "pingteam/b"];
    let person = |name: &str, role: &str| format!("{{email: {name}@example.com, role: {role}}}");
    let (ada, grace) = (person("ada", "user"), person("grace", "user"));
    let made: Vec<_> =
        ["A", "B"].iter().map(|name| world.human("POST", "/customer-cmd/v1/team", json!({ "name": name }))).collect();
    let id = |place: usize| made[place]["team_id"].as_str().unwrap_or_default().to_owned();
    for who in ["ada", "grace"] {
        let body = json!({ "channel_value": format!("{who}@example.com"), "channel_type": "email" });
        world.human("POST", &format!("/customer-cmd/v1/team/{}/invitation", id(0)), body);
        world.emulator.answer(TOKEN, &id(0), &format!("{who}@example.com"), true);
    }
    let manifests = |a: &str, b: &str| {
        let adopts =
            |team: String| team.replace("spec: {", "spec: {adoptionPolicy: IfUnique, deletionPolicy: Orphan, ");
        [adopts(named_team("a", "A", a)), adopts(named_team("b", "B", b))].join("\n---\n")
    };
    world.apply(&manifests(&format!("{ada}, {grace}"), ""));
    start();
    all_ready(world, &resources).await;
    world.apply(&manifests("", &person("ada", "manager")));
    world.until("pingteam/b", "has ada", |team| members::state(team, "ada@example.com") == "Active").await;
    all_ready(world, &resources).await;
    let seen = world.emulator.state(TOKEN);
    let roles = |team: &str| -> Vec<String> {
        let members = seen["teams"][team]["members"].as_array().cloned().unwrap_or_default();
        members
            .iter()
            .map(|one| format!("{} {}", one["email"], one["role"]))
            .filter(|one| !one.contains("owner-"))
            .collect()
    };
    let (left, moved) = (roles(&id(0)), roles(&id(1)));
    all_deleted(world, &resources).await;
    if left.is_empty() && moved == [r#""ada@example.com" "manager""#] {
        Ok(())
    } else {
        Err(Broken::Stuck(format!("A has {left:?}, B has {moved:?}")))
    }
}
