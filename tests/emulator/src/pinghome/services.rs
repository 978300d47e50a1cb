//! Services, P31 to P34.

use serde_json::{Value, json};

use super::{created, error, invalid, listed, message, present, present_now, seen};
use crate::serve::{Answer, Request};
use crate::settings::ServiceLookup;
use crate::world::{Service, World};

pub(super) fn answer(world: &mut World, place: usize, request: &Request, id: &str) -> Answer {
    match request.method.as_str() {
        "GET" => look_up(world, place, request, id),
        "POST" => create(world, place, request),
        "PUT" | "DELETE" if !present_now(world, place).services.contains_key(id) => {
            error(world, 404, "no such service")
        }
        "PUT" => {
            let Some(name) = request.text("name") else { return invalid(world, "name is required") };
            if let Some(service) = present(world, place, request).services.get_mut(id) {
                service.name = name;
            }
            message("renamed")
        }
        "DELETE" => {
            present(world, place, request).services.remove(id);
            Answer { status: 204, body: None }
        }
        _ => error(world, 405, "no such method"),
    }
}

fn object(id: &str, service: &Service) -> Value {
    json!({
        "name": service.name,
        "service_id": id,
        "resource_count": service.resource_count,
        "heartbeat_count": service.heartbeat_count,
    })
}

/// P34 by team, by service, or by either (PU6).
fn look_up(world: &mut World, place: usize, request: &Request, id: &str) -> Answer {
    let account = seen(world, place, request);
    let mode = world.settings.service_lookup;
    if mode != ServiceLookup::Service && account.teams.contains_key(id) {
        let of_team = account.services.iter().filter(|(_, service)| service.team_id == id);
        return listed(world, "services", of_team.map(|(id, service)| object(id, service)).collect());
    }
    match account.services.get(id) {
        Some(service) if mode != ServiceLookup::Team => Answer::ok(object(id, service)),
        _ => error(world, 404, "not found"),
    }
}

fn create(world: &mut World, place: usize, request: &Request) -> Answer {
    let (Some(name), Some(team_id)) = (request.text("name"), request.text("team_id")) else {
        return invalid(world, "name and team_id are required");
    };
    if !present_now(world, place).teams.contains_key(&team_id) {
        return error(world, 404, "no such team");
    }
    let id = world.uuid();
    let service = Service { name, team_id, resource_count: 0, heartbeat_count: 0 };
    let object = object(&id, &service);
    present(world, place, request).services.insert(id.clone(), service);
    created(world, "service_id", &id, object)
}
