//! The customer, members and invitations: P1 to P5 and P17 to P23.

use serde_json::{Value, json};

use super::{error, invalid, listed, message, now, present, present_now, seen};
use crate::serve::{Answer, Request};
use crate::settings::CustomerFields;
use crate::world::{Customer, Invitation, Member, Team, World};

pub(super) fn customer(world: &mut World, place: usize, request: &Request, rest: &[&str]) -> Answer {
    let code = world.code();
    match (request.method.as_str(), rest) {
        ("GET", []) => {
            let account = seen(world, place, request);
            Answer::ok(profile(world.settings.customer_fields, &account.customer, place))
        }
        ("PATCH", []) => {
            let (name, surname) = (request.text("name"), request.text("surname"));
            let owner = &mut present(world, place, request).customer;
            owner.name = name.unwrap_or_else(|| owner.name.clone());
            owner.surname = surname.unwrap_or_else(|| owner.surname.clone());
            message("changed")
        }
        ("DELETE", []) => {
            present(world, place, request).customer.closed = true;
            message("closed")
        }
        ("PUT", ["username"]) => {
            let Some(email) = request.text("email") else { return invalid(world, "email is required") };
            let owner = &mut present(world, place, request).customer;
            (owner.pending_email, owner.code) = (Some(email), code);
            message("a code is sent")
        }
        ("PATCH", ["username"]) => confirm(world, place, request),
        _ => error(world, 404, "no such path"),
    }
}

fn profile(fields: CustomerFields, owner: &Customer, place: usize) -> Value {
    let Customer { id, name, surname, email, team, .. } = owner;
    let (full_name, organization) =
        (format!("{name} {surname}"), json!({ "name": format!("Organisation {place}"), "plan": "team" }));
    match fields {
        CustomerFields::Plain => json!({
            "customer_id": id, "email": email, "name": name, "surname": surname, "full_name": full_name, "role": "root",
            "organization": organization, "team": team.as_ref().map(|id| json!({ "id": id, "name": "own" })),
        }),
        CustomerFields::Full => {
            json!({
                "id": id, "email": email, "full_name": full_name, "role": "root", "organization": organization, "team_id": team,
            })
        }
        CustomerFields::Nested => json!({
            "customer": { "id": id, "email": email, "first_name": name, "last_name": surname, "role": "root", "team": { "team_id": team } },
            "organization": organization,
        }),
    }
}

fn confirm(world: &mut World, place: usize, request: &Request) -> Answer {
    let owner = &present_now(world, place).customer;
    if owner.pending_email.is_none() || request.text("code").as_deref() != Some(&owner.code) {
        return invalid(world, "wrong code");
    }
    let owner = &mut present(world, place, request).customer;
    if let Some(email) = owner.pending_email.take() {
        owner.email = email;
    }
    message("changed")
}

pub(super) fn team(world: &mut World, place: usize, request: &Request, id: &str, rest: &[&str]) -> Answer {
    if !present_now(world, place).teams.contains_key(id) {
        return error(world, 404, "no such team");
    }
    let seen = seen(world, place, request).teams.get(id).cloned().unwrap_or_default();
    match (request.method.as_str(), rest) {
        ("GET", ["members"]) => listed(world, "members", seen.members.iter().map(member_object).collect()),
        ("GET", ["invitations"]) => {
            listed(world, "invitations", seen.invitations.iter().map(invitation_object).collect())
        }
        ("PATCH", ["member", member]) => change_member(world, place, request, (id, member)),
        ("DELETE", ["member", member]) => {
            let Some(team) = team_of(world, place, request, id) else { return error(world, 404, "no such team") };
            let before = team.members.len();
            team.members.retain(|known| known.customer_id != *member);
            let is_gone = team.members.len() < before;
            if is_gone { message("removed") } else { error(world, 404, "no such member") }
        }
        (_, ["invitation", ..]) => invitation(world, place, request, id, rest),
        _ => error(world, 404, "no such path"),
    }
}

fn team_of<'a>(world: &'a mut World, place: usize, request: &Request, id: &str) -> Option<&'a mut Team> {
    present(world, place, request).teams.get_mut(id)
}

fn invitation(world: &mut World, place: usize, request: &Request, id: &str, rest: &[&str]) -> Answer {
    let Some(channel) = request.text("channel_value") else { return invalid(world, "channel_value is required") };
    let teams = &present_now(world, place).teams;
    let state = teams.get(id).and_then(|team| team.invitations.iter().find(|known| known.channel == channel));
    let state = state.map(|known| known.status.clone());
    let is_here = |team: &Team| team.members.iter().any(|member| member.email.eq_ignore_ascii_case(&channel));
    let is_taken = world.settings.one_team_each && teams.values().any(is_here);
    let channel_type = request.text("channel_type").unwrap_or_else(|| "email".to_owned());
    let Some(team) = team_of(world, place, request, id) else { return error(world, 404, "no such team") };
    match (request.method.as_str(), rest, state.as_deref()) {
        ("POST", ["invitation"], Some("Pending")) => error(world, 409, "invited already"),
        ("POST", ["invitation"], _) if is_taken => error(world, 409, "is in another team"),
        ("POST", ["invitation"], _) => {
            team.invitations.retain(|known| known.channel != channel);
            let (status, created_at) = ("Pending".to_owned(), now());
            team.invitations.push(Invitation {
                channel,
                channel_type,
                status,
                created_at,
                reminded_at: None,
                reminders: 0,
            });
            message("invited")
        }
        ("DELETE", ["invitation"], Some("Pending")) => {
            team.invitations.retain(|known| known.channel != channel);
            message("withdrawn")
        }
        ("POST", ["invitation", "reminder"], Some("Pending")) => {
            for known in team.invitations.iter_mut().filter(|known| known.channel == channel) {
                known.reminders += 1;
                known.reminded_at = Some(now());
            }
            message("reminded")
        }
        (_, _, Some(_)) => error(world, 409, "answered already"),
        _ => error(world, 404, "no such invitation"),
    }
}

fn change_member(world: &mut World, place: usize, request: &Request, (id, member): (&str, &str)) -> Answer {
    let (Some(role), Some(target)) = (request.text("role"), request.text("new_team_id")) else {
        return invalid(world, "role and new_team_id are required");
    };
    if !present_now(world, place).teams.contains_key(&target) {
        return error(world, 404, "no such team");
    }
    let account = present(world, place, request);
    let members = account.teams.get_mut(id).map(|team| &mut team.members);
    let found = members.and_then(|members| {
        let at = members.iter().position(|known| known.customer_id == member)?;
        Some(members.remove(at))
    });
    let Some(moved) = found else { return error(world, 404, "no such member") };
    if let Some(team) = account.teams.get_mut(&target) {
        team.members.push(Member { role, ..moved });
    }
    message("changed")
}

fn member_object(member: &Member) -> Value {
    json!({ "customer_id": member.customer_id, "email": member.email, "name": member.name, "role": member.role })
}

fn invitation_object(invitation: &Invitation) -> Value {
    json!({
        "channel": invitation.channel,
        "channel_type": invitation.channel_type,
        "sender_full_name": "Ada Lovelace",
        "created_at": invitation.created_at,
        "reminded_at": invitation.reminded_at,
        "status": invitation.status,
    })
}
