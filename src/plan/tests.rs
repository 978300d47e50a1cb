//! Laws of planning: what a plan does is done once, whatever the start was.

pub(crate) mod bounds;
pub(crate) mod channels;
pub(crate) mod dry_run;
pub(crate) mod explorer;
pub(crate) mod identity;
pub(crate) mod membership;
pub(crate) mod membership_case;
pub(crate) mod other_account;
pub(crate) mod outcomes;
pub(crate) mod people;
pub(crate) mod services;
pub(crate) mod sub_account;
pub(crate) mod username;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use crate::api::account::Account;
use crate::api::annotations::{Annotations, CreateTries};
use crate::api::notification_channel::NotificationChannel;
use crate::api::reason::Reason;
use crate::api::service::Service;
use crate::api::sub_account::SubAccount;
use crate::api::team::Team;
use crate::inventory::Inventory;
use crate::inventory::collection::Need;
use crate::plan::attempts::Attempts;
use crate::plan::context::{Claimant, PlanContext};
use crate::plan::managed::Managed;
use crate::plan::references::ResolvedRefs;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::Why;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::model::ids::TeamId;
use crate::provider::nodeping::call::NodePingCall;
use crate::provider::pinghome::call::PinghomeCall;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

const TEAM: &str = "00000000-0000-4000-8000-000000000001";

/// A provider that does what it is asked, as bodies that the wire's readers read.
struct ProviderStub {
    /// Answers to reads, by operation.
    lists: BTreeMap<&'static str, serde_json::Value>,
    made: u32,
    /// The accounts that were made, by id.
    accounts: BTreeMap<String, serde_json::Value>,
}

impl ProviderStub {
    fn new(lists: BTreeMap<&'static str, serde_json::Value>) -> Self {
        Self { lists, made: 0, accounts: BTreeMap::new() }
    }

    fn account(&self, id: &str) -> serde_json::Value {
        self.accounts.get(id).or(self.lists.get("read account")).cloned().unwrap_or_default()
    }

    fn answer(&mut self, call: &Call) -> Answer {
        let body = match call {
            Call::Pinghome(PinghomeCall::CreateTeam { .. } | PinghomeCall::CreateService { .. }) => {
                self.made += 1;
                json!({ "id": format!("made-{}", self.made) })
            }
            Call::NodePing(NodePingCall::CreateAccount(new)) => {
                self.made += 1;
                let (id, locations) = (format!("MADE{}", self.made), [&new.location]);
                let account = json!({
                    "_id": id, "customer_name": new.name, "status": "Active",
                    "timezone": new.timezone, "defaultlocations": locations, "emailme": new.email_me,
                });
                self.accounts.insert(id, account.clone());
                account
            }
            Call::NodePing(NodePingCall::ReadAccount { account }) if self.accounts.contains_key(account.as_str()) => {
                self.accounts[account.as_str()].clone()
            }
            Call::NodePing(NodePingCall::DeleteAccount { .. }) => {
                json!({ "success": "queued" })
            }
            Call::NodePing(NodePingCall::UpdateAccount { account, settings }) => {
                let mut body = self.account(account.as_str());
                body["emailme"] = json!(settings.email_me);
                self.accounts.insert(account.to_string(), body.clone());
                body
            }
            Call::NodePing(NodePingCall::SuppressNotifications { account, .. }) => self.account(account.as_str()),
            read => self.lists.get(read.operation()).cloned().unwrap_or(json!({ "message": "done" })),
        };
        call.answer(200, body.to_string().as_bytes()).ok().unwrap()
    }
}

/// Plans and does what is planned until nothing is left; returns the operations and the last state.
fn converge<T: Managed>(
    resource: &T,
    provider: &mut ProviderStub,
    inventory: &mut Inventory,
) -> (Vec<&'static str>, Plan<T::Facts>) {
    let mut refs = ResolvedRefs::default();
    refs.teams.insert("platform".to_owned(), TeamId::parse(TEAM).unwrap());
    let resolved = resource.resolve(&refs).ok().unwrap();
    let (mut annotations, mut known_id, mut done) = (Annotations::default(), None::<String>, Vec::new());
    let attempts = Attempts::default();
    for now in (0..50).map(at) {
        let context = PlanContext {
            locked_at: Some(at(0)),
            read_lag: inventory.read_lag(),
            known_id: known_id.as_deref(),
            ..PlanContext::alone(now, &annotations, &attempts, inventory)
        };
        let plan = match resource.plan(&resolved, &context) {
            Err(Need { collection, .. }) => {
                let call = collection.call();
                let answer = provider.answer(&call);
                inventory.record(&call, &answer, now);
                continue;
            }
            Ok(plan) => plan,
        };
        let Some(step) = plan.steps.first().cloned() else {
            // It is planned again when what it waits for may be there.
            if plan.state.until().is_some_and(|until| until < at(50)) {
                continue;
            }
            return (done, plan);
        };
        done.push(step.call.operation());
        let answer = provider.answer(&step.call);
        if let Why::Create(creation) = &step.why {
            let (nonce, tries) = ("n".to_owned(), CreateTries { generation: 0, count: 1 });
            annotations.intent = Some(creation.record(nonce, now, tries, known_id.as_deref()));
            known_id = made(&answer);
        }
        inventory.record(&step.call, &answer, now);
    }
    panic!("no end: {done:?}");
}

fn made(answer: &Answer) -> Option<String> {
    match answer {
        Answer::CreatedTeam(team) => Some(team.id.to_string()),
        Answer::Created(id) => id.clone(),
        Answer::Account(detail) => detail.as_ref().map(|detail| detail.id.to_string()),
        _ => None,
    }
}

fn resource<T: Managed>(kind: &str, spec: &serde_json::Value) -> T {
    let whole = json!({
        "apiVersion": "ping-operator.dev/v1alpha1", "kind": kind, "metadata": { "name": "x", "namespace": "y" }, "spec": spec,
    });
    serde_json::from_value(whole).unwrap()
}

fn inventory() -> Inventory {
    let mut inventory = Inventory::default();
    inventory.set_read_lag(SignedDuration::from_hours(1));
    inventory
}

/// The law: after a plan was done and recorded, planning again finds nothing to do.
fn converges_to_available<T: Managed>(
    resource: &T,
    lists: BTreeMap<&'static str, serde_json::Value>,
) -> Vec<&'static str> {
    let (mut provider, mut inventory) = (ProviderStub::new(lists), inventory());
    let (done, plan) = converge(resource, &mut provider, &mut inventory);
    assert_eq!(plan.state, State::Available, "{done:?}");
    assert!(plan.external_id.is_some());
    done
}

proptest! {
    #[test]
    fn a_team_settles_by_one_create_whatever_else_there_is(name in "[A-Z][a-z]{0,8}", others in prop::collection::vec("[A-Z][a-z]{9,12}", 0..8)) {
        let items: Vec<_> = others.iter().enumerate().map(|(i, name)| json!({"team_id": format!("t{i}"), "name": name})).collect();
        let team: Team = resource("Team", &json!({"name": name}));
        prop_assert_eq!(converges_to_available(&team, BTreeMap::from([("list teams", json!(items))])), ["create team"]);
    }

    #[test]
    fn an_adopted_team_settles_without_a_call(name in "[A-Z][a-z]{0,8}") {
        let team: Team = resource("Team", &json!({"name": name, "adoptionPolicy": "IfUnique"}));
        let lists = BTreeMap::from([("list teams", json!([{"team_id": "t1", "name": name}]))]);
        prop_assert_eq!(converges_to_available(&team, lists), Vec::<&str>::new());
    }

    #[test]
    fn a_service_settles_by_one_create(name in "[a-z]{1,9}") {
        let service: Service = resource("Service", &json!({"name": name, "teamRef": {"name": "platform"}}));
        prop_assert_eq!(converges_to_available(&service, BTreeMap::from([("list services", json!([]))])), ["create service"]);
    }

    #[test]
    fn a_channel_settles_by_a_create_or_by_its_switch(there in any::<bool>(), shown in any::<bool>(), on in any::<bool>(), wanted in any::<bool>()) {
        let mut item = json!({"type": "webhook", "value": "https://x", "priority": 7, "verified": false});
        if shown {
            item["enabled"] = json!(on);
        }
        let items = if there { json!([item]) } else { json!([]) };
        let channel: NotificationChannel = resource("NotificationChannel", &json!({
            "owner": {"teamRef": {"name": "platform"}}, "type": "webhook", "value": "https://x", "enabled": wanted,
        }));
        let is_on = !there || !shown || on;
        let mut expected = if there { vec![] } else { vec!["create notification channel"] };
        if is_on != wanted {
            expected.push(if wanted { "enable notification channel" } else { "disable notification channel" });
        }
        // A list that never shows the new channel keeps positional calls waiting: only the create is seen then.
        if there || is_on == wanted {
            prop_assert_eq!(converges_to_available(&channel, BTreeMap::from([("list notification channels", items)])), expected);
        }
    }

    #[test]
    fn a_sub_account_settles_by_one_put_with_everything_and_one_for_suppression(
        name in "[A-Z][a-z]{0,8}", zone in -12_i32..=14, mail in any::<bool>(), diag in any::<bool>(), quiet in any::<bool>(), adopted in any::<bool>(),
    ) {
        let spec = json!({
            "name": name, "contactName": "Joe", "email": "joe@example.com", "timezone": zone.to_string(), "location": "eur",
            "emailMe": mail, "autoDiagNotifications": diag, "suppressNotifications": quiet, "adoptionPolicy": "IfUnique",
        });
        let mut accounts = json!({ "P1": { "name": "Primary", "status": "Active", "count": 1, "parent": 1 } });
        if adopted {
            accounts["A1"] = json!({ "name": name, "status": "Active", "count": 0 });
        }
        let detail = json!({ "_id": "A1", "customer_name": name, "status": "Active", "timezone": "0.0", "defaultlocations": ["nam"] });
        let lists = BTreeMap::from([("list accounts", accounts), ("read account", detail)]);
        let mut expected = if adopted { vec![] } else { vec!["create sub-account"] };
        if adopted || diag {
            expected.push("update account");
        }
        if quiet {
            expected.push("suppress notifications");
        }
        let account: SubAccount = resource("SubAccount", &spec);
        prop_assert_eq!(converges_to_available(&account, lists), expected);
    }
}

#[test]
fn an_account_remembers_what_is_never_shown_while_another_resource_has_its_claim() {
    let mut account: Account = resource("Account", &json!({}));
    account.status = serde_json::from_value(json!({ "sentAutoDiagNotifications": true })).unwrap();
    let mut inventory = inventory();
    let list = Call::from(NodePingCall::ListAccounts);
    let answer = list.answer(200, br#"{"P1": {"name": "Primary", "parent": 0}}"#).ok().unwrap();
    inventory.record(&list, &answer, at(0));
    let (annotations, attempts) = (Annotations::default(), Attempts::default());
    let context = PlanContext {
        known_id: Some("P1"),
        claimed_by: &|_| Some(Claimant { name: "y/older".to_owned(), wins: true, is_living: true, is_heir: false }),
        ..PlanContext::alone(at(1), &annotations, &attempts, &inventory)
    };
    let plan = account.plan(&(), &context).ok().unwrap().retain_recorded(context.known_id, || account.recorded_facts());
    assert!(matches!(plan.state, State::Stalled { reason: Reason::Conflict, .. }), "{:?}", plan.state);
    assert_eq!(plan.facts.sent_auto_diag_notifications, Some(true));
}
