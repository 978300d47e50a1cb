//! What is planned for random organisations is what the operator then calls: same calls, same order for each object.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::edits::{edit, text, tree};
use super::{plan, printed, told, world};
use crate::harness::world::{IN_NAMESPACE, TOKEN};
use crate::harness::{World, all, condition};

/// So many small organisations are planned and applied: in so many worlds, so many in each.
const WORLDS: u64 = 10;
const ORGANISATIONS: usize = 50;
/// How long the operator may take for an edit of all of them.
const PATIENCE: Duration = Duration::from_mins(3);

/// What is drawn for one small organisation; some of what its manifests say is at the provider already, some a little different.
struct Draw<'a> {
    world: &'a World,
    number: usize,
    random: &'a mut fastrand::Rng,
    /// The id of its team, if it is there already.
    team: Option<String>,
}

/// A manifest of a kind.
fn object(kind: &str, name: &str, adopted: Option<&str>, spec: &str) -> String {
    let annotation = adopted.map(|id| format!(", annotations: {{ping-operator.dev/external-id: {id}}}"));
    let metadata = format!("name: {name}{}", annotation.unwrap_or_default());
    format!("{{apiVersion: ping-operator.dev/v1alpha1, kind: {kind}, metadata: {{{metadata}}}, spec: {{{spec}}}}}")
}

impl Draw<'_> {
    /// Makes something as a person does; its id.
    fn make(&self, path: &str, body: Value, field: &str) -> String {
        self.world.human("POST", path, body)[field].as_str().unwrap_or_default().to_owned()
    }

    fn manifests(&mut self) -> Vec<String> {
        let mut all = vec![self.team()];
        all.extend((0..self.random.usize(0..3)).map(|at| self.service(at)));
        if self.random.bool() {
            all.push(self.channel());
        }
        if self.random.u8(0..4) == 0 {
            all.push(self.account());
        }
        all
    }

    fn team(&mut self) -> String {
        let number = self.number;
        let people: Vec<_> =
            (0..self.random.usize(0..3)).map(|person| format!("p{person}-{number}@example.com")).collect();
        if self.random.bool() {
            let name = if self.random.bool() { format!("Team {number}") } else { format!("Old {number}") };
            let id = self.make("/customer-cmd/v1/team", json!({ "name": name }), "team_id");
            let some = self.random.usize(0..=people.len());
            for person in people.iter().take(some) {
                let body = json!({ "channel_value": person, "channel_type": "email" });
                self.world.human("POST", &format!("/customer-cmd/v1/team/{id}/invitation"), body);
                if self.random.bool() {
                    self.world.emulator.answer(TOKEN, &id, person, true);
                }
            }
            self.team = Some(id);
        }
        let roles = ["", ", role: manager", ", role: user"];
        let members: Vec<_> =
            people.iter().map(|person| format!("{{email: {person}{}}}", roles[self.random.usize(0..3)])).collect();
        let spec = format!("name: Team {number}, members: [{}]", members.join(", "));
        object("Team", &format!("team-{number}"), self.team.as_deref(), &spec)
    }

    fn service(&mut self, at: usize) -> String {
        let number = self.number;
        let name = format!("Service {number}-{at}");
        let there = self.team.clone().filter(|_| self.random.bool()).map(|team| {
            let name = if self.random.bool() { name.clone() } else { format!("Former {number}-{at}") };
            self.make("/resource-cmd/v1/service", json!({ "name": name, "team_id": team }), "service_id")
        });
        let spec = format!("teamRef: {{name: team-{number}}}, name: {name}");
        object("Service", &format!("service-{number}-{at}"), there.as_deref(), &spec)
    }

    fn channel(&mut self) -> String {
        let number = self.number;
        let address = format!("https://example.com/{number}");
        if let Some(team) = &self.team {
            let path = format!("/customer-cmd/v1/team/{team}/notification-channel");
            self.make(&path, json!({ "type": "webhook", "value": "https://example.com/theirs" }), "");
            if self.random.bool() {
                self.make(&path, json!({ "type": "webhook", "value": address }), "");
            }
        }
        let switch = ["", ", enabled: false"][self.random.usize(0..2)];
        let spec = format!("owner: {{teamRef: {{name: team-{number}}}}}, type: webhook, value: '{address}'{switch}");
        object("NotificationChannel", &format!("channel-{number}"), None, &spec)
    }

    fn account(&mut self) -> String {
        let (number, silent, diag) = (self.number, self.random.bool(), self.random.bool());
        let spec = format!(
            "providerConfigRef: {{name: nodeping}}, name: Account {number}, contactName: Ada, email: a{number}@example.com, \
             timezone: '1', location: eur, suppressNotifications: {silent}, autoDiagNotifications: {diag}"
        );
        object("SubAccount", &format!("account-{number}"), None, &spec)
    }
}

/// A call as both sides tell it: the query in the order of names.
fn line(method: &str, path: &str, query: impl Iterator<Item = (String, String)>, body: &Value) -> String {
    let query: std::collections::BTreeMap<_, _> = query.collect();
    format!("{method} {path} {query:?} {body}")
}

/// The planned calls, by object.
fn planned(report: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let call = |call: &Value| {
        let query = call["query"].as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
        line(&text(&call["method"]), &text(&call["path"]), query, &call["body"])
    };
    let object = |object: &Value| {
        let calls = object["calls"].as_array().into_iter().flatten().map(call).collect();
        (format!("{}/{}", text(&object["kind"]), text(&object["name"])), calls)
    };
    report["objects"].as_array().into_iter().flatten().map(object).collect()
}

/// What the provider received since `before` entries: what was made since then has an id that nobody knew before.
fn received(world: &World, before: usize, made: &[String]) -> Vec<String> {
    let hidden = |text: &str| made.iter().fold(text.to_owned(), |text, id| text.replace(id, "(known after apply)"));
    let journal = world.emulator.journal();
    let writes = journal.iter().skip(before).filter(|entry| entry.is_write());
    writes
        .map(|entry| {
            let query = entry.query.iter().map(|(name, value)| (name.clone(), hidden(value)));
            let body = serde_json::from_str(&hidden(&entry.body.to_string())).unwrap_or_default();
            line(&entry.method, &hidden(&entry.path), query, &body)
        })
        .collect()
}

/// Whether a call invites a person whom another Team had: that waits for a pause, and others may come first or not.
fn is_of_another(object: &str, call: &str) -> bool {
    let number = |text: &str| text.rsplit_once('-').map(|(_, number)| number.to_owned());
    let person = call.split('"').find_map(|word| number(word.strip_suffix("@example.com")?));
    person.is_some_and(|person| Some(person) != number(object))
}

/// What is planned before something is applied.
struct Planned {
    report: Value,
    /// Everything that the provider showed then.
    known: String,
    /// So many calls were received before.
    before: usize,
}

impl Planned {
    fn of(world: &World, manifests: &str, flags: &[&str]) -> Self {
        let earlier = world.emulator.journal().len();
        let output = plan(world, manifests, &[&["-o", "json"], flags].concat());
        let journal = world.emulator.journal();
        let reads =
            journal.iter().skip(earlier).map(|entry| format!("{} {} {:?}", entry.method, entry.path, entry.query));
        let mut collections = std::collections::BTreeSet::new();
        let again: Vec<_> = reads.filter(|read| !collections.insert(read.clone())).collect();
        assert_eq!(again, Vec::<String>::new(), "read more than once");
        let report: Value = serde_json::from_str(&printed(&output)).unwrap_or_default();
        assert!(report["objects"].is_array(), "{}", told(&output));
        Self { report, known: world.emulator.state(TOKEN).to_string(), before: world.emulator.journal().len() }
    }

    /// Why an object would not become Ready, by namespace and name; empty: it would.
    fn blocked(&self, object: &Value) -> String {
        let all = self.report["objects"].as_array().into_iter().flatten();
        let same =
            |planned: &&Value| planned["kind"] == object["kind"] && planned["name"] == object["metadata"]["name"];
        let why = all.filter(same).find_map(|planned| planned["blocked"]["reason"].as_str());
        why.unwrap_or_default().to_owned()
    }

    /// What is not as the plan says that it would become.
    fn differing(&self, objects: &Value) -> Vec<String> {
        let items = objects["items"].as_array().into_iter().flatten();
        let differs = items.filter(|item| {
            let (ready, blocked) = (condition(item, "Ready"), self.blocked(item));
            let as_planned = if blocked.is_empty() { ready["status"] == "True" } else { ready["reason"] == blocked };
            !as_planned || ready["observedGeneration"] != item["metadata"]["generation"]
        });
        differs
            .map(|item| format!("{} {}: {}", item["kind"], item["metadata"]["name"], condition(item, "Ready")))
            .collect()
    }

    /// It is what the operator has called since: the same calls, those of each object in the same order.
    fn holds(&self, world: &World, seed: u64, objects: &Value) {
        let items = objects["items"].as_array().into_iter().flatten();
        let ids = items.filter_map(|item| item["status"]["externalId"].as_str());
        let made: Vec<_> = ids.filter(|id| !self.known.contains(*id)).map(str::to_owned).collect();
        let calls = received(world, self.before, &made);
        eprintln!("[plan] {} objects, {} calls", self.report["objects"].as_array().map_or(0, Vec::len), calls.len());
        let mut wanted: Vec<_> = planned(&self.report).into_iter().flat_map(|(_, calls)| calls).collect();
        let mut sent = calls.clone();
        wanted.retain(|call| sent.iter().position(|other| other == call).map(|at| sent.swap_remove(at)).is_none());
        assert!(wanted.is_empty() && sent.is_empty(), "seed {seed}: planned only: {wanted:#?}, sent only: {sent:#?}");
        for (object, wanted) in planned(&self.report) {
            let mut rest = calls.iter();
            let mut in_order = wanted.iter().filter(|call| !is_of_another(&object, call));
            let follows = in_order.all(|call| rest.any(|sent| sent == call));
            assert!(follows, "seed {seed}, {object}: {wanted:?} of {calls:?}");
        }
    }
}

/// What the cluster has.
fn objects(world: &World) -> Value {
    let (_, text) = world.kubectl(&["get", IN_NAMESPACE, "-o", "json"], "");
    serde_json::from_str(&text).expect("a list")
}

/// The operator has verified both tokens: what is read from here on is read by the plan.
async fn configs_are_ready(world: &World) {
    world.ready("pingpc/default").await;
    world.ready("pingpc/nodeping").await;
}

/// One world: a first tree is planned, applied and planned again; then it is edited, and the edit planned against it.
async fn holds(seed: u64) {
    let (mut world, mut random) = (world().await, fastrand::Rng::with_seed(seed));
    let manifests: Vec<_> = (0..ORGANISATIONS)
        .flat_map(|number| Draw { world: &world, number, random: &mut random, team: None }.manifests())
        .collect();
    let manifests = manifests.join("\n---\n");
    configs_are_ready(&world).await;
    let first = Planned::of(&world, &manifests, &[]);
    assert_eq!(first.report["totals"]["blocked"], 0, "seed {seed}");
    world.apply(&manifests);
    let (all, text) = world.kubectl(&["wait", "--for=condition=Ready", IN_NAMESPACE, "--all", "--timeout=120s"], "");
    assert!(all, "{text}");
    let there = objects(&world);
    first.holds(&world, seed, &there);
    // The configs are among the manifests of every plan here.
    let (_, managed) = world.kubectl(&["get", IN_NAMESPACE.trim_end_matches(",pingpc"), "-o", "json"], "");
    let again = plan(&world, &managed, &[]);
    assert_eq!(again.status.code(), Some(0), "seed {seed}: {}{}", printed(&again), told(&again));
    edited(&mut world, seed, &manifests, &mut random).await;
}

/// The manifests are edited: what is planned against the old ones, which have no status, is what the operator calls.
async fn edited(world: &mut World, seed: u64, manifests: &str, random: &mut fastrand::Rng) {
    world.patch("pingpc/default", r#"{"spec": {"deletionGuard": {"maxDeletions": 10000}}}"#);
    world.patch("pingpc/nodeping", r#"{"spec": {"deletionGuard": {"maxDeletions": 10000}}}"#);
    configs_are_ready(world).await;
    let old = tree(manifests);
    let mut new = old.clone();
    edit(&mut new, ORGANISATIONS, random);
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("old-{}.yaml", world.namespace));
    std::fs::write(&path, manifests).expect("a file");
    let second = Planned::of(world, &text(&new), &["--prune-from", &path.to_string_lossy()]);
    world.apply(&text(&new));
    for (kind, name) in old.keys().filter(|key| !new.contains_key(key)) {
        world.delete(&format!("{}s.ping-operator.dev/{name}", kind.to_lowercase()));
    }
    let begun = Instant::now();
    loop {
        let there = objects(world);
        let differing = second.differing(&there);
        // The two configs are there, too.
        let count = there["items"].as_array().map_or(0, Vec::len);
        if count == new.len() + 2 && differing.is_empty() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "seed {seed}: {count} of {}: {differing:#?}", new.len() + 2);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    second.holds(world, seed, &objects(world));
    std::fs::write(&path, text(&new)).expect("a file");
    // What the operator reads would be taken for what the plan reads.
    world.stop().await;
    let again = Planned::of(world, &text(&new), &["--prune-from", &path.to_string_lossy()]);
    assert_eq!(again.report["totals"]["calls"], 0, "seed {seed}: {:#}", again.report);
}

#[test]
fn what_is_planned_is_what_the_operator_calls() {
    // `WORLD=4` plays one of them.
    let only = std::env::var("WORLD").ok().and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(0..WORLDS, |seed| seed..seed + 1);
    all(seeds, |seed| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(holds(seed));
    });
}
