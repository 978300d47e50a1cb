//! Who takes over from whom, by the annotations of a move.

use super::*;
use crate::operator::state::index::moved::Moved;
use crate::plan::moved::{Bar, Standing};

impl Case {
    /// A Team that is moved.
    fn moving(
        &self,
        key: &ResourceKey,
        age: i64,
        claims: Vec<Claim>,
        from: Option<&ResourceKey>,
        to: Option<&ResourceKey>,
    ) {
        let moved = Some(Box::new(Moved { from: from.cloned(), to: to.cloned() }));
        let uses = each_once([config_key(&key.namespace)]);
        self.index.put(key, IndexRow { uses, claims, moved, ..row(age, &[]) });
    }

    fn standing(&self, key: &ResourceKey) -> Option<Standing> {
        self.index.standing(key).map(|(standing, _)| standing)
    }

    /// Whether a Team has to leave an object to its heir.
    fn hands_over(&self, id: &str, key: &ResourceKey, age: i64) -> bool {
        self.index.claimant(id, key, &row(age, &[]).age).is_some_and(|other| other.is_heir && other.wins)
    }
}

#[test]
fn an_heir_has_the_place_of_its_source_before_and_after_it_has_the_object() {
    let mut case = Case::new();
    case.config("a", Some("1"));
    let [old, new, third] = ["old", "new", "third"].map(|name| team_key("a", name));
    case.team(&old, 1, recorded("x"));
    case.team(&third, 3, annotated("x"));
    case.woken();
    case.moving(&new, 5, Vec::new(), Some(&old), None);
    assert_eq!(case.woken(), names(["a/old"]), "it is told that it has an heir");
    assert_eq!(case.standing(&new), Some(Standing::Takes("x".to_owned())));
    for claims in [Vec::new(), recorded("x")] {
        case.moving(&new, 5, claims, Some(&old), None);
        assert!(case.hands_over("x", &old, 1));
        assert_eq!(case.winner("x", &third, 3), Some("a/new".to_owned()), "it was there before, as its source");
        assert_eq!(case.winner("x", &new, 5), None);
    }
    case.woken();
    case.team(&new, 5, recorded("x"));
    assert_eq!(case.woken(), names(["a/old"]), "without the annotation it has no heir");
    assert_eq!(case.winner("x", &new, 5), Some("a/old".to_owned()));
    case.moving(&new, 5, recorded("x"), Some(&old), None);
    case.index.forget(&old);
    assert_eq!(case.standing(&new), Some(Standing::NoSource));
}

#[test]
fn another_namespace_must_consent_and_use_the_same_account() {
    let mut case = Case::new();
    case.config("a", Some("1"));
    case.config("b", None);
    let (old, new) = (team_key("a", "t"), team_key("b", "t"));
    case.team(&old, 1, recorded("x"));
    case.moving(&new, 5, Vec::new(), Some(&old), None);
    case.index.set_reaching(&new, true);
    assert_eq!(case.standing(&new), Some(Standing::Barred(Bar::NotConsented)));
    assert!(!case.hands_over("x", &old, 1) && case.index.heir(&old).is_none());
    case.woken();
    case.moving(&old, 1, recorded("x"), None, Some(&new));
    assert!(case.woken().contains("b/t"), "its source consents now");
    assert_eq!(case.standing(&new), Some(Standing::Pending));
    assert!(!case.hands_over("x", &old, 1));
    assert_eq!(case.index.heir(&old), Some(new.clone()), "it may be the heir, so its source does not go before it");
    case.config("b", Some("2"));
    assert_eq!(case.standing(&new), Some(Standing::Barred(Bar::OtherAccount)));
    case.config("b", Some("1"));
    assert_eq!(case.standing(&new), Some(Standing::Takes("x".to_owned())));
    assert!(case.hands_over("x", &old, 1));
    case.woken();
    case.index.set_reaching(&new, false);
    assert!(!case.hands_over("x", &old, 1) && case.woken().contains("a/t"));
}

#[test]
fn of_two_heirs_the_one_that_has_the_object_is_it_and_else_the_older() {
    let case = Case::new();
    case.config("a", Some("1"));
    let [old, first, second] = ["old", "first", "second"].map(|name| team_key("a", name));
    case.team(&old, 1, recorded("x"));
    case.moving(&first, 5, Vec::new(), Some(&old), None);
    case.moving(&second, 6, Vec::new(), Some(&old), None);
    assert_eq!(case.standing(&first), Some(Standing::Takes("x".to_owned())));
    assert_eq!(case.standing(&second), Some(Standing::TakenBy("a/first".to_owned())));
    case.moving(&second, 6, recorded("x"), Some(&old), None);
    assert_eq!(case.standing(&first), Some(Standing::TakenBy("a/second".to_owned())));
    // One that has an object of its own stands for that.
    case.moving(&second, 6, recorded("y"), Some(&old), None);
    assert_eq!(case.standing(&first), Some(Standing::Takes("x".to_owned())));
    case.index.put(&first, IndexRow { is_deleted: true, ..row(5, &[]) });
    assert!(!case.hands_over("x", &old, 1));
}

#[test]
fn a_resource_that_has_nothing_hands_nothing_over_and_in_a_circle_the_younger_is_the_heir() {
    let case = Case::new();
    case.config("a", Some("1"));
    let (one, two) = (team_key("a", "one"), team_key("a", "two"));
    case.moving(&one, 1, Vec::new(), Some(&two), None);
    assert_eq!(case.standing(&one), Some(Standing::NoSource));
    case.moving(&two, 2, Vec::new(), Some(&one), None);
    assert_eq!(case.standing(&one), Some(Standing::Barred(Bar::Circle)));
    assert_eq!(case.standing(&two), Some(Standing::NothingYet));
    case.moving(&one, 1, recorded("x"), Some(&two), None);
    case.moving(&two, 2, recorded("x"), Some(&one), None);
    assert!(case.hands_over("x", &one, 1) && !case.hands_over("x", &two, 2));
    case.moving(&one, 1, Vec::new(), Some(&one), None);
    assert_eq!(case.standing(&one), Some(Standing::NoSource), "nothing is moved from itself");
}

#[test]
fn an_heir_is_woken_as_soon_as_its_source_has_an_object_and_the_source_by_an_object_of_the_heir() {
    let mut case = Case::new();
    case.config("a", Some("1"));
    let (old, new) = (team_key("a", "old"), team_key("a", "new"));
    case.team(&old, 1, Vec::new());
    case.moving(&new, 5, Vec::new(), Some(&old), None);
    assert_eq!(case.standing(&new), Some(Standing::NothingYet));
    case.woken();
    case.index.claim(&old, "x");
    assert!(case.woken().contains("a/new"), "its source has made the object");
    case.index.claim(&new, "y");
    assert!(case.woken().contains("a/old"), "its heir stands for another object");
}
