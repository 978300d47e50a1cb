//! Notification channels, P6 to P12 and P24 to P30: addressed by their position.

use serde_json::{Value, json};

use super::{Owner, created, error, invalid, listed, message, present, present_now, seen};
use crate::serve::{Answer, Request};
use crate::settings::ChannelFields;
use crate::world::{Account, Channel, World};

pub(super) fn answer(
    world: &mut World,
    place: usize,
    request: &Request,
    owner: (Owner, &str),
    rest: &[&str],
) -> Answer {
    let known = match owner {
        (Owner::Customer, id) => present_now(world, place).customer.id == id,
        (Owner::Team, id) => present_now(world, place).teams.contains_key(id),
    };
    if !known {
        return error(world, 404, "no such owner");
    }
    match (request.method.as_str(), rest) {
        ("GET", ["notification-channels"]) => list(world, place, request, owner),
        ("POST", ["notification-channel"]) => create(world, place, request, owner),
        ("DELETE", ["notification-channel"]) => delete(world, place, request, owner),
        (_, ["notification-channel", action @ ..]) => change(world, place, request, owner, action),
        _ => error(world, 404, "no such path"),
    }
}

fn of<'a>(account: &'a Account, owner: (Owner, &str)) -> &'a [Channel] {
    match owner {
        (Owner::Customer, _) => &account.customer.channels,
        (Owner::Team, id) => account.teams.get(id).map(|team| team.channels.as_slice()).unwrap_or_default(),
    }
}

fn of_mut<'a>(account: &'a mut Account, owner: (Owner, &str)) -> Option<&'a mut Vec<Channel>> {
    match owner {
        (Owner::Customer, _) => Some(&mut account.customer.channels),
        (Owner::Team, id) => account.teams.get_mut(id).map(|team| &mut team.channels),
    }
}

fn list(world: &mut World, place: usize, request: &Request, owner: (Owner, &str)) -> Answer {
    let account = seen(world, place, request);
    let words = |name: &str| -> Option<Vec<String>> {
        let text = request.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())?;
        Some(text.split(',').map(str::to_owned).collect())
    };
    let (include, exclude) = (words("include_types"), words("exclude_types"));
    let wanted = |channel: &&Channel| {
        include.as_ref().is_none_or(|types| types.contains(&channel.type_))
            && exclude.as_ref().is_none_or(|types| !types.contains(&channel.type_))
    };
    let fields = world.settings.channel_fields;
    let items = of(&account, owner).iter().filter(wanted).map(|channel| object(fields, channel)).collect();
    listed(world, "notification_channels", items)
}

fn object(fields: ChannelFields, channel: &Channel) -> Value {
    let Channel { type_, value, priority, enabled, verified, .. } = channel;
    match fields {
        ChannelFields::Plain => {
            json!({ "type": type_, "value": value, "priority": priority, "enabled": enabled, "verified": verified })
        }
        ChannelFields::Words => json!({
            "channel_type": type_,
            "address": value,
            "priority": priority,
            "status": if *enabled { "Enabled" } else { "Disabled" },
            "verification_status": if *verified { "Verified" } else { "Unverified" },
        }),
        ChannelFields::Bare => json!({ "type": type_, "value": value, "priority": priority }),
    }
}

fn create(world: &mut World, place: usize, request: &Request, owner: (Owner, &str)) -> Answer {
    let (Some(value), Some(type_)) = (request.text("value"), request.text("type")) else {
        return invalid(world, "value and type are required");
    };
    let there = of(present_now(world, place), owner);
    let is_double = there.iter().any(|channel| channel.type_ == type_ && channel.value == value);
    if is_double && world.settings.refuse_duplicate_channel {
        return error(world, 409, "there is such a channel");
    }
    let priority = there.iter().map(|channel| channel.priority).max().unwrap_or(0) + 1;
    let code = world.code();
    let channel = Channel { type_, value, priority, enabled: true, verified: false, code, tests: 0 };
    if let Some(channels) = of_mut(present(world, place, request), owner) {
        channels.push(channel);
    }
    created(world, "priority", &priority.to_string(), json!({ "priority": priority }))
}

/// `priority=3,4`, or `priority=3&priority=4` (PU8).
fn delete(world: &mut World, place: usize, request: &Request, owner: (Owner, &str)) -> Answer {
    let given = request.query.iter().filter(|(name, _)| name == "priority");
    let priorities: Vec<i64> =
        given.flat_map(|(_, list)| list.split(',')).filter_map(|text| text.parse().ok()).collect();
    let there = of(present_now(world, place), owner);
    if priorities.is_empty() {
        return invalid(world, "priority is required");
    }
    if !priorities.iter().all(|priority| there.iter().any(|channel| channel.priority == *priority)) {
        return error(world, 404, "no such channel");
    }
    let renumber = world.settings.renumber;
    if let Some(channels) = of_mut(present(world, place, request), owner) {
        channels.retain(|channel| !priorities.contains(&channel.priority));
        if renumber {
            for (channel, priority) in channels.iter_mut().zip(1..) {
                channel.priority = priority;
            }
        }
    }
    message("deleted")
}

fn change(world: &mut World, place: usize, request: &Request, owner: (Owner, &str), action: &[&str]) -> Answer {
    let Some(priority) = request.body.get("priority").and_then(Value::as_i64) else {
        return invalid(world, "priority is required");
    };
    let found = of(present_now(world, place), owner).iter().find(|channel| channel.priority == priority).cloned();
    let Some(mut channel) = found else { return error(world, 404, "no such channel") };
    let done = match (request.method.as_str(), action) {
        ("PUT", []) => another_value(world, request, &mut channel),
        ("PUT", ["enabled"]) => enable(world, request, &mut channel),
        ("PATCH", ["verification"]) => verify(world, request, &mut channel),
        ("POST", ["test"]) => {
            channel.tests += 1;
            Ok("a test message is sent")
        }
        _ => Err(error(world, 404, "no such path")),
    };
    let text = match done {
        Ok(text) => text,
        Err(answer) => return answer,
    };
    let channels = of_mut(present(world, place, request), owner);
    if let Some(slot) = channels.and_then(|channels| channels.iter_mut().find(|channel| channel.priority == priority)) {
        *slot = channel;
    }
    message(text)
}

fn another_value(world: &mut World, request: &Request, channel: &mut Channel) -> Result<&'static str, Answer> {
    channel.value = request.text("value").ok_or_else(|| invalid(world, "value is required"))?;
    channel.verified = false;
    channel.code = world.code();
    channel.enabled &= !world.settings.disable_on_change;
    Ok("changed; a code is sent, verification is needed again")
}

fn enable(world: &World, request: &Request, channel: &mut Channel) -> Result<&'static str, Answer> {
    let enabled = request.body.get("enabled").and_then(Value::as_bool);
    let enabled = enabled.ok_or_else(|| invalid(world, "enabled is required"))?;
    if enabled && !channel.verified && world.settings.refuse_enabling_unverified {
        return Err(error(world, 409, "verify the channel first"));
    }
    channel.enabled = enabled;
    Ok("done")
}

fn verify(world: &World, request: &Request, channel: &mut Channel) -> Result<&'static str, Answer> {
    if channel.verified {
        return Err(error(world, 409, "the channel is verified already"));
    }
    if request.text("code").as_deref() != Some(&channel.code) {
        return Err(invalid(world, "wrong code"));
    }
    channel.verified = true;
    Ok("verified")
}
