//! One case of the table of membership: one person, and what the lists and status say of them.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::annotations::{AllowDeletion, Annotations};
use crate::api::team::members::MemberState;
use crate::api::team::{Team, TeamFacts};
use crate::inventory::Inventory;
use crate::inventory::collection::Collection;
use crate::plan::attempts::Attempts;
use crate::plan::context::PlanContext;
use crate::plan::managed::Managed;
use crate::plan::mention::OtherMention;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::tests::at;
use crate::provider::model::ids::TeamId;

pub(crate) const HOME: &str = "00000000-0000-4000-8000-000000000001";

pub(crate) const AWAY: &str = "00000000-0000-4000-8000-000000000002";

/// One person's case; the person is `p@x`.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) policy: &'static str,
    /// The role of the person in the team's list of members.
    pub(crate) member: Option<&'static str>,
    /// The answer in the list of invitations.
    pub(crate) invitation: Option<&'static str>,
    /// The state in status, and the role that was asked for then.
    pub(crate) before: Option<(MemberState, Option<&'static str>)>,
    /// The entry in the spec, with the role that it asks for; empty: none.
    pub(crate) listed: Option<&'static str>,
    pub(crate) others: Vec<OtherMention>,
    /// The role of the person in the other team's list of members.
    pub(crate) away: Option<&'static str>,
    /// Whether the spec has just changed.
    pub(crate) is_young: bool,
    /// The role of the only other member besides root, who is listed.
    pub(crate) boss: &'static str,
    /// The role that the spec asks for that member.
    pub(crate) boss_role: Option<&'static str>,
    /// An invitation is recorded at this second, and unconfirmed.
    pub(crate) known_id: Option<i64>,
    /// Whether the resource has just taken the team over.
    pub(crate) is_first: bool,
    /// Whether `allow-deletion` is `true`.
    pub(crate) allowed: bool,
}

impl Default for Case {
    fn default() -> Self {
        let (policy, others) = ("Managed", Vec::new());
        Self {
            policy,
            member: None,
            invitation: None,
            before: None,
            listed: None,
            others,
            away: None,
            is_young: false,
            boss: "manager",
            boss_role: None,
            known_id: None,
            is_first: false,
            allowed: false,
        }
    }
}

impl Case {
    fn team(&self) -> Team {
        let role = |role: Option<&str>| role.map_or(Value::Null, |role| json!(role));
        let mut members = vec![json!({"email": "boss@x", "role": role(self.boss_role)})];
        if self.boss_role.is_none() {
            members[0].as_object_mut().unwrap().remove("role");
        }
        members.extend(self.listed.map(|wanted| match wanted {
            "" => json!({"email": "P@x"}),
            role => json!({"email": "P@x", "role": role}),
        }));
        let mut known = vec![json!({"email": "boss@x", "state": "Active", "reminders": 0})];
        known.extend(self.before.map(|(state, asked)| {
            let mut entry =
                json!({"email": "P@x", "state": state, "reminders": 0, "invitedTime": at(0), "askedRole": role(asked)});
            if asked.is_none() {
                entry.as_object_mut().unwrap().remove("askedRole");
            }
            entry
        }));
        known.extend(self.known_id.map(|second| {
            json!({"email": "P@x", "state": "Invited", "reminders": 0, "invitedTime": at(second), "unconfirmed": true})
        }));
        let whole = json!({
            "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "metadata": {"name": "t", "namespace": "n"},
            "spec": {"name": "T", "members": members, "membershipPolicy": self.policy, "invitations": {"remindAfterHours": 1}},
            "status": {"externalId": if self.is_first { AWAY } else { HOME }, "members": known},
        });
        serde_json::from_value(whole).unwrap()
    }

    /// What the provider lists.
    fn lists(&self) -> BTreeMap<&'static str, Value> {
        let mut members = vec![
            json!({"customer_id": "c-own", "email": "own@x", "role": "root"}),
            json!({"customer_id": "c-boss", "email": "boss@x", "role": self.boss}),
        ];
        members.extend(self.member.map(|role| json!({"customer_id": "c-p", "email": "p@x", "role": role})));
        let away = self.away.map(|role| json!({"customer_id": "c-p", "email": "p@x", "role": role}));
        let invited = self.invitation.map(|answer| json!({"channel": "p@x", "status": answer}));
        BTreeMap::from([
            ("list teams", json!([{"team_id": HOME, "name": "T"}])),
            ("read customer", json!({"customer_id": "c-own", "email": "own@x"})),
            ("list members", json!(members)),
            ("list members of the other", json!(away.into_iter().collect::<Vec<_>>())),
            ("list invitations", json!(invited.into_iter().collect::<Vec<_>>())),
        ])
    }

    pub(crate) fn plan(&self, attempts: &Attempts) -> Plan<TeamFacts> {
        let (team, lists) = (self.team(), self.lists());
        let others = self.others.clone();
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(10));
        // Lists have agreed for longer than the lag.
        for second in [0, 3600 * 2] {
            for (collection, operation) in collections() {
                let call = collection.call();
                let answer = call.answer(200, lists[operation].to_string().as_bytes()).ok().unwrap();
                inventory.record(&call, &answer, at(second));
            }
        }
        let allow_deletion = self.allowed.then_some(AllowDeletion::PastGuards);
        let annotations = Annotations { allow_deletion, ..Annotations::default() };
        let context = PlanContext {
            read_lag: SignedDuration::from_secs(10),
            known_id: Some(HOME),
            other_mentions: &move |subject| if subject == "p@x" { others.clone() } else { Vec::new() },
            ..PlanContext::alone(at(3600 * 2), &annotations, attempts, &inventory)
        };
        team.plan(&(), &context).ok().unwrap()
    }

    /// The calls, in order, and the person's state.
    pub(crate) fn row(&self) -> String {
        let mut attempts = Attempts::default();
        attempts.on_generation(1, !self.is_young, at(3600 * 2 - 1), &Annotations::default());
        let plan = self.plan(&attempts);
        let calls: Vec<_> = plan.steps.iter().map(|step| step.call.operation()).collect();
        let members = plan.record().facts.members;
        let person = members.iter().find(|entry| entry.email.eq_ignore_ascii_case("p@x"));
        let state = person.map_or("-".to_owned(), |entry| format!("{:?}", entry.state));
        let word = match plan.state {
            State::Available => "",
            State::Waiting { reason, .. } | State::Stalled { reason, .. } | State::DeletionBlocked { reason, .. } => {
                reason.as_str()
            }
            _ => "?",
        };
        format!("{} {state} {word}", calls.join(", ")).trim().to_owned()
    }
}

pub(crate) fn collections() -> Vec<(Collection, &'static str)> {
    use crate::inventory::collection::Collection as C;
    let id = |text| TeamId::parse(text).unwrap();
    vec![
        (C::Teams, "list teams"),
        (C::Customer, "read customer"),
        (C::Members(id(HOME)), "list members"),
        (C::Members(id(AWAY)), "list members of the other"),
        (C::Invitations(id(HOME)), "list invitations"),
    ]
}

pub(crate) fn other(team: Option<&str>, lists: bool) -> Vec<OtherMention> {
    let (name, external_id) = ("n/other".to_owned(), team.map(str::to_owned));
    vec![OtherMention { name, external_id, is_wanted: lists, role: None, customer_id: None, is_passive: false }]
}
