//! What the schema refuses is left out, with the schema's message, and the rest is exported.

use serde_json::{Value, json};

use crate::cli::export::manifest::{DeletionArg, Export};
use crate::cli::export::nodeping::NodePingAccount;
use crate::cli::export::pinghome::{PinghomeAccount, TeamContents};
use crate::cli::export::{nodeping, pinghome};
use crate::cli::schema::Definitions;
use crate::provider::model::account::{AccountDetail, AccountEntry, NodePingStatus};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::{ObservedCustomer, OwnTeam};
use crate::provider::model::ids::{AccountId, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, InvitationAnswer};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::model::team::{ObservedTeam, TeamSettings};

fn specs(output: &Export) -> Vec<(String, Value)> {
    let spec = |value: Value| (value["kind"].as_str().unwrap().to_owned(), value["spec"].clone());
    output.manifests.iter().map(|manifest| spec(manifest.value(None))).collect()
}

fn left_out(output: &Export) -> Vec<&str> {
    output.left_out.iter().map(|left_out| left_out.line.as_str()).collect()
}

fn team(name: &str, invited: &[String], services: &[&str], channels: Vec<Channel>) -> TeamContents {
    let invitation = |email: &String| Invitation {
        email: email.clone(),
        address: email.clone(),
        answer: InvitationAnswer::Pending,
        reminded: None,
    };
    let service = |name: &&str| ObservedService {
        id: ServiceId::parse("s-1").unwrap(),
        settings: ServiceSettings { name: (*name).to_owned() },
        resources: None,
        heartbeats: None,
        is_assumed: false,
    };
    TeamContents {
        team: ObservedTeam {
            id: TeamId::parse("t-1").unwrap(),
            settings: TeamSettings { name: name.to_owned() },
            member_count: None,
            created: None,
        },
        members: Vec::new(),
        invitations: invited.iter().map(invitation).collect(),
        services: Some(services.iter().map(service).collect()),
        channels,
    }
}

fn exported(surname: &str, team: TeamContents) -> Export {
    let customer = ObservedCustomer {
        id: CustomerId::parse("c-1").unwrap(),
        account_name: None,
        email: Some("not an e-mail".to_owned()),
        name: Some("Ada".to_owned()),
        surname: Some(surname.to_owned()),
        full_name: None,
        team: OwnTeam::Nowhere,
    };
    let account = PinghomeAccount { customer, channels: vec![], teams: vec![team] };
    pinghome::manifests(&account, DeletionArg::Delete, &Definitions::new().unwrap())
}

#[test]
fn what_a_spec_can_do_without_is_absent_if_the_schema_refuses_it() {
    let people = ["ada@x.org".to_owned(), "no one".to_owned(), "@".to_owned()];
    let output = exported("", team("Web", &people, &["shop", ""], vec![]));
    let expected = [
        ("Customer".to_owned(), json!({})),
        ("Team".to_owned(), json!({ "name": "Web", "members": [{ "email": "ada@x.org" }] })),
        ("Service".to_owned(), json!({ "name": "shop", "teamRef": { "name": "web" } })),
    ];
    assert_eq!(specs(&output), expected);
    assert_eq!(left_out(&output), ["service s-1: spec.name: must have 1 characters at least, not 0"]);
}

#[test]
fn a_team_of_too_many_people_lists_nobody_and_a_refused_person_does_not_count() {
    let people =
        |count: usize| -> Vec<_> { (0..count).map(|at| format!("p{at}@x.org")).chain(["odd".into()]).collect() };
    let output = exported("", team("Web", &people(150), &[], vec![]));
    assert_eq!(specs(&output)[1].1["members"].as_array().unwrap().len(), 150);
    assert_eq!(left_out(&output), [""; 0]);
    let output = exported("", team("Web", &people(151), &[], vec![]));
    assert_eq!(specs(&output)[1].1, json!({ "name": "Web" }));
    assert_eq!(left_out(&output), ["members of team 'web': spec.members: must have 150 entries at most, not 151"]);
}

#[test]
fn services_and_channels_of_a_team_that_is_left_out_are_left_out_too() {
    let channel = Channel::new("webhook", Sensitive::new("https://example.com/a"), 1, None, None);
    let output = exported("Lovelace", team(&"x".repeat(129), &[], &["shop"], vec![channel]));
    assert_eq!(specs(&output), [("Customer".to_owned(), json!({ "name": "Ada", "surname": "Lovelace" }))]);
    assert_eq!(left_out(&output), ["team t-1: spec.name: must have 128 characters at most, not 129"]);
}

#[test]
fn a_channel_that_is_left_out_is_named_without_its_address() {
    let channel = |type_: &str, value: &str, priority| Channel::new(type_, Sensitive::new(value), priority, None, None);
    let channels = vec![
        channel("webhook", " https://canary.example.com/with-a-long-path/so-that-the-excerpt-of-it-is-cut", 1),
        channel("webhook", "http://canary.example.com", 2),
        channel("Odd Type", "canary", 3),
        channel("webhook", "https://example.com", 4),
    ];
    let output = exported("", team("Web", &[], &[], channels));
    let said = left_out(&output).join("\n");
    assert_eq!(output.left_out.len(), 3, "{said}");
    assert!(!said.contains("canary"), "{said}");
    for expected in [
        "channel 1 of web (type 'webhook'): spec.value: must match ^\\S(.*\\S)?$, which the address does not",
        "channel 2 of web (type 'webhook'): spec.value: `value` of a 'webhook' channel must be an https URL",
        "channel 3 of web (type 'Odd Type'): spec.type: must match",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    // A name is given to what is exported only.
    assert_eq!(output.manifests.last().unwrap().name, "web-webhook");
}

#[test]
fn an_account_is_exported_without_its_odd_settings_and_a_sub_account_is_left_out() {
    let account = |primary: bool, timezone: &str, status: &str| {
        let id = AccountId::parse(if primary { "A1" } else { "A2" }).unwrap();
        let name = "Acme".to_owned();
        let detail = AccountDetail {
            id: id.clone(),
            name: Some(name.clone()),
            created: None,
            status: Some(NodePingStatus::parse(status)),
            timezone: Some(timezone.to_owned()),
            location: Some(if primary { "mars" } else { "eur" }.to_owned()),
            email_me: false,
            suppressed: false,
            auto_diag: None,
        };
        let entry = AccountEntry { id, name, status: None, checks: None, primary, deleting: false };
        NodePingAccount { entry, detail: Some(detail) }
    };
    for (zone, status, expected) in [
        ("late", "Active", "spec.timezone: must match"),
        ("99", "Active", "spec.timezone: `timezone` must be a GMT offset in hours from '-12' to '14'"),
        ("0", "Odd", "spec.status: must be one of 'Active', 'Suspend', not 'Odd'"),
        ("0", "delete", "it is being deleted"),
    ] {
        let accounts = [account(true, zone, ""), account(false, zone, status)];
        let output = nodeping::manifests(&accounts, DeletionArg::Delete, &Definitions::new().unwrap());
        let mut spec = json!({ "providerConfigRef": { "name": "nodeping" }, "name": "Acme" });
        if zone == "0" {
            spec["timezone"] = json!("0");
        }
        assert_eq!(specs(&output), [("Account".to_owned(), spec)]);
        let said = left_out(&output).join("\n");
        assert!(said.starts_with(&format!("account 'Acme' (A2): {expected}")), "{said}");
    }
}
