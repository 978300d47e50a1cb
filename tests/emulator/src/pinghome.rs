//! Pinghome, P1 to P34.

mod channels;
mod people;
mod services;

use serde_json::{Value, json};

use crate::serve::{Answer, Request};
use crate::settings::{CreateAnswer, Envelope, ErrorBody, TeamDelete};
use crate::world::{Account, Member, Team, World};

/// Answers one request.
pub(crate) fn answer(world: &mut World, place: usize, request: &Request) -> Answer {
    let path = request.path.trim_start_matches("/v1/").to_owned();
    let segments: Vec<_> = path.split('/').collect();
    let expected = match (request.method.as_str(), segments.first().copied()) {
        ("GET", Some("team-service")) => "resource-query",
        (_, Some("service")) => "resource-cmd",
        ("GET", _) => "customer-query",
        _ => "customer-cmd",
    };
    if request.host != expected {
        return error(world, 404, "no such path on this host");
    }
    match segments.as_slice() {
        ["customer", rest @ ..]
            if !rest.contains(&"notification-channel") && !rest.contains(&"notification-channels") =>
        {
            people::customer(world, place, request, rest)
        }
        ["customer", id, rest @ ..] => channels::answer(world, place, request, (Owner::Customer, id), rest),
        ["teams"] => list_teams(world, place, request),
        ["team"] => create_team(world, place, request),
        ["team", id] => change_team(world, place, request, id),
        ["team", id, "invitation" | "invitations" | "member" | "members", ..] => {
            people::team(world, place, request, id, segments.get(2..).unwrap_or_default())
        }
        ["team", id, rest @ ..] => channels::answer(world, place, request, (Owner::Team, id), rest),
        ["service" | "team-service", ..] => {
            services::answer(world, place, request, segments.get(1).copied().unwrap_or_default())
        }
        _ => error(world, 404, "no such path"),
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Owner {
    Customer,
    Team,
}

/// An error, in the words that the settings ask for.
pub(crate) fn error(world: &World, status: u16, text: &str) -> Answer {
    let body = match world.settings.error_body {
        ErrorBody::Message => json!({ "message": text }),
        ErrorBody::Error => json!({ "error": text }),
        ErrorBody::Errors => json!({ "errors": [{ "field": "name", "message": text }] }),
    };
    Answer { status, body: Some(body) }
}

fn invalid(world: &World, text: &str) -> Answer {
    error(world, world.settings.invalid_status, text)
}

fn message(text: &str) -> Answer {
    Answer::ok(json!({ "message": text }))
}

/// Wraps a list.
fn listed(world: &World, name: &str, items: Vec<Value>) -> Answer {
    let items = Value::Array(items);
    Answer::ok(match world.settings.envelope {
        Envelope::Bare => items,
        Envelope::Data => json!({ "data": items }),
        Envelope::Items => json!({ "items": items }),
        Envelope::Results => json!({ "results": items }),
        Envelope::Named => json!({ name: items }),
        Envelope::Unknown => json!({ "payload": { "rows": items } }),
    })
}

/// The answer to a create.
fn created(world: &World, id_name: &str, id: &str, object: Value) -> Answer {
    let body = match world.settings.create_answer {
        CreateAnswer::Object => {
            let mut whole = object;
            if let Value::Object(fields) = &mut whole {
                fields.insert("message".to_owned(), json!("created"));
            }
            whole
        }
        CreateAnswer::Data => json!({ "message": "created", "data": object }),
        CreateAnswer::Id => json!({ id_name: id }),
        CreateAnswer::Message => json!({ "message": "created" }),
        CreateAnswer::Empty => return Answer { status: 204, body: None },
    };
    Answer { status: 201, body: Some(body) }
}

fn team_object(id: &str, team: &Team) -> Value {
    json!({ "team_id": id, "name": team.name, "member_count": team.members.len(), "created_at": team.created_at })
}

fn list_teams(world: &mut World, place: usize, request: &Request) -> Answer {
    if request.method != "GET" {
        return error(world, 405, "no such method");
    }
    let items = seen(world, place, request).teams.iter().map(|(id, team)| team_object(id, team)).collect();
    listed(world, "teams", items)
}

fn create_team(world: &mut World, place: usize, request: &Request) -> Answer {
    let Some(name) = request.text("name") else { return invalid(world, "name is required") };
    let id = world.uuid();
    let account = present(world, place, request);
    let owner = &account.customer;
    let root = Member {
        customer_id: owner.id.clone(),
        email: owner.email.clone(),
        name: format!("{} {}", owner.name, owner.surname),
        role: "root".to_owned(),
    };
    let team = Team { name, created_at: now(), members: vec![root], ..Team::default() };
    let object = team_object(&id, &team);
    account.teams.insert(id.clone(), team);
    created(world, "team_id", &id, object)
}

fn change_team(world: &mut World, place: usize, request: &Request, id: &str) -> Answer {
    if !present_now(world, place).teams.contains_key(id) {
        return error(world, 404, "no such team");
    }
    match request.method.as_str() {
        "PUT" => {
            let Some(name) = request.text("name") else { return invalid(world, "name is required") };
            if let Some(team) = present(world, place, request).teams.get_mut(id) {
                team.name = name;
            }
            message("renamed")
        }
        "DELETE" => delete_team(world, place, request, id),
        _ => error(world, 405, "no such method"),
    }
}

fn delete_team(world: &mut World, place: usize, request: &Request, id: &str) -> Answer {
    let has_services = present_now(world, place).services.values().any(|service| service.team_id == id);
    let effect = world.settings.team_delete;
    if has_services && effect == TeamDelete::Refuse {
        return error(world, 409, "the team has services");
    }
    let account = present(world, place, request);
    account.teams.remove(id);
    if effect == TeamDelete::Cascade {
        account.services.retain(|_, service| service.team_id != id);
    }
    message("deleted")
}

/// What a query sees; a person sees the present.
fn seen(world: &mut World, place: usize, request: &Request) -> Account {
    if request.is_human {
        return present_now(world, place).clone();
    }
    world.seen(place).cloned().unwrap_or_default()
}

/// What a command changes.
fn present<'a>(world: &'a mut World, place: usize, request: &Request) -> &'a mut Account {
    world.change(place, request.is_human)
}

/// What a command looks at before it changes anything.
fn present_now(world: &World, place: usize) -> &Account {
    world.now(place)
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
