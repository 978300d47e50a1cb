//! Answers in every known form, and in none: that is an error, never an empty list.

use serde_json::{Value, json};

use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::failure::Class;
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::list::Unreadable;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::tests::{account, named_team, service, team};

fn read(call: impl Into<Call>, status: u16, body: &Value) -> Result<Answer, Class> {
    call.into().answer(status, body.to_string().as_bytes()).map_err(|failure| failure.class)
}

fn enveloped(name: &str, items: &Value) -> [Value; 5] {
    [items.clone(), json!({"data": items}), json!({"items": items}), json!({"results": items}), json!({ name: items })]
}

#[test]
fn the_id_of_a_new_team_is_found_wherever_it_stands() {
    let id = team().to_string();
    for body in [
        json!({"team_id": id}),
        json!({"id": id}),
        json!({"teamId": id}),
        json!({"data": {"team_id": id}}),
        json!({"team": {"id": id}}),
        json!({"result": {"teamId": id}, "message": "created"}),
        json!(id),
    ] {
        let found = match read(PinghomeCall::CreateTeam { settings: named_team("x") }, 201, &body) {
            Ok(Answer::CreatedTeam(team)) => team.id.to_string(),
            _ => String::new(),
        };
        assert_eq!(found, id, "{body}");
    }
    for body in [json!({"message": "created"}), json!("Team created"), json!({"id": "../x"}), Value::Null] {
        assert!(
            read(PinghomeCall::CreateTeam { settings: named_team("x") }, 200, &body) == Ok(Answer::Created(None)),
            "{body}"
        );
    }
    assert!(Call::from(PinghomeCall::CreateTeam { settings: named_team("x") }).answer(204, b"").is_ok());
}

#[test]
fn a_page_or_half_a_body_says_nothing_of_what_was_done() {
    let delete = || Call::from(PinghomeCall::DeleteTeam { team: team() });
    let create = || Call::from(PinghomeCall::CreateTeam { settings: named_team("x") });
    for body in [
        "<html>It works!</html>",
        " \n<!DOCTYPE html>",
        "{\"message\": \"del",
        "[1, 2",
        "{\"error\": \"busy\"}",
        "{\"errors\": [{\"field\": \"name\"}]}",
    ] {
        let class = |call: Call| call.answer(200, body.as_bytes()).err().map(|failure| failure.class);
        assert_eq!(class(delete()), Some(Class::Retry), "{body}");
        assert_eq!(class(create()), Some(Class::Uncertain), "{body}");
    }
    for body in ["", "  ", "deleted", "{}", "[]", "\"deleted\"", "null", "{\"error\": null, \"errors\": []}"] {
        assert!(delete().answer(200, body.as_bytes()).is_ok(), "{body}");
    }
}

#[test]
fn lists_are_read_in_every_envelope_and_an_unknown_one_is_an_error() {
    let owner = || ChannelOwner::Team(team());
    let channels = || PinghomeCall::ListChannels { owner: owner(), include: vec![], exclude: vec![] };
    for body in enveloped("teams", &json!([{"team_id": "t1", "name": "A", "extra": [1]}])) {
        assert!(
            matches!(read(PinghomeCall::ListTeams, 200, &body), Ok(Answer::Teams(teams)) if teams.items.len() == 1),
            "{body}"
        );
    }
    for body in enveloped("services", &json!([{"service_id": "s1", "name": "A"}])) {
        let answer = read(PinghomeCall::ListServices { team: team() }, 200, &body);
        assert!(matches!(answer, Ok(Answer::Services(services)) if services.items.len() == 1), "{body}");
    }
    for name in ["channels", "notification_channels"] {
        for body in enveloped(name, &json!([{"type": "sms", "value": "+1 2", "priority": 1}])) {
            assert!(
                matches!(read(channels(), 200, &body), Ok(Answer::Channels(all)) if all.items.len() == 1),
                "{body}"
            );
        }
    }
    for body in [json!({}), json!({"rows": []}), json!("x"), Value::Null, json!([{"name": "no id"}]), json!([1])] {
        assert_eq!(read(PinghomeCall::ListTeams, 200, &body).err(), Some(Class::Retry), "{body}");
        assert_eq!(read(channels(), 200, &body).err(), Some(Class::Retry), "{body}");
    }
}

#[test]
fn a_channel_is_read_by_every_name_of_its_fields() {
    let call = || PinghomeCall::ListChannels { owner: ChannelOwner::Team(team()), include: vec![], exclude: vec![] };
    for (item, enabled, verified) in [
        (
            json!({"type": "email", "value": "A@b", "priority": 2, "enabled": true, "verified": false}),
            Some(true),
            Some(false),
        ),
        (
            json!({"channel_type": "EMAIL", "channel_value": "A@b", "priority": "2", "is_enabled": "no", "is_verified": "yes"}),
            Some(false),
            Some(true),
        ),
        (
            json!({"type": "email", "channel": "A@b", "priority": 2, "status": "Enabled", "verification_status": "Unverified"}),
            Some(true),
            Some(false),
        ),
        (json!({"type": "email", "address": "A@b", "priority": 2, "status": "Paused"}), Some(false), None),
        (json!({"type": "email", "address": "A@b", "priority": 2, "status": "Verified"}), None, Some(true)),
        (json!({"type": "email", "address": "A@b", "priority": 2}), None, None),
    ] {
        let Ok(Answer::Channels(channels)) = read(call(), 200, &json!([item])) else { panic!("{item}") };
        assert_eq!(
            (channels.items[0].priority, channels.items[0].enabled, channels.items[0].verified),
            (2, enabled, verified),
            "{item}"
        );
        assert_eq!(channels.items[0].key, "email\0a@b", "{item}");
    }
}

#[test]
fn a_service_is_found_by_team_or_by_itself() {
    let id = service().to_string();
    let object = json!({"service_id": id, "name": "A", "resource_count": 1, "heartbeat_count": 2});
    let by_team = || PinghomeCall::ListServices { team: team() };
    let by_itself = || PinghomeCall::ReadService { service: service() };
    assert!(read(by_team(), 200, &object) == Ok(Answer::NotListed), "one object says nothing of the others");
    for status in [400, 404, 422] {
        assert!(read(by_team(), status, &json!({})) == Ok(Answer::NotFound), "{status}");
        assert!(read(by_itself(), status, &json!({})) == Ok(Answer::NotFound), "{status}");
    }
    for body in [object.clone(), json!([object]), json!({"data": object}), json!({"services": [object]})] {
        assert!(matches!(read(by_itself(), 200, &body), Ok(Answer::Service(Some(_)))), "{body}");
    }
}

#[test]
fn a_read_of_services_that_is_refused_for_another_reason_than_the_id_says_nothing_of_them() {
    let by_team = || PinghomeCall::ListServices { team: team() };
    let by_itself = || PinghomeCall::ReadService { service: service() };
    for status in [301, 401, 402, 403, 405, 406, 408, 409, 415, 423, 425, 429, 451, 500, 502, 503, 504] {
        assert!(read(by_team(), status, &json!({})).is_err(), "{status}");
        assert!(read(by_itself(), status, &json!({})).is_err(), "{status}");
    }
    assert_eq!(read(by_team(), 401, &json!({})).err(), Some(Class::Credential));
    assert_eq!(read(by_itself(), 403, &json!({})).err(), Some(Class::Denied));
    assert_eq!(read(by_team(), 500, &json!({})).err(), Some(Class::Retry));
}

#[test]
fn nodepings_errors_are_errors_whatever_their_status() {
    let denied = json!({"error": "You do not have the correct permissions for that account."});
    for status in [200, 400, 403] {
        assert!(
            read(NodePingCall::ReadAccount { account: account() }, status, &denied) == Ok(Answer::Account(None)),
            "{status}"
        );
        assert_eq!(
            read(NodePingCall::DeleteAccount { account: account() }, status, &denied).err(),
            Some(Class::Invalid),
            "{status}"
        );
        let no_token = json!({"error": "Token not found"});
        assert_eq!(read(NodePingCall::ListAccounts, status, &no_token).err(), Some(Class::Credential), "{status}");
        // A request may be refused for a text that has the word.
        let expected = if status == 400 { Class::Invalid } else { Class::Credential };
        let of_another = read(NodePingCall::DeleteAccount { account: account() }, status, &no_token).err();
        assert_eq!(of_another, Some(expected), "{status}");
        // Words that nobody knows leave the judgement to the status (NU1).
        let zone = json!({"error": "invalid timezone"});
        let expected = if status == 403 { Class::Denied } else { Class::Invalid };
        assert_eq!(
            read(NodePingCall::DeleteAccount { account: account() }, status, &zone).err(),
            Some(expected),
            "{status}"
        );
    }
    for body in [json!({}), json!([]), json!("x"), json!({"A1": {"status": "Active"}})] {
        assert_eq!(read(NodePingCall::ListAccounts, 200, &body).err(), Some(Class::Retry), "{body}");
    }
}

#[test]
fn a_body_that_says_that_nothing_was_done_is_no_success_whatever_its_status() {
    let failed = [
        json!({"success": false}),
        json!({"success": "false", "message": "account is locked"}),
        json!({"ok": false}),
        json!({"status": "error", "message": "no"}),
        json!({"status": "Fail"}),
    ];
    for body in failed {
        let delete_account = NodePingCall::DeleteAccount { account: account() };
        assert_eq!(read(delete_account, 200, &body).err(), Some(Class::Invalid), "{body}");
        assert_eq!(read(PinghomeCall::DeleteTeam { team: team() }, 200, &body).err(), Some(Class::Retry), "{body}");
        let create = PinghomeCall::CreateTeam { settings: named_team("x") };
        assert_eq!(read(create, 200, &body).err(), Some(Class::Uncertain), "{body}");
    }
    for body in [json!({"success": true}), json!({"ok": true}), json!({"status": "success"}), json!({"status": "ok"})] {
        assert!(read(PinghomeCall::DeleteTeam { team: team() }, 200, &body).is_ok(), "{body}");
    }
    // The status of an object is its own.
    let failing = json!({"service_id": service().as_str(), "name": "A", "status": "fail"});
    assert!(read(PinghomeCall::ReadService { service: service() }, 200, &failing).is_ok());
}

#[test]
fn an_account_is_read_in_both_shapes_and_an_answer_about_another_one_is_loud() {
    let list = json!({
        "P1": {"name": "Main", "status": "Active", "count": 3, "parent": 2},
        "A1": {"name": "Sub", "status": "Active", "count": "4"},
        "A2": {"name": "Going", "status": "delete", "count": 0},
    });
    let Ok(Answer::Accounts(accounts)) = read(NodePingCall::ListAccounts, 200, &list) else { panic!("{list}") };
    let seen: Vec<_> = accounts.items.iter().map(|a| (a.id.to_string(), a.checks, a.primary)).collect();
    assert_eq!(seen, [("A1".into(), Some(4), false), ("P1".into(), Some(3), true)]);
    let detail = json!({
        "_id": account().as_str(), "customer_name": "Sub", "timezone": "-7.0", "defaultlocations": ["eur"], "emailme": "yes", "accountsuppressall": true,
    });
    let Ok(Answer::Account(Some(read_back))) = read(NodePingCall::ReadAccount { account: account() }, 200, &detail)
    else {
        panic!()
    };
    assert!(read_back.email_me && read_back.suppressed && read_back.auto_diag.is_none());
    let other = json!({"_id": "OTHER", "customer_name": "Sub"});
    assert_eq!(
        read(NodePingCall::SuppressNotifications { account: account(), suppress: true }, 200, &other).err(),
        Some(Class::Invalid)
    );
}

#[test]
fn an_item_that_cannot_be_read_is_named_and_the_others_are_used() {
    let members = PinghomeCall::ListMembers { team: team() };
    let good = json!({"customer_id": "c1", "email": "a@x.org", "role": "user"});
    let long = "x".repeat(40_000);
    for (bad, field) in [
        (json!({"customer_id": "c2", "role": "user"}), "email"),
        (json!({"customer_id": "c2", "email": format!("{long}@x.org"), "role": "user"}), "email"),
        (json!({"customer_id": "../c2", "email": "b@x.org", "role": "user"}), "customer_id"),
        (json!({"customer_id": "c2", "email": "b@x.org"}), "role"),
        (json!(7), "email"),
    ] {
        let Ok(Answer::Members(list)) = read(members.clone(), 200, &json!([good, bad, good])) else { panic!("{bad}") };
        assert_eq!((list.items.len(), list.unreadable), (2, Some(Unreadable::Item { position: 2, field })), "{bad}");
    }
    let owner = ChannelOwner::Team(team());
    let channels = PinghomeCall::ListChannels { owner, include: vec![], exclude: vec![] };
    for priority in [json!(-1), json!(1e300), json!("first"), Value::Null] {
        let one = |priority: &Value| json!({"type": "sms", "value": "+1 2", "priority": priority});
        let body = json!([one(&json!(1)), one(&priority)]);
        let Ok(Answer::Channels(list)) = read(channels.clone(), 200, &body) else { panic!("{priority}") };
        assert_eq!(list.unreadable, Some(Unreadable::Item { position: 2, field: "priority" }), "{priority}");
    }
    let accounts = json!({"A1": {"name": "Sub"}, "P1": {"parent": 2}});
    let Ok(Answer::Accounts(list)) = read(NodePingCall::ListAccounts, 200, &accounts) else { panic!() };
    assert!(list.items.iter().all(|account| !account.primary), "the one that can be read is not the primary one");
}

#[test]
fn a_read_of_one_service_that_shows_another_one_is_no_answer() {
    let other = json!({"service_id": "other", "name": "A"});
    assert_eq!(read(PinghomeCall::ReadService { service: service() }, 200, &other).err(), Some(Class::Retry));
    assert!(read(PinghomeCall::ReadService { service: service() }, 200, &json!([other])) == Ok(Answer::Service(None)));
}

#[test]
fn a_list_that_is_not_found_names_the_endpoint_whose_path_may_be_wrong() {
    for (call, endpoint) in [
        (Call::from(PinghomeCall::ListTeams), "`endpoints.customerQuery`"),
        (NodePingCall::ListAccounts.into(), "`endpoints.api`"),
    ] {
        let failure = call.answer(404, b"{}").err().unwrap();
        assert!(failure.class == Class::Retry && failure.message.contains(endpoint), "{failure:?}");
    }
}
