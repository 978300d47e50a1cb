//! Each of the 40 requests against its golden file: method, URL, content type and body.

pub(crate) mod answers;

use std::path::Path;

use serde_json::Value;

use crate::provider::call::Call;
use crate::provider::model::account::{AccountSettings, NewAccount, NodePingStatus};
use crate::provider::model::ids::{AccountId, ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::MemberRole;
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::ServiceSettings;
use crate::provider::model::team::TeamSettings;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::{Method, Request};

fn team() -> TeamId {
    TeamId::parse("c03b02ec-244f-4d2c-8f68-3910071ed5c8").unwrap()
}

fn customer() -> CustomerId {
    CustomerId::parse("4b9b0d8e-6e2a-4a52-9a1d-6c1e4d1c7f10").unwrap()
}

fn service() -> ServiceId {
    ServiceId::parse("8f14e45f-ceea-467f-a9f5-0c1a2b3c4d5e").unwrap()
}

fn named_team(name: &str) -> TeamSettings {
    TeamSettings { name: name.to_owned() }
}

fn named_service(name: &str) -> ServiceSettings {
    ServiceSettings { name: name.to_owned() }
}

fn account() -> AccountId {
    AccountId::parse("201205050153W2Q4C").unwrap()
}

fn secret(text: &str) -> Sensitive {
    Sensitive::new(text)
}

/// P6 to P12 for the customer, P24 to P30 for a team.
fn channel_calls(owner: &ChannelOwner, first: u32) -> Vec<(String, Call)> {
    let (o, priority) = (|| owner.clone(), 3);
    let calls = [
        PinghomeCall::CreateChannel { owner: o(), value: secret("https://example.com/hook"), type_: "webhook".into() },
        PinghomeCall::ListChannels {
            owner: o(),
            include: vec!["sms".into(), "email".into()],
            exclude: vec!["webhook".into()],
        },
        PinghomeCall::UpdateChannel { owner: o(), value: secret("new@example.com"), priority },
        PinghomeCall::VerifyChannel { owner: o(), code: secret("012345"), priority },
        PinghomeCall::DeleteChannel { owner: o(), priority },
        PinghomeCall::TestChannel { owner: o(), priority },
        PinghomeCall::EnableChannel { owner: o(), enabled: false, priority },
    ];
    (first..).map(|number| format!("P{number}")).zip(calls.map(Call::from)).collect()
}

fn pinghome_calls() -> Vec<(String, Call)> {
    let (email, mail) = (|| secret("ada@example.com"), || "email".to_owned());
    let named = [
        ("P1", PinghomeCall::ReadCustomer),
        ("P2", PinghomeCall::UpdateCustomer { name: "Ada".into(), surname: "Lovelace".into() }),
        ("P3", PinghomeCall::CloseCustomer { reason: "poor-features".into() }),
        ("P4", PinghomeCall::ChangeUsername { email: email() }),
        ("P5", PinghomeCall::ConfirmUsername { code: secret("123456"), email: String::new() }),
        ("P13", PinghomeCall::CreateTeam { settings: named_team("Platform") }),
        ("P14", PinghomeCall::ListTeams),
        ("P15", PinghomeCall::RenameTeam { team: team(), settings: named_team("Platform 2") }),
        ("P16", PinghomeCall::DeleteTeam { team: team() }),
        ("P17", PinghomeCall::ListInvitations { team: team() }),
        ("P18", PinghomeCall::Invite { team: team(), channel_value: email(), channel_type: mail() }),
        ("P19", PinghomeCall::Uninvite { team: team(), channel_value: email() }),
        ("P20", PinghomeCall::ListMembers { team: team() }),
        ("P21", PinghomeCall::RemoveMember { team: team(), member: customer() }),
        (
            "P22",
            PinghomeCall::UpdateMember { team: team(), member: customer(), role: MemberRole::User, new_team: team() },
        ),
        ("P23", PinghomeCall::RemindInvited { team: team(), channel_value: email() }),
        ("P31", PinghomeCall::CreateService { team: team(), settings: named_service("checkout") }),
        ("P32", PinghomeCall::RenameService { service: service(), settings: named_service("checkout 2") }),
        ("P33", PinghomeCall::DeleteService { service: service() }),
        ("P34", PinghomeCall::ListServices { team: team() }),
    ];
    let mut all: Vec<_> = named.into_iter().map(|(name, call)| (name.to_owned(), call.into())).collect();
    all.extend(channel_calls(&ChannelOwner::Customer(customer()), 6));
    all.extend(channel_calls(&ChannelOwner::Team(team()), 24));
    all
}

fn nodeping_calls() -> Vec<(String, Call)> {
    let settings = AccountSettings {
        name: Some("Acme".into()),
        timezone: Some("-7".into()),
        location: Some("eur".into()),
        auto_diag: Some(true),
        email_me: Some(false),
        status: Some(NodePingStatus::Suspend),
    };
    let new = NewAccount {
        name: "Acme".into(),
        contact_name: secret("Joe Smith"),
        email: secret("joe@example.com"),
        timezone: "3".into(),
        location: "nam".into(),
        email_me: true,
    };
    let calls = [
        NodePingCall::ReadAccount { account: account() },
        NodePingCall::ListAccounts,
        NodePingCall::UpdateAccount { account: account(), settings },
        NodePingCall::CreateAccount(Box::new(new)),
        NodePingCall::DeleteAccount { account: account() },
        NodePingCall::SuppressNotifications { account: account(), suppress: true },
    ];
    (1..).map(|number| format!("N{number}")).zip(calls.map(Call::from)).collect()
}

fn text(request: &Request) -> String {
    let Request { method, host, path, query, json, body } = request;
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let content = if *json { "Content-Type: application/json\n" } else { "" };
    let body = body.as_ref().map_or_else(String::new, |body: &Value| format!("\n{body}\n"));
    format!("{} {}{path}{mark}{}\n{content}{body}", method.as_str(), host.default_base(), query.join("&"))
}

#[test]
fn each_of_the_40_requests_is_as_its_golden_file_says() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/requests");
    let all: Vec<_> = pinghome_calls().into_iter().chain(nodeping_calls()).collect();
    assert_eq!(all.len(), 40);
    for (name, call) in all {
        let (path, text) = (dir.join(format!("{name}.http")), text(&call.request()));
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, golden, "{name} {}", call.operation());
    }
}

#[test]
fn no_post_may_be_sent_twice() {
    for (name, call) in pinghome_calls().into_iter().chain(nodeping_calls()) {
        assert!(call.is_once() || call.request().method != Method::Post, "{name}");
    }
}
