//! The control port, below `/control`: what a test may ask and do behind the providers' backs.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::moves;
use crate::serve::{Answer, Request, answer, response};
use crate::settings::Settings;
use crate::world::{Invitation, Member, World};

/// Answers one control request.
pub(crate) fn handle(world: &mut World, request: &Request, token: &str) -> Response<Body> {
    let (status, body) = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/journal") => (200, json!(world.journal)),
        ("DELETE", "/journal") => {
            world.journal.clear();
            (200, json!({}))
        }
        ("GET", "/state") => (200, state(world, token)),
        ("GET", "/settings") => (200, json!(world.settings)),
        ("PATCH", "/settings") => configure(world, &request.body),
        ("POST", "/faults") => match serde_json::from_value::<Fault>(request.body.clone()) {
            Ok(fault) => {
                world.faults.push(fault);
                (200, json!({}))
            }
            Err(error) => (400, json!({ "error": error.to_string() })),
        },
        ("DELETE", "/faults") => {
            world.faults.clear();
            (200, json!({}))
        }
        ("PUT", path) if path.starts_with("/counts/") => {
            set_counts(world, token, path.trim_start_matches("/counts/"), &request.body);
            (200, json!({}))
        }
        ("PUT", path) if path.starts_with("/own-team/") => {
            set_own_team(world, token, path.trim_start_matches("/own-team/"));
            (200, json!({}))
        }
        ("PUT", path) if path.starts_with("/invitations/") => {
            let mut parts = path.trim_start_matches("/invitations/").splitn(2, '/');
            let (team, email) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            answer_invitation(world, token, team, email, request.body.get("accept") != Some(&json!(false)));
            (200, json!({}))
        }
        ("PUT", path) if path.starts_with("/people/") => {
            moves::asked(world, token, path.trim_start_matches("/people/"), &request.body)
        }
        (method, path) if path.starts_with("/human/") => {
            human(world, token, method, path.trim_start_matches("/human"), request.body.clone())
        }
        _ => (404, json!({ "error": "no such control" })),
    };
    response(status, Some(&body))
}

/// Lays fields over the settings.
fn configure(world: &mut World, changes: &Value) -> (u16, Value) {
    let mut whole = json!(world.settings);
    if let (Value::Object(whole), Value::Object(changes)) = (&mut whole, changes) {
        whole.extend(changes.clone());
    }
    match serde_json::from_value::<Settings>(whole) {
        Ok(settings) => {
            world.settings = settings;
            (200, json!(world.settings))
        }
        Err(error) => (400, json!({ "error": error.to_string() })),
    }
}

/// A request as a person makes it: `path` begins with the host.
pub(crate) fn human(world: &mut World, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut segments = path.trim_start_matches('/').splitn(2, '/');
    let request = Request {
        method: method.to_owned(),
        host: segments.next().unwrap_or_default().to_owned(),
        path: format!("/{}", segments.next().unwrap_or_default()),
        query: query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect(),
        body,
        is_human: true,
    };
    let Some(place) = world.place(token) else { return (401, json!({ "error": "no such token" })) };
    let Answer { status, body } = answer(world, place, &request);
    (status, body.unwrap_or_default())
}

/// Everything that an account holds now.
pub(crate) fn state(world: &mut World, token: &str) -> Value {
    world.place_of(token).map_or(Value::Null, |place| json!(world.now(place)))
}

/// The person behind an e-mail answers.
pub(crate) fn answer_invitation(world: &mut World, token: &str, team: &str, email: &str, accepts: bool) {
    let (id, forgets) = (world.uuid(), world.settings.forget_accepted);
    let Some(place) = world.place(token) else { return };
    let Some(team) = world.change(place, true).teams.get_mut(team) else { return };
    let is_theirs = |invitation: &&mut Invitation| invitation.channel.eq_ignore_ascii_case(email);
    let Some(invitation) = team.invitations.iter_mut().find(is_theirs) else { return };
    (if accepts { "Accepted" } else { "Declined" }).clone_into(&mut invitation.status);
    if accepts {
        let (email, name) = (invitation.channel.clone(), invitation.channel.clone());
        team.members.push(Member { customer_id: id, email, name, role: "user".to_owned() });
        if forgets {
            team.invitations.retain(|invitation| invitation.status != "Accepted");
        }
    }
}

/// Time passes for reminders.
pub(crate) fn forget_reminders(world: &mut World, token: &str) {
    let Some(place) = world.place(token) else { return };
    for team in world.change(place, true).teams.values_mut() {
        for invitation in &mut team.invitations {
            invitation.reminded_at = None;
        }
    }
}

/// The token's customer is in this team from now on.
pub(crate) fn set_own_team(world: &mut World, token: &str, team: &str) {
    let Some(place) = world.place(token) else { return };
    world.change(place, true).customer.team = Some(team.to_owned()).filter(|team| !team.is_empty());
}

pub(crate) fn set_counts(world: &mut World, token: &str, id: &str, counts: &Value) {
    let Some(place) = world.place(token) else { return };
    let count = |name: &str| counts.get(name).and_then(Value::as_i64);
    let account = world.change(place, true);
    if let Some(service) = account.services.get_mut(id) {
        service.resource_count = count("resource_count").unwrap_or(service.resource_count);
        service.heartbeat_count = count("heartbeat_count").unwrap_or(service.heartbeat_count);
    }
    if let Some(node) = account.accounts.get_mut(id) {
        node.count = count("count").unwrap_or(node.count);
    }
}
