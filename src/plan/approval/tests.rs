//! What an approval is for: no call but those that it names, and those once.

use std::collections::BTreeSet;

use super::*;
use crate::api::approval::is_plan_hash;
use crate::api::kinds::Kind;
use crate::api::resource_key::ResourceKey;
use crate::plan::step::{Change, Creation};
use crate::plan::tests::at;
use crate::provider::model::ids::{CustomerId, ServiceId, TeamId};
use crate::provider::model::sensitive::Sensitive;
use crate::provider::model::service::ServiceSettings;
use crate::provider::model::team::TeamSettings;
use crate::provider::pinghome::call::PinghomeCall;

fn team() -> TeamId {
    TeamId::parse("t1").unwrap()
}

fn remove(person: &str) -> Step {
    let call = PinghomeCall::RemoveMember { team: team(), member: CustomerId::parse(person).unwrap() };
    Step::update(call, vec![Change::of("members", person, "(nobody)")])
}

fn rename() -> Step {
    let call = PinghomeCall::RenameTeam { team: team(), settings: TeamSettings { name: "B".to_owned() } };
    Step::update(call, vec![Change::of("name", "A", "B")])
}

fn plan(steps: Vec<Step>) -> Plan<()> {
    Plan { steps, ..Plan::known("t1", (), State::Available) }
}

/// One resource, and what status and annotation say of approvals.
struct Resource {
    key: ResourceKey,
    known_id: &'static str,
    annotation: Option<String>,
    /// The list of its config.
    listed: BTreeSet<String>,
    is_unreadable: bool,
    recorded: Option<Box<ApprovedPlan>>,
}

impl Resource {
    fn new() -> Self {
        let key = ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: "t".to_owned() };
        Self { key, known_id: "t1", annotation: None, listed: BTreeSet::new(), is_unreadable: false, recorded: None }
    }

    /// What may be done of a plan; status then says what the plan says.
    fn visit(&mut self, plan: Plan<()>) -> Plan<()> {
        let subject = ApprovalSubject { key: &self.key, spec: "", is_deleted: false, known_id: Some(self.known_id) };
        let given =
            Given { own: self.annotation.as_deref(), of_config: &self.listed, is_unreadable: self.is_unreadable };
        let plan = hold_unapproved(plan, &ApprovalInputs { subject, given, recorded: self.recorded.as_deref() });
        self.recorded = plan.approval.approved.clone();
        plan
    }

    /// How many steps may be made.
    fn made(&mut self, steps: Vec<Step>) -> usize {
        self.visit(plan(steps)).steps.len()
    }

    /// The hash that is asked for.
    fn asked(&mut self, steps: Vec<Step>) -> String {
        let plan = self.visit(plan(steps));
        assert!(matches!(plan.state, State::Stalled { reason: Reason::ApprovalRequired, .. }), "{:?}", plan.state);
        plan.approval.pending.unwrap().hash
    }
}

#[test]
fn what_needs_no_approval_goes_on_and_the_rest_is_told_in_words() {
    let mut resource = Resource::new();
    let held = resource.visit(plan(vec![rename(), remove("c1")]));
    assert_eq!(held.steps.iter().map(|step| step.call.operation()).collect::<Vec<_>>(), ["rename team"]);
    let pending = held.approval.pending.unwrap();
    assert_eq!(pending.calls, ["remove c1 from Team t"]);
    assert!(is_plan_hash(&pending.hash), "{}", pending.hash);
    assert_eq!(resource.made(vec![rename()]), 1);
}

#[test]
fn an_approval_is_for_the_calls_that_it_names_one_after_the_other_and_for_no_others() {
    let mut resource = Resource::new();
    resource.annotation = Some(resource.asked(vec![remove("c1"), remove("c2")]));
    let taken = resource.visit(plan(vec![remove("c1"), remove("c2")]));
    assert!(taken.approval.is_taken_now && taken.steps.len() == 2);
    assert_eq!(resource.made(vec![remove("c1"), remove("c2")]), 2);
    // The first is done.
    assert_eq!(resource.made(vec![remove("c2")]), 1);
    assert_eq!(resource.made(vec![remove("c2"), remove("c3")]), 1);
    assert_eq!(resource.made(vec![remove("c3")]), 0);
    // It is back, and was approved once.
    assert_eq!(resource.made(vec![remove("c1")]), 0);
}

#[test]
fn the_hash_is_the_same_in_any_order_and_another_one_for_another_set_or_resource() {
    let mut resource = Resource::new();
    let both = resource.asked(vec![remove("c1"), remove("c2"), rename()]);
    assert_eq!(both, resource.asked(vec![remove("c2"), remove("c1")]));
    assert_ne!(both, resource.asked(vec![remove("c1")]));
    let mut other = Resource::new();
    other.key.name = "u".to_owned();
    assert_ne!(both, other.asked(vec![remove("c1"), remove("c2")]));
    resource.annotation = Some(both);
    assert_eq!(resource.made(vec![remove("c1")]), 0);
    assert_eq!(resource.made(vec![remove("c1"), remove("c2"), remove("c3")]), 0);
}

#[test]
fn a_hash_that_was_used_approves_nothing_again_and_another_one_is_asked_for() {
    let mut resource = Resource::new();
    let first = resource.asked(vec![remove("c1")]);
    resource.annotation = Some(first.clone());
    assert_eq!(resource.made(vec![remove("c1")]), 1);
    assert_eq!(resource.made(Vec::new()), 0);
    assert_eq!(resource.made(vec![remove("c1")]), 0);
    let second = resource.asked(vec![remove("c1")]);
    assert_ne!(first, second);
    resource.annotation = Some(second.clone());
    assert_eq!(resource.made(vec![remove("c1")]), 1);
    assert_eq!(resource.made(Vec::new()), 0);
    assert_ne!(second, resource.asked(vec![remove("c1")]));
}

#[test]
fn a_config_approves_plans_of_several_resources_and_each_hash_is_for_one() {
    let (mut resource, mut other) = (Resource::new(), Resource::new());
    other.key.name = "u".to_owned();
    let mut namesake = Resource::new();
    namesake.key.namespace = "m".to_owned();
    let hashes = [resource.asked(vec![remove("c1")]), other.asked(vec![remove("c2")])];
    resource.listed = hashes.into();
    (other.listed, namesake.listed) = (resource.listed.clone(), resource.listed.clone());
    assert_eq!(resource.made(vec![remove("c1")]), 1);
    assert_eq!(namesake.made(vec![remove("c1")]), 0, "the hash names the namespace");
    assert_eq!(other.made(vec![remove("c1")]), 0);
    assert_eq!(other.made(vec![remove("c2")]), 1);
    // Taken back.
    other.listed.clear();
    assert_eq!(other.made(vec![remove("c2")]), 0);
}

#[test]
fn hashes_that_were_used_and_stay_in_the_list_approve_nothing_again_whatever_is_approved_meanwhile() {
    let mut resource = Resource::new();
    let mut seen = BTreeSet::new();
    for round in 0..6 {
        for person in ["c1", "c2"] {
            let hash = resource.asked(vec![remove(person)]);
            assert!(seen.insert(hash.clone()), "round {round}: {person} is asked for with a used hash");
            resource.listed.insert(hash);
            assert_eq!(resource.made(vec![remove(person)]), 1);
            assert_eq!(resource.made(Vec::new()), 0);
        }
    }
    assert_eq!(resource.recorded.as_ref().map(|approved| approved.used.len()), Some(11));
    // What nobody can use any more is not remembered.
    resource.listed.clear();
    assert_eq!(resource.made(Vec::new()), 0);
    assert_eq!(resource.recorded.as_ref().map(|approved| approved.used.len()), Some(0));
}

#[test]
fn a_list_that_cannot_be_read_for_a_while_approves_nothing_and_forgets_no_used_hash() {
    let mut resource = Resource::new();
    for person in ["c1", "c2"] {
        let hash = resource.asked(vec![remove(person)]);
        resource.listed.insert(hash);
        assert_eq!(resource.made(vec![remove(person)]), 1);
    }
    let listed = std::mem::take(&mut resource.listed);
    resource.is_unreadable = true;
    assert_eq!(resource.made(vec![remove("c1")]), 0);
    resource.annotation = Some(resource.asked(vec![remove("c3")]));
    assert_eq!(resource.made(vec![remove("c3")]), 1);
    (resource.listed, resource.is_unreadable) = (listed, false);
    assert_eq!((resource.made(vec![remove("c1")]), resource.made(vec![remove("c2")])), (0, 0));
}

#[test]
fn a_used_annotation_approves_nothing_again_after_the_list_approved_something_else() {
    let mut resource = Resource::new();
    resource.annotation = Some(resource.asked(vec![remove("c1")]));
    assert_eq!(resource.made(vec![remove("c1")]), 1);
    let listed = resource.asked(vec![remove("c2")]);
    resource.listed.insert(listed);
    assert_eq!(resource.made(vec![remove("c2")]), 1);
    assert_eq!(resource.made(Vec::new()), 0);
    assert_eq!(resource.made(vec![remove("c1")]), 0);
}

#[test]
fn a_list_that_is_never_tidied_up_approves_nothing_more_instead_of_forgetting_what_was_used() {
    let mut resource = Resource::new();
    let hashes: BTreeSet<_> = (0..=MOST_USED).map(|number| format!("{number:064}")).collect();
    let used = hashes.iter().take(MOST_USED).map(|hash| print_of(hash)).collect();
    let hash = hashes.last().cloned().unwrap_or_default();
    (resource.recorded, resource.listed) = (Some(Box::new(ApprovedPlan { hash, open: Vec::new(), used })), hashes);
    let asked = resource.asked(vec![remove("c1")]);
    resource.listed.insert(asked);
    assert_eq!(resource.made(vec![remove("c1")]), 0);
    resource.listed.pop_first();
    assert_eq!(resource.made(vec![remove("c1")]), 1);
    assert_eq!(resource.recorded.as_ref().map(|approved| approved.used.len()), Some(MOST_USED));
}

#[test]
fn an_approval_ends_when_its_annotation_goes() {
    let mut resource = Resource::new();
    resource.annotation = Some(resource.asked(vec![remove("c1"), remove("c2")]));
    assert_eq!(resource.made(vec![remove("c1"), remove("c2")]), 2);
    let taken = resource.annotation.take();
    assert_eq!(resource.made(vec![remove("c2")]), 0);
    resource.annotation = taken;
    assert_eq!(resource.made(vec![remove("c2")]), 1);
}

#[test]
fn a_call_whose_answer_was_lost_is_still_approved_when_it_comes_back() {
    let mut resource = Resource::new();
    resource.annotation = Some(resource.asked(vec![remove("c1")]));
    assert_eq!(resource.made(vec![remove("c1")]), 1);
    let awaiting = State::waiting(Reason::ResolvingCreate, "a list shows it", at(9));
    resource.visit(Plan { state: awaiting, ..plan(Vec::new()) });
    resource.visit(Plan { is_partial: true, ..plan(Vec::new()) });
    assert_eq!(resource.made(vec![remove("c1")]), 1);
}

#[test]
fn nothing_is_asked_or_approved_while_a_change_may_not_be_seen_as_a_whole() {
    let mut resource = Resource::new();
    resource.annotation = Some(resource.asked(vec![remove("c1")]));
    let awaiting = State::waiting(Reason::Progressing, "other Teams", at(9));
    let settling = Plan { is_settling: true, state: awaiting.clone(), ..plan(vec![remove("c1"), rename()]) };
    let held = resource.visit(settling);
    assert_eq!((held.steps.len(), held.state, held.approval.pending), (1, awaiting, None));
    assert_eq!(resource.made(vec![remove("c1")]), 1);
}

#[test]
fn one_approval_is_for_the_deletion_and_the_create_of_what_is_made_again() {
    let (mut resource, service) = (Resource::new(), ServiceId::parse("s1").unwrap());
    resource.known_id = "s1";
    let delete = Step::new(PinghomeCall::DeleteService { service }, Why::Delete);
    let creation = Creation { ids: BTreeSet::new(), name: "a".to_owned(), team: None };
    let settings = ServiceSettings { name: "a".to_owned() };
    let create = Step::new(PinghomeCall::CreateService { team: team(), settings }, Why::Create(creation));
    assert_eq!(resource.made(vec![create.clone()]), 0);
    resource.annotation = Some(resource.asked(vec![delete.clone()]));
    assert_eq!(resource.made(vec![delete]), 1);
    let awaiting = State::waiting(Reason::Recreating, "lists", at(9));
    resource.visit(Plan { state: awaiting, ..plan(Vec::new()) });
    assert_eq!(resource.made(vec![create]), 1);
}

#[test]
fn an_invitation_is_approved_with_its_role() {
    let invite = |role: &str| {
        let channel_value = Sensitive::new("Ada@example.com");
        let call = PinghomeCall::Invite { team: team(), channel_value, channel_type: "email".to_owned() };
        let change = Change::of("members", "(nobody)", "Ada@example.com (invitation)");
        Step::notify(call, "k".to_owned(), change).detailed(role.to_owned())
    };
    let mut resource = Resource::new();
    assert_ne!(resource.asked(vec![invite("user/0")]), resource.asked(vec![invite("manager/0")]));
}

#[test]
fn a_status_names_the_first_calls_and_counts_the_others() {
    let mut resource = Resource::new();
    let many: Vec<_> = (0..1200).map(|number| remove(&format!("c{number}"))).collect();
    let pending = resource.visit(plan(many.clone())).approval.pending.unwrap();
    assert_eq!((pending.calls.len(), pending.calls.last().map(String::as_str)), (101, Some("and 1100 more")));
    resource.annotation = Some(pending.hash);
    // One approval is for no more than status can record.
    assert_eq!(resource.made(many.clone()), MOST_APPROVED);
    assert_eq!(resource.recorded.as_ref().map(|approved| approved.open.len()), Some(MOST_APPROVED));
}

#[test]
fn what_did_not_converge_is_told_on_beside_what_waits_and_once() {
    let mut resource = Resource::new();
    let said = "`name` remains";
    let told = |resource: &mut Resource, message: &str| {
        let state = State::stalled(Reason::NotConverging, message);
        match resource.visit(Plan { state, ..plan(vec![remove("c1")]) }).state {
            State::Stalled { reason: Reason::NotConverging, message } => message,
            other => panic!("{other:?}"),
        }
    };
    let first = told(&mut resource, said);
    assert!(first.starts_with(said) && first.contains("1 call waits for an approval"), "{first}");
    assert_eq!(told(&mut resource, &first), first);
}
