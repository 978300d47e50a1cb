//! Many credentials, each with a few Teams: an account each.

use std::time::Instant;

use ping_emulator::Settings;
use serde_json::json;

use crate::harness::Setup;
use crate::measure::Memory;
use crate::table::Table;
use crate::{count_of, create, is_ready, manifest, until};

/// How many credentials there are.
const CREDENTIALS: usize = 100;
/// How many Teams each has.
const TEAMS: usize = 10;

/// Creates them, and tells what they cost.
pub(super) async fn many(table: &mut Table) {
    let tokens = (0..CREDENTIALS).map(|i| format!("token-{i}")).chain(["token-a".to_owned()]).collect();
    let settings = Settings { tokens, ..Settings::default() };
    let world = Setup { settings, ..Setup::default() }.build().await;
    let config = |i: usize| {
        let config =
            world.config(&format!("config-{i}"), "Pinghome").replace("name: tokens", &format!("name: tokens-{i}"));
        format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: tokens-{i}}}, stringData: {{token: token-{i}}}}}\n---\n{config}\n---\n"
        )
    };
    create(&world, &(0..CREDENTIALS).map(config).collect::<String>());
    let team = |i: usize| {
        let config = json!({ "name": format!("config-{}", i % CREDENTIALS) });
        manifest("Team", &format!("team-{i}"), &json!({ "name": format!("Team {i}"), "providerConfigRef": config }))
    };
    let begun = Instant::now();
    create(&world, &(0..CREDENTIALS * TEAMS).map(team).collect::<String>());
    let by_kubectl = begun.elapsed().as_secs_f64();
    let teams = world.api("pingteam");
    until("all are Ready", async || count_of(&teams, is_ready).await == CREDENTIALS * TEAMS).await;
    let memory = Memory::of(world.operator.as_ref().expect("it runs").id());
    table.say(format!(
        "{CREDENTIALS} credentials with {TEAMS} Teams each: all Ready ÷ kubectl create {:.2}, RSS {:.1} MB, at most {:.1} MB",
        begun.elapsed().as_secs_f64() / by_kubectl,
        memory.resident,
        memory.peak
    ));
}
