//! The law of an export: planning it finds nothing to do, whatever the account holds.

mod files;
mod refused;
mod written;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use crate::api::account::Account;
use crate::api::annotations::Annotations;
use crate::api::customer::Customer;
use crate::api::kinds::Kind;
use crate::api::notification_channel::NotificationChannel;
use crate::api::service::Service;
use crate::api::sub_account::SubAccount;
use crate::api::team::Team;
use crate::cli::export::manifest::{DeletionArg, Export, ExportedManifest};
use crate::cli::export::names::ResourceNames;
use crate::cli::export::nodeping::NodePingAccount;
use crate::cli::export::pinghome::{PinghomeAccount, TeamContents};
use crate::cli::export::{nodeping, pinghome};
use crate::cli::schema::Definitions;
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::plan::attempts::Attempts;
use crate::plan::context::PlanContext;
use crate::plan::managed::Managed;
use crate::plan::references::ResolvedRefs;
use crate::plan::state::State;
use crate::provider::answer::Answer;
use crate::provider::model::account::{AccountDetail, AccountEntry, NodePingStatus};
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::{ObservedCustomer, OwnTeam};
use crate::provider::model::ids::{AccountId, ChannelOwner, CustomerId, ServiceId, TeamId};
use crate::provider::model::member::{Invitation, InvitationAnswer, MemberRole, ObservedMember};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::model::team::{ObservedTeam, TeamSettings};

thread_local! {
    /// Compiled once: the schemas of all kinds take longer than a case.
    static DEFINITIONS: Definitions = Definitions::new().unwrap();
}

fn now() -> Timestamp {
    Timestamp::from_second(1_000_000).unwrap()
}

/// Plans one manifest as the operator does on its first visit.
fn plan<T: Managed>(manifest: &ExportedManifest, teams: &BTreeMap<String, TeamId>, inventory: &Inventory) {
    let resource: T = serde_json::from_value(manifest.value(Some("x"))).unwrap();
    let resolved = resource.resolve(&ResolvedRefs { teams: teams.clone(), ..ResolvedRefs::default() }).ok().unwrap();
    let annotations = Annotations { external_id: manifest.id.clone(), ..Annotations::default() };
    let mut attempts = Attempts::default();
    attempts.on_generation(1, false, now(), &Annotations::default());
    let context = PlanContext {
        read_lag: SignedDuration::from_secs(120),
        ..PlanContext::alone(now(), &annotations, &attempts, inventory)
    };
    let plan = resource.plan(&resolved, &context).ok().unwrap();
    assert!(plan.steps.is_empty() && plan.state == State::Available, "{}:\n{plan}{:?}", manifest.name, plan.state);
}

fn plan_all(output: &Export, inventory: &Inventory) {
    let ids = output.manifests.iter().filter(|manifest| manifest.kind == Kind::Team);
    let teams = ids.map(|team| (team.name.clone(), TeamId::parse(team.id.as_deref().unwrap()).unwrap())).collect();
    for manifest in &output.manifests {
        match manifest.kind.as_str() {
            "Customer" => plan::<Customer>(manifest, &teams, inventory),
            "Team" => plan::<Team>(manifest, &teams, inventory),
            "Service" => plan::<Service>(manifest, &teams, inventory),
            "NotificationChannel" => plan::<NotificationChannel>(manifest, &teams, inventory),
            "Account" => plan::<Account>(manifest, &teams, inventory),
            "SubAccount" => plan::<SubAccount>(manifest, &teams, inventory),
            other => panic!("{other}"),
        }
    }
}

fn inventory_of(reads: Vec<(Collection, Answer)>) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.set_read_lag(SignedDuration::from_secs(120));
    for (collection, answer) in reads {
        inventory.record(&collection.call(), &answer, now());
    }
    inventory
}

fn holds(seen: &PinghomeAccount) -> Inventory {
    let owner = ChannelOwner::Customer(seen.customer.id.clone());
    let teams: Vec<_> = seen.teams.iter().map(|seen| seen.team.clone()).collect();
    let mut reads = vec![
        (Collection::Customer, Answer::Customer(Box::new(seen.customer.clone()))),
        (Collection::Channels(owner), Answer::Channels(seen.channels.clone().into())),
        (Collection::Teams, Answer::Teams(teams.into())),
    ];
    for TeamContents { team, members, invitations, services, channels } in &seen.teams {
        let id = team.id.clone();
        reads.push((Collection::Members(id.clone()), Answer::Members(members.clone().into())));
        reads.push((Collection::Invitations(id.clone()), Answer::Invitations(invitations.clone().into())));
        reads.push((Collection::Services(id.clone()), Answer::Services(services.clone().unwrap_or_default().into())));
        reads.push((Collection::Channels(ChannelOwner::Team(id)), Answer::Channels(channels.clone().into())));
    }
    inventory_of(reads)
}

/// What must not be shown, where a strategy must show it: a failing case is found again by its seed.
struct Hidden<T>(T);

impl<T> std::fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

fn channels() -> impl Strategy<Value = Hidden<Vec<Channel>>> {
    let address = prop_oneof![
        Just(("webhook", "https://example.com/a")),
        Just(("webhook", "http://not-https.example.com")),
        Just(("email", "Ops@Example.com")),
        Just(("sms", "+994551234567")),
        Just(("Odd Type", "x")),
        Just(("push-notification", "device 7")),
    ];
    let truth = prop::option::of(any::<bool>());
    prop::collection::btree_map(address, (truth.clone(), truth), 0..4).prop_map(|all| {
        let all = all.into_iter().zip(1_i64..);
        let channel = |(((type_, value), (enabled, verified)), priority): (((&str, &str), _), _)| {
            Channel::new(type_, Sensitive::new(value), priority, enabled, verified)
        };
        Hidden(all.map(channel).collect())
    })
}

fn team(place: usize) -> impl Strategy<Value = Hidden<TeamContents>> {
    let member = ("[a-f]@x\\.org", prop_oneof!["user", "manager", "root", "guest"]);
    let invitation = ("[a-k]@x\\.org", any::<bool>());
    let services = prop::collection::vec("[a-c]{0,2}", 0..4);
    let people = (prop::collection::vec(member, 0..4), prop::collection::vec(invitation, 0..4));
    ("[A-C ]{0,2}", people, services, channels()).prop_map(
        move |(name, (members, invitations), services, Hidden(channels))| {
            let id = TeamId::parse(&format!("team-{place}")).unwrap();
            let members = members.into_iter().map(|(email, role)| ObservedMember {
                id: CustomerId::parse(&format!("c-{}", email.get(..1).unwrap())).unwrap(),
                email,
                role: MemberRole::parse(&role),
            });
            let answer = |pending| if pending { InvitationAnswer::Pending } else { InvitationAnswer::Declined };
            let invitations = invitations.into_iter().map(|(email, pending)| Invitation {
                address: email.clone(),
                email,
                answer: answer(pending),
                reminded: None,
            });
            let services =
                services.into_iter().enumerate().map(|(i, name)| service(&format!("s-{place}-{i}"), name, None));
            let team = ObservedTeam { id, settings: TeamSettings { name }, member_count: None, created: None };
            let members: BTreeMap<_, _> = members.map(|member| (member.email.clone(), member)).collect();
            let invitations: BTreeMap<_, _> = invitations.map(|one| (one.email.clone(), one)).collect();
            let (members, invitations) = (members.into_values().collect(), invitations.into_values().collect());
            Hidden(TeamContents { team, members, invitations, services: Some(services.collect()), channels })
        },
    )
}

fn customer() -> impl Strategy<Value = Hidden<ObservedCustomer>> {
    let name = prop::option::of("[A-Z][a-z]{0,4}");
    (prop::option::of("[a-f]@x\\.org"), name.clone(), name).prop_map(|(email, name, surname)| {
        Hidden(ObservedCustomer {
            id: CustomerId::parse("c-owner").unwrap(),
            account_name: None,
            email,
            name,
            surname,
            full_name: None,
            team: OwnTeam::Nowhere,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn planning_the_export_of_any_organisation_finds_nothing_to_do(
        customer in customer(), channels in channels(), teams in (team(0), team(1), team(2)), orphan in any::<bool>(),
    ) {
        let teams = vec![teams.0.0, teams.1.0, teams.2.0];
        let seen = PinghomeAccount { customer: customer.0, channels: channels.0, teams };
        let policy = if orphan { DeletionArg::Orphan } else { DeletionArg::Delete };
        plan_all(&DEFINITIONS.with(|all| pinghome::manifests(&seen, policy, all)), &holds(&seen));
    }

    #[test]
    fn planning_the_export_of_any_accounts_finds_nothing_to_do(
        switches in prop::collection::vec((any::<bool>(), any::<bool>(), prop::option::of(any::<bool>())), 1..5),
        zone in prop_oneof!["-7.0", "5.5", "0", "14.0", "late", "99"], place in prop_oneof!["eur", "nam", "mars"],
        status in prop_oneof!["Active", "suspend", "Delete", "Odd"],
    ) {
        let seen: Vec<_> = switches.into_iter().enumerate().map(|(i, (mail, quiet, diag))| {
            let id = AccountId::parse(&format!("A{i}")).unwrap();
            let (name, primary) = ("Acme".to_owned(), i == 0);
            let entry = AccountEntry {
                id: id.clone(), name: name.clone(), status: None, checks: None, primary, deleting: false,
            };
            let detail = AccountDetail {
                id, name: Some(name), created: None, status: Some(NodePingStatus::parse(&status)).filter(|_| !primary),
                timezone: Some(zone.clone()), location: Some(place.clone()), email_me: mail, suppressed: quiet, auto_diag: diag,
            };
            NodePingAccount { entry, detail: Some(detail) }
        }).collect();
        let mut reads = vec![(Collection::Accounts, Answer::Accounts(seen.iter().map(|one| one.entry.clone()).collect::<Vec<_>>().into()))];
        reads.extend(seen.iter().map(|one| {
            (Collection::Account(one.entry.id.clone()), Answer::Account(one.detail.clone().map(Box::new)))
        }));
        let output = DEFINITIONS.with(|all| nodeping::manifests(&seen, DeletionArg::Orphan, all));
        plan_all(&output, &inventory_of(reads));
        prop_assert_eq!(output.manifests.len() + output.left_out.len(), seen.len());
    }

    #[test]
    fn names_are_dns_labels_and_each_is_given_once(words in prop::collection::vec("\\PC{0,60}", 0..20)) {
        let mut names = ResourceNames::default();
        let given: Vec<_> = words.iter().map(|words| names.allocate(words, "team")).collect();
        let unique: std::collections::BTreeSet<_> = given.iter().collect();
        prop_assert_eq!(unique.len(), given.len());
        for name in given {
            let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            prop_assert!(name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-') && name.bytes().all(fine), "{name}");
        }
    }
}

#[test]
fn an_export_says_ids_and_references_and_no_default() {
    let team = ObservedTeam {
        id: TeamId::parse("t-1").unwrap(),
        settings: TeamSettings { name: "Web & Co".to_owned() },
        member_count: None,
        created: None,
    };
    let service = service("s-1", "shop".to_owned(), Some(2));
    let hook = Channel::new("webhook", Sensitive::new("https://example.com/a"), 3, Some(true), Some(false));
    let id = CustomerId::parse("c-1").unwrap();
    let customer = ObservedCustomer {
        id,
        account_name: None,
        email: None,
        name: None,
        surname: None,
        full_name: None,
        team: OwnTeam::Nowhere,
    };
    let seen = TeamContents {
        team,
        members: vec![],
        invitations: vec![],
        services: Some(vec![service]),
        channels: vec![hook],
    };
    let output = DEFINITIONS.with(|all| {
        pinghome::manifests(
            &PinghomeAccount { customer, channels: vec![], teams: vec![seen] },
            DeletionArg::Delete,
            all,
        )
    });
    let written: Vec<_> = output.manifests.iter().map(|manifest| manifest.value(Some("org"))).collect();
    let head = |kind: &str, name: &str, id: Option<&str>| {
        let mut metadata = json!({ "name": name, "namespace": "org" });
        if let Some(id) = id {
            metadata["annotations"] = json!({ "ping-operator.dev/external-id": id });
        }
        json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": kind, "metadata": metadata })
    };
    let whole = |mut head: serde_json::Value, spec: serde_json::Value| {
        head["spec"] = spec;
        head
    };
    let reference = json!({ "name": "web-co" });
    let channel = json!({ "owner": { "teamRef": reference }, "type": "webhook", "value": "https://example.com/a" });
    let expected = [
        whole(head("Customer", "owner", Some("c-1")), json!({})),
        whole(head("Team", "web-co", Some("t-1")), json!({ "name": "Web & Co" })),
        whole(head("Service", "shop", Some("s-1")), json!({ "name": "shop", "teamRef": reference })),
        whole(head("NotificationChannel", "web-co-webhook", None), channel),
    ];
    assert_eq!(written, expected);
}

fn service(id: &str, name: String, resources: Option<i64>) -> ObservedService {
    let (id, settings) = (ServiceId::parse(id).unwrap(), ServiceSettings { name });
    ObservedService { id, settings, resources, heartbeats: None, is_assumed: false }
}
