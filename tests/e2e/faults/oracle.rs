//! What must hold in every schedule: nothing twice, nothing left, nothing of others touched, nothing stuck, nothing without end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::neighbour::is_of_neighbour;
use crate::harness::World;
use crate::harness::world::TOKEN;

/// What must never happen.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Something took effect more often than it may.
    Duplicate(String),
    /// Something is still there that was deleted.
    Leak(String),
    /// What nobody manages is not as it was.
    Touched(String),
    /// What is wanted did not come to be.
    Stuck(String),
    /// A call was made again and again, or calls did not end.
    Endless(String),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (word, what) = match self {
            Self::Duplicate(what) => ("done too often", what),
            Self::Leak(what) => ("left behind", what),
            Self::Touched(what) => ("touched, and nobody manages it", what),
            Self::Stuck(what) => ("did not get there", what),
            Self::Endless(what) => ("had no end", what),
        };
        write!(f, "{word}: {what}")
    }
}

/// What came of a life.
pub(crate) type Oracle = Result<(), Broken>;

/// What nobody manages, beside what is managed.
pub(super) struct Bystanders(Value);

impl Bystanders {
    pub(super) fn make(world: &World) -> Self {
        world.human("POST", "/customer-cmd/v1/team", json!({ "name": "Bystander" }));
        let query = "name=Bystander&contactname=x&email=x@example.com&timezone=1&location=nam";
        world.human("POST", &format!("/nodeping/accounts?{query}"), Value::Null);
        let team = Self::seen(world)[0][0][0].as_str().unwrap_or_default().to_owned();
        world.human("POST", "/resource-cmd/v1/service", json!({ "name": "Bystander", "team_id": team }));
        let customer = world.emulator.state(TOKEN)["customer"]["id"].as_str().unwrap_or_default().to_owned();
        for owner in [format!("team/{team}"), format!("customer/{customer}")] {
            let body = json!({ "type": "webhook", "value": "https://bystander.example.com/" });
            world.human("POST", &format!("/customer-cmd/v1/{owner}/notification-channel"), body);
        }
        Self(Self::seen(world))
    }

    /// What they made; a channel of the customer moves up when one before it goes.
    fn seen(world: &World) -> Value {
        let state = world.emulator.state(TOKEN);
        let named = |list: &Value| -> Value {
            let all = list.as_object().into_iter().flatten();
            all.filter(|(_, item)| item["name"] == "Bystander").map(|(id, item)| json!([id, item])).collect()
        };
        let mut channels = state["customer"]["channels"].as_array().cloned().unwrap_or_default();
        channels.retain(|channel| channel["value"].as_str().is_some_and(|value| value.contains("bystander")));
        for channel in &mut channels {
            channel["priority"] = Value::Null;
        }
        json!([named(&state["teams"]), named(&state["accounts"]), named(&state["services"]), channels])
    }

    pub(super) fn untouched(&self, world: &World) -> Oracle {
        let now = Self::seen(world);
        if now == self.0 { Ok(()) } else { Err(Broken::Touched(format!("{} is now {now}", self.0))) }
    }
}

/// Counts what took effect.
pub(super) fn at_most(world: &World, limits: &[(&str, &str, usize)]) -> Oracle {
    let journal = world.emulator.journal();
    let done: Vec<_> =
        journal.iter().filter(|entry| entry.done).map(|entry| format!("{} {}", entry.line(), entry.body)).collect();
    let twice = done.iter().find(|line| {
        let makes = line.starts_with("POST /v1/team {") || line.contains("/notification-channel {");
        makes && is_of_neighbour(line) && done.iter().filter(|other| other == line).count() > 1
    });
    if let Some(line) = twice {
        return Err(Broken::Duplicate(line.clone()));
    }
    let done: Vec<_> = done.into_iter().filter(|line| !is_of_neighbour(line)).collect();
    for (begins, holds, most) in limits {
        let count = done.iter().filter(|line| line.starts_with(begins) && line.contains(holds)).count();
        if count > *most {
            return Err(Broken::Duplicate(format!("{count} times '{begins}…{holds}', at most {most}: {done:#?}")));
        }
    }
    Ok(())
}

/// Besides the requests that went wrong, each of which is a reason to try once more, so often a write may be repeated.
const REPEATED: usize = 6;
/// For so long there must be no call in the end.
const REST: Duration = Duration::from_secs(2);
/// After so long calls must have ended.
const ENDS: Duration = Duration::from_mins(1);

/// No write was made again and again, and nothing is asked any more when everything is deleted.
pub(super) async fn comes_to_rest(world: &World, wrong: usize) -> Oracle {
    let mut counts = BTreeMap::<String, usize>::new();
    for line in world.writes() {
        *counts.entry(line).or_default() += 1;
    }
    if let Some((line, count)) = counts.iter().find(|(_, count)| **count > REPEATED + wrong) {
        return Err(Broken::Endless(format!("{count} times {line}, and {wrong} requests went wrong")));
    }
    let begun = Instant::now();
    loop {
        let before = world.calls().len();
        tokio::time::sleep(REST).await;
        let calls = world.calls();
        if calls.len() == before {
            return Ok(());
        }
        if begun.elapsed() > ENDS {
            return Err(Broken::Endless(format!("{:?}", calls.iter().rev().take(10).collect::<Vec<_>>())));
        }
    }
}
