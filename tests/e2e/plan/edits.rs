//! What people change in manifests that were applied: every kind of edit, at random.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Manifests by kind and name; what is not there any more is to be deleted.
pub(super) type Tree = BTreeMap<(String, String), Value>;

/// The manifests of a text.
pub(super) fn tree(text: &str) -> Tree {
    let documents = text.split("\n---\n").map(|text| serde_saphyr::from_str::<Value>(text).expect("a manifest"));
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    documents.map(|value| ((word(&value["kind"]), word(&value["metadata"]["name"])), value)).collect()
}

/// The same as one text.
pub(super) fn text(tree: &Tree) -> String {
    tree.values().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
}

/// Edits a tree of so many small organisations.
pub(super) fn edit(tree: &mut Tree, organisations: usize, random: &mut fastrand::Rng) {
    let old = tree.clone();
    edit_each(tree, organisations, random);
    // Nobody refers to a team that goes: it would wait for them.
    let teams: Vec<_> = tree.keys().filter(|(kind, _)| kind == "Team").map(|(_, name)| json!(name)).collect();
    for (key, service) in tree.iter_mut().filter(|((kind, _), _)| kind == "Service") {
        if !teams.contains(&service["spec"]["teamRef"]["name"]) {
            service.clone_from(&old[key]);
        }
    }
}

fn edit_each(tree: &mut Tree, organisations: usize, random: &mut fastrand::Rng) {
    for number in 0..organisations {
        if random.u8(0..8) == 0 {
            // A team goes with everything that refers to it.
            let is_its =
                |name: &str| name.split('-').nth(1) == Some(&number.to_string()) && !name.starts_with("account");
            tree.retain(|(_, name), _| !is_its(name));
            continue;
        }
        let next = format!("team-{}", (number + 1) % organisations);
        let ours = |(_, name): &&(String, String)| name.split('-').nth(1) == Some(&number.to_string());
        let keys: Vec<_> = tree.keys().filter(ours).cloned().collect();
        for key in keys {
            match key.0.as_str() {
                "Team" => team(tree, &key, &next, random),
                "Service" => service(tree, &key, &next, random),
                "NotificationChannel" => channel(tree, &key, random),
                _ => account(tree, &key, random),
            }
        }
    }
}

fn spec<'a>(tree: &'a mut Tree, key: &(String, String)) -> &'a mut Value {
    &mut tree.get_mut(key).expect("it is there")["spec"]
}

fn team(tree: &mut Tree, key: &(String, String), next: &str, random: &mut fastrand::Rng) {
    let spec = spec(tree, key);
    if random.bool() {
        spec["name"] = json!(format!("{} renamed", spec["name"].as_str().unwrap_or_default()));
    }
    if random.u8(0..3) == 0 {
        spec["membershipPolicy"] = json!("Authoritative");
    }
    let members = spec["members"].as_array_mut().expect("a list");
    if random.u8(0..3) == 0 {
        members.push(json!({ "email": format!("new-{}@example.com", key.1) }));
    }
    let Some(at) = (!members.is_empty()).then(|| random.usize(0..members.len())) else { return };
    match random.u8(0..5) {
        0 => drop(members.remove(at)),
        1 => members[at]["role"] = json!("manager"),
        2 => {
            let moved = members.remove(at);
            let to = ("Team".to_owned(), next.to_owned());
            if let Some(other) = tree.get_mut(&to).and_then(|team| team["spec"]["members"].as_array_mut()) {
                other.push(moved);
            }
        }
        _ => {}
    }
}

fn service(tree: &mut Tree, key: &(String, String), next: &str, random: &mut fastrand::Rng) {
    let has_next = tree.contains_key(&("Team".to_owned(), next.to_owned()));
    match random.u8(0..5) {
        0 => drop(tree.remove(key)),
        1 => spec(tree, key)["name"] = json!(format!("Another {}", key.1)),
        2 if has_next => {
            let spec = spec(tree, key);
            spec["teamRef"] = json!({ "name": next });
            spec["onTeamChange"] = json!("Recreate");
        }
        _ => {}
    }
}

fn channel(tree: &mut Tree, key: &(String, String), random: &mut fastrand::Rng) {
    match random.u8(0..5) {
        0 => drop(tree.remove(key)),
        1 => spec(tree, key)["value"] = json!(format!("https://example.com/another/{}", key.1)),
        2 => spec(tree, key)["enabled"] = json!(random.bool()),
        _ => {}
    }
}

fn account(tree: &mut Tree, key: &(String, String), random: &mut fastrand::Rng) {
    match random.u8(0..4) {
        0 => drop(tree.remove(key)),
        1 => spec(tree, key)["name"] = json!(format!("Another {}", key.1)),
        2 => spec(tree, key)["suppressNotifications"] = json!(random.bool()),
        _ => {}
    }
}
