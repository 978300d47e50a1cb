//! NodePing, N1 to N6.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::serve::{Answer, Request};
use crate::settings::{MissingAccount, PrimarySign};
use crate::world::{Account, NodeAccount, World};

const LOCATIONS: [&str; 5] = ["nam", "lam", "eur", "eao", "wlw"];

/// Answers one request.
pub(crate) fn answer(world: &mut World, place: usize, request: &Request) -> Answer {
    bury(world, place);
    let in_path = request.path.strip_prefix("/accounts/").map(str::to_owned);
    if in_path.is_none() && request.path != "/accounts" {
        return error(world, 400, "Bad URL");
    }
    let id = in_path.or_else(|| request.parameter("customerid")).or_else(|| request.parameter("id"));
    match (request.method.as_str(), id) {
        ("GET", None) => list(world, place, request),
        ("GET", Some(id)) => match seen(world, place, request).accounts.get(&id) {
            Some(account) => Answer::ok(object(world, &id, account)),
            None => missing(world),
        },
        ("POST", None) => create(world, place, request),
        ("POST", Some(_)) => error(world, 400, "customerid is not accepted here"),
        // As the provider states: no id means the primary account.
        ("PUT", id) => {
            let id = id.unwrap_or_else(|| world.now(place).primary.clone());
            change(world, place, request, &id)
        }
        ("DELETE", Some(id)) => delete(world, place, request, &id),
        ("DELETE", None) => error(world, 400, "customerid is required"),
        _ => error(world, 400, "Bad method"),
    }
}

/// An error; its status depends on a switch (NU1).
pub(crate) fn error(world: &World, status: u16, text: &str) -> Answer {
    let status = if world.settings.error_with_200 { 200 } else { status };
    Answer { status, body: Some(json!({ "error": text })) }
}

fn missing(world: &World) -> Answer {
    match world.settings.missing_account {
        MissingAccount::Permission => error(world, 403, "You do not have the correct permissions for that account."),
        MissingAccount::EmptyObject => Answer::ok(json!({})),
        MissingAccount::NotFound => Answer { status: 404, body: None },
    }
}

fn seen(world: &mut World, place: usize, request: &Request) -> Account {
    if request.is_human { world.now(place).clone() } else { world.seen(place).cloned().unwrap_or_default() }
}

/// What was queued long enough ago is really deleted.
fn bury(world: &mut World, place: usize) {
    let time = Duration::from_millis(world.settings.deletion_time);
    let is_due = |deleted_at: Option<Instant>| deleted_at.is_some_and(|at| at.elapsed() >= time);
    if world.now(place).accounts.values().any(|account| is_due(account.deleted_at)) {
        world.change(place, true).accounts.retain(|_, account| !is_due(account.deleted_at));
    }
}

fn list(world: &mut World, place: usize, request: &Request) -> Answer {
    let account = seen(world, place, request);
    let children = account.accounts.values().filter(|account| account.parent.is_some()).count();
    let sign = world.settings.primary_sign;
    let shown = account.accounts.iter().filter(|(_, entry)| sign != PrimarySign::Omitted || entry.parent.is_some());
    let items = shown.map(|(id, entry)| {
        let mut item = json!({ "name": entry.name, "status": status(world, entry), "count": entry.count });
        let parent = match (sign, &entry.parent) {
            (PrimarySign::Number | PrimarySign::Everywhere, None) => Some(json!(children)),
            (PrimarySign::Text, None) => Some(json!(children.to_string())),
            (PrimarySign::Everywhere, Some(_)) => Some(json!(0)),
            _ => None,
        };
        if let (Some(parent), Value::Object(fields)) = (parent, &mut item) {
            fields.insert("parent".to_owned(), parent);
        }
        (id.clone(), item)
    });
    Answer::ok(Value::Object(items.collect::<Map<_, _>>()))
}

fn status<'a>(world: &World, account: &'a NodeAccount) -> &'a str {
    let is_hidden = account.status == "Delete" && world.settings.deleting_shown_active;
    if is_hidden { "Active" } else { &account.status }
}

fn object(world: &World, id: &str, account: &NodeAccount) -> Value {
    let truth = |value: bool| if world.settings.truth_as_text { json!(value.to_string()) } else { json!(value) };
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    put("_id", json!(id));
    put("type", json!("customer"));
    put("customer_name", json!(account.name));
    put("creation_date", json!(account.created));
    put("status", json!(status(world, account)));
    put("timezone", json!(format!("{:?}", account.timezone)));
    put("defaultlocations", json!([account.location]));
    if account.email_me {
        put("emailme", truth(true));
    }
    if let Some(parent) = &account.parent {
        put("parent", json!(parent));
    }
    if let Some(suppressed) = account.suppressed {
        put("accountsuppressall", truth(suppressed));
    }
    if world.settings.show_auto_diag {
        put("autodiagnotifications", truth(account.auto_diag));
    }
    Value::Object(fields)
}

fn create(world: &mut World, place: usize, request: &Request) -> Answer {
    let required = ["name", "contactname", "email", "timezone", "location"];
    if let Some(name) = required.into_iter().find(|name| request.parameter(name).is_none_or(|text| text.is_empty())) {
        return error(world, 400, &format!("{name} is required"));
    }
    if world.settings.refuse_lam && request.parameter("location").as_deref() == Some("lam") {
        return error(world, 400, "invalid location");
    }
    let id = world.node_id();
    let parent = world.now(place).primary.clone();
    let mut account = NodeAccount::new("", Some(parent));
    if let Err(text) = take(&mut account, request) {
        return error(world, 400, &text);
    }
    let object = object(world, &id, &account);
    world.change(place, request.is_human).accounts.insert(id, account);
    Answer::ok(object)
}

fn change(world: &mut World, place: usize, request: &Request, id: &str) -> Answer {
    let Some(mut account) = world.now(place).accounts.get(id).cloned() else { return missing(world) };
    let suppresses = request.parameter("accountsuppressall").is_some();
    if if suppresses { world.settings.suppress_resets } else { world.settings.put_resets } {
        (account.email_me, account.auto_diag) = (false, false);
    }
    if account.parent.is_none() && request.parameter("status").is_some() {
        return error(world, 400, "the status of the primary account cannot be changed");
    }
    if let Err(text) = take(&mut account, request) {
        return error(world, 400, &text);
    }
    let object = object(world, id, &account);
    world.change(place, request.is_human).accounts.insert(id.to_owned(), account);
    Answer::ok(object)
}

/// Takes every known parameter; unknown ones are passed over.
fn take(account: &mut NodeAccount, request: &Request) -> Result<(), String> {
    if let Some(name) = request.parameter("name") {
        account.name = name;
    }
    if let Some(text) = request.parameter("timezone") {
        let hours = text.parse::<f64>().ok().filter(|hours| (-12.0..=14.0).contains(hours));
        account.timezone = hours.ok_or("invalid timezone")?;
    }
    if let Some(location) = request.parameter("location") {
        account.location = location;
        if !LOCATIONS.contains(&account.location.as_str()) {
            return Err("invalid location".to_owned());
        }
    }
    if let Some(status) = request.parameter("status") {
        if !["Active", "Suspend"].contains(&status.as_str()) {
            return Err("invalid status".to_owned());
        }
        account.status = status;
    }
    let is_yes = |text: String| ["yes", "true"].contains(&text.as_str());
    account.email_me = request.parameter("emailme").map_or(account.email_me, is_yes);
    account.auto_diag = request.parameter("autodiagnotifications").map_or(account.auto_diag, is_yes);
    account.suppressed = request.parameter("accountsuppressall").map(is_yes).or(account.suppressed);
    Ok(())
}

fn delete(world: &mut World, place: usize, request: &Request, id: &str) -> Answer {
    match world.now(place).accounts.get(id) {
        None => missing(world),
        Some(account) if account.parent.is_none() => error(world, 400, "the primary account cannot be deleted"),
        Some(_) => {
            if let Some(account) = world.change(place, request.is_human).accounts.get_mut(id) {
                "Delete".clone_into(&mut account.status);
                account.deleted_at = Some(Instant::now());
            }
            Answer::ok(json!({ "success": "Records queued for deletion." }))
        }
    }
}
