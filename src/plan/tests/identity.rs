//! Which object is meant: the table of what is recorded × what is listed.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::api::annotations::{Annotations, Intent};
use crate::api::policies::AdoptionPolicy;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::listing::Listing;
use crate::plan::attempts::Attempts;
use crate::plan::context::{Claimant, PlanContext};
use crate::plan::identity::{DeletionTarget, Identity, WantedObject, deletion_target};
use crate::plan::state::State;
use crate::plan::tests::at;
use crate::provider::model::ids::TeamId;
use crate::provider::model::team::{ObservedTeam, TeamSettings};

fn list(ids: &[&str], first: i64, last: i64) -> Listing<ObservedTeam> {
    let team = |id: &&str| ObservedTeam {
        id: TeamId::parse(id).unwrap(),
        settings: TeamSettings { name: "Platform".into() },
        member_count: None,
        created: None,
    };
    let items: Vec<_> = ids.iter().map(team).collect();
    let mut listing = Listing::new(items.clone(), at(first));
    listing.replace(items, at(last));
    listing
}

fn intent(time: i64, ids: &[&str]) -> Annotations {
    let ids: BTreeSet<_> = ids.iter().map(|id| (*id).to_owned()).collect();
    Annotations {
        intent: Some(Intent {
            nonce: "n".into(),
            time: at(time),
            ids,
            replaces: None,
            name: None,
            team: None,
            cluster: None,
            account: None,
            resource: None,
            refused: false,
            other_id: None,
            tries: None,
        }),
        ..Annotations::default()
    }
}

/// A create that is to replace this object.
fn replacing(lost: &str) -> Annotations {
    let mut annotations = intent(500, &[lost]);
    annotations.intent.as_mut().unwrap().replaces = Some(lost.to_owned());
    annotations
}

fn decide(
    annotations: &Annotations,
    known_id: Option<&str>,
    adoption: AdoptionPolicy,
    list: &Listing<ObservedTeam>,
) -> String {
    let (attempts, inventory) = (Attempts::default(), Inventory::default());
    let read_lag = SignedDuration::from_secs(100);
    let context =
        PlanContext { read_lag, known_id, ..PlanContext::alone(at(1000), annotations, &attempts, &inventory) };
    let collection = Collection::Teams;
    word(&WantedObject { label: "team", name: "Platform", adoption, list, collection }.identify(&context))
}

fn word(identity: &Result<Identity<ObservedTeam>, Need>) -> String {
    match identity {
        Ok(Identity::Bound(team)) => format!("bound {}", team.id),
        Ok(Identity::New(ids)) => format!("new, not {}", ids.iter().cloned().collect::<Vec<_>>().join(" ")),
        Ok(Identity::Contradicted(team, _)) => format!("contradicted {}", team.id),
        Err(need) => format!("look {}", need.not_before.as_second() - 1_000_000),
        Ok(Identity::Undetermined(State::Waiting { reason, .. } | State::Stalled { reason, .. })) => reason.to_string(),
        Ok(Identity::Undetermined(_)) => "undetermined".to_owned(),
    }
}

#[test]
fn identity_follows_the_record_before_any_name() {
    let plain = Annotations::default;
    let adopting = |id: &str| Annotations { external_id: Some(id.to_owned()), ..plain() };
    let never = AdoptionPolicy::Never;
    for (what, annotations, known_id, adoption, list, expected) in [
        ("nothing anywhere", plain(), None, never, list(&[], 0, 1000), "new, not "),
        ("an old list proves nothing", plain(), None, never, list(&[], 0, 900), "look 975"),
        ("a taken name", plain(), None, never, list(&["a"], 0, 1000), "NameTaken"),
        ("a unique name", plain(), None, AdoptionPolicy::IfUnique, list(&["a"], 0, 1000), "bound a"),
        ("two of the name", plain(), None, AdoptionPolicy::IfUnique, list(&["a", "b"], 0, 1000), "NameTaken"),
        ("another one wanted", plain(), None, AdoptionPolicy::CreateAnyway, list(&["a"], 0, 1000), "new, not a"),
        ("recorded and listed", plain(), Some("a"), never, list(&["a"], 0, 500), "bound a"),
        ("recorded, and proven gone", plain(), Some("x"), never, list(&[], 0, 1000), "new, not x"),
        ("gone, and the name is taken", plain(), Some("x"), never, list(&["a"], 0, 1000), "NameTaken"),
        (
            "gone, and the name is taken once",
            plain(),
            Some("x"),
            AdoptionPolicy::IfUnique,
            list(&["a"], 0, 1000),
            "bound a",
        ),
        ("another one is named", adopting("a"), Some("b"), never, list(&["a", "b"], 0, 1000), "InvalidPolicy"),
        (
            "another one is named, the recorded one is gone",
            adopting("a"),
            Some("x"),
            never,
            list(&["a"], 0, 1000),
            "bound a",
        ),
        ("recorded, listed too short", plain(), Some("x"), never, list(&["a"], 950, 990), "Recreating"),
        ("annotated and listed", adopting("a"), None, never, list(&["a"], 0, 500), "bound a"),
        ("annotated and unknown", adopting("x"), None, never, list(&["a"], 0, 1000), "ExternalNotFound"),
        ("annotated, the list is old", adopting("x"), None, never, list(&["a"], 0, 500), "look 975"),
        ("a create within the lag", intent(950, &[]), None, never, list(&["a"], 0, 1000), "ResolvingCreate"),
        ("a create, the list is too early", intent(500, &[]), None, never, list(&["a"], 0, 550), "look 625"),
        ("a create that happened", intent(500, &["a"]), None, never, list(&["a", "b"], 0, 700), "bound b"),
        ("a create that did not", intent(500, &["a"]), None, never, list(&["a"], 0, 700), "new, not a"),
        ("a create, and two candidates", intent(500, &[]), None, never, list(&["a", "b"], 0, 700), "AmbiguousCreate"),
    ] {
        assert_eq!(decide(&annotations, known_id, adoption, &list), expected, "{what}");
    }
}

#[test]
fn what_a_create_was_to_replace_counts_again_if_the_create_never_happened_and_it_is_back() {
    for (ids, expected) in [(&["b"][..], "bound b"), (&[], "new, not old"), (&["old"], "bound old")] {
        let list = list(ids, 0, 700);
        assert_eq!(decide(&replacing("old"), Some("old"), AdoptionPolicy::CreateAnyway, &list), expected);
    }
}

#[test]
fn an_object_that_is_older_than_the_create_record_is_not_its_result() {
    for (made, adoption, expected) in [
        (Some(500), AdoptionPolicy::Never, "bound a"),
        // The provider's clock is not the operator's.
        (Some(-3000), AdoptionPolicy::Never, "bound a"),
        (None, AdoptionPolicy::Never, "bound a"),
        (Some(-4000), AdoptionPolicy::Never, "NameTaken"),
        (Some(-4000), AdoptionPolicy::CreateAnyway, "new, not a"),
    ] {
        let mut listed = list(&["a"], 0, 1000);
        let teams: Vec<_> = listed
            .items()
            .cloned()
            .map(|team| ObservedTeam { created: made.map(|made| at(made).to_string()), ..team })
            .collect();
        listed.replace(teams, at(1000));
        assert_eq!(decide(&intent(500, &[]), None, adoption, &listed), expected, "{made:?}");
    }
}

#[test]
fn a_create_record_with_a_refusal_proves_nothing_of_an_object() {
    let mut refused = intent(500, &[]);
    refused.intent.as_mut().unwrap().refused = true;
    let list = list(&["a"], 0, 1000);
    assert_eq!(decide(&refused, None, AdoptionPolicy::Never, &list), "NameTaken");
    let (attempts, inventory) = (Attempts::default(), Inventory::default());
    let context = PlanContext::alone(at(1000), &refused, &attempts, &inventory);
    assert_eq!(deletion_target(&context), DeletionTarget::Nothing);
}

#[test]
fn an_older_claimant_wins_and_a_younger_one_only_keeps_what_it_has() {
    let (annotations, list) = (Annotations::default(), list(&["a"], 0, 1000));
    let unique = AdoptionPolicy::IfUnique;
    for (known_id, wins, adoption, expected) in [
        (Some("a"), true, unique, "Conflict"),
        (Some("a"), false, unique, "bound a"),
        (None, false, unique, "NameTaken"),
        (None, true, unique, "NameTaken"),
        (None, true, AdoptionPolicy::Never, "NameTaken"),
        (None, true, AdoptionPolicy::CreateAnyway, "new, not a"),
    ] {
        let claimant = move |_: &str| Some(Claimant { name: "y/other".into(), wins, is_living: true, is_heir: false });
        let (attempts, inventory) = (Attempts::default(), Inventory::default());
        let read_lag = SignedDuration::from_secs(100);
        let context = PlanContext {
            read_lag,
            known_id,
            claimed_by: &claimant,
            ..PlanContext::alone(at(1000), &annotations, &attempts, &inventory)
        };
        let (list, collection) = (&list, Collection::Teams);
        let wanted = WantedObject { label: "team", name: "Platform", adoption, list, collection };
        assert_eq!(word(&wanted.identify(&context)), expected, "{known_id:?} {wins} {adoption:?}");
    }
}

#[test]
fn a_deletion_asks_for_what_the_create_made_and_for_no_name_of_the_spec() {
    let list = list(&["a"], 0, 700);
    let (attempts, inventory) = (Attempts::default(), Inventory::default());
    for (asked, ids, of_deletion, of_living) in [
        ("Another", vec![], "new, not a", "bound a"),
        ("Platform", vec![], "bound a", "bound a"),
        ("Platform", vec!["a"], "new, not a", "new, not a"),
        (" platform", vec![], "NotConverging", "NotConverging"),
        (" platform", vec!["a"], "new, not a", "bound a"),
    ] {
        let mut annotations = intent(500, &ids);
        annotations.intent.as_mut().unwrap().name = Some(asked.to_owned());
        let context = PlanContext {
            read_lag: SignedDuration::from_secs(100),
            ..PlanContext::alone(at(700), &annotations, &attempts, &inventory)
        };
        let (adoption, list, collection) = (AdoptionPolicy::IfUnique, &list, Collection::Teams);
        let wanted = WantedObject { label: "team", name: "Platform", adoption, list, collection };
        assert_eq!(word(&wanted.result_of_create(&context)), of_deletion, "{asked} {ids:?}");
        assert_eq!(word(&wanted.identify(&context)), of_living, "{asked} {ids:?}");
    }
}

#[test]
fn an_annotation_alone_leads_to_no_deletion() {
    let (attempts, inventory) = (Attempts::default(), Inventory::default());
    let annotations = Annotations { external_id: Some("a".to_owned()), ..Annotations::default() };
    for (known_id, expected) in [(None, DeletionTarget::Nothing), (Some("b"), DeletionTarget::Object("b".to_owned()))] {
        let context = PlanContext { known_id, ..PlanContext::alone(at(0), &annotations, &attempts, &inventory) };
        assert_eq!(deletion_target(&context), expected);
    }
}

#[test]
fn what_a_create_made_comes_before_the_object_that_the_annotation_names() {
    let naming = |named: &str, time| Annotations { external_id: Some(named.to_owned()), ..intent(time, &["a"]) };
    let never = AdoptionPolicy::Never;
    for (what, annotations, list, expected) in [
        ("the lag is not over", naming("a", 950), list(&["a", "b"], 0, 1000), "ResolvingCreate"),
        ("it was made", naming("a", 500), list(&["a", "b"], 0, 1000), "contradicted b"),
        ("it was not made", naming("a", 500), list(&["a"], 0, 1000), "bound a"),
        ("it was not made, and nothing has the id", naming("x", 500), list(&["a"], 0, 1000), "ExternalNotFound"),
        ("it is the one that is named", naming("b", 500), list(&["a", "b"], 0, 1000), "bound b"),
        ("it may be the one that is named", naming("b", 500), list(&["a", "b", "c"], 0, 1000), "bound b"),
        ("it may be one of two others", naming("a", 500), list(&["a", "b", "c"], 0, 1000), "AmbiguousCreate"),
    ] {
        assert_eq!(decide(&annotations, None, never, &list), expected, "{what}");
    }
}

#[test]
fn what_was_adopted_after_a_create_is_the_object_although_the_record_names_it() {
    let (attempts, inventory) = (Attempts::default(), Inventory::default());
    let adopting = Annotations { external_id: Some("a".to_owned()), ..intent(500, &["a"]) };
    for annotations in [adopting, intent(500, &["a"])] {
        let context =
            PlanContext { known_id: Some("a"), ..PlanContext::alone(at(1000), &annotations, &attempts, &inventory) };
        assert_eq!(deletion_target(&context), DeletionTarget::Object("a".to_owned()));
        let list = list(&["a"], 0, 1000);
        assert_eq!(decide(&annotations, Some("a"), AdoptionPolicy::CreateAnyway, &list), "bound a");
    }
    let missing = list(&[], 950, 990);
    assert_eq!(decide(&intent(500, &["a"]), Some("a"), AdoptionPolicy::CreateAnyway, &missing), "Recreating");
}

#[test]
fn what_an_older_resource_took_over_is_left_to_it() {
    let annotations = Annotations { external_id: Some("c".to_owned()), ..Annotations::default() };
    let claimant = |id: &str| {
        (id == "a").then(|| Claimant { name: "y/other".into(), wins: true, is_living: true, is_heir: false })
    };
    let (attempts, inventory) = (Attempts::default(), Inventory::default());
    for (ids, expected) in
        [(&["a", "c"][..], "bound c"), (&["c"], "bound c"), (&["a"], "look 1000"), (&[], "look 1000")]
    {
        let list = list(ids, 0, 700);
        let context = PlanContext {
            read_lag: SignedDuration::from_secs(100),
            known_id: Some("a"),
            claimed_by: &claimant,
            ..PlanContext::alone(at(1025), &annotations, &attempts, &inventory)
        };
        let (adoption, list, collection) = (AdoptionPolicy::Never, &list, Collection::Teams);
        let wanted = WantedObject { label: "team", name: "Platform", adoption, list, collection };
        assert_eq!(word(&wanted.identify(&context)), expected, "{ids:?}");
    }
}

#[test]
fn a_deleted_resource_releases_its_object_to_a_living_one_that_claims_it() {
    let (annotations, attempts, inventory) = (Annotations::default(), Attempts::default(), Inventory::default());
    for (wins, is_living, is_released) in
        [(true, true, true), (true, false, true), (false, true, true), (false, false, false)]
    {
        let claimant = move |_: &str| Some(Claimant { name: "y/other".into(), wins, is_living, is_heir: false });
        let alone = PlanContext::alone(at(0), &annotations, &attempts, &inventory);
        let context = PlanContext { known_id: Some("a"), claimed_by: &claimant, ..alone };
        assert_eq!(deletion_target(&context) == DeletionTarget::Nothing, is_released, "{wins} {is_living}");
    }
}
