//! Who gets an object when the resource that has it goes.

use super::*;

#[test]
fn of_younger_claimants_a_living_one_inherits() {
    let case = Case::new();
    case.config("a", Some("1"));
    let put = |name: &str, age: i64, is_deleted: bool| {
        let (uses, claims) = (each_once([config_key("a")]), recorded("x"));
        case.index.put(&team_key("a", name), IndexRow { uses, claims, is_deleted, ..row(age, &[]) });
    };
    put("mine", 5, true);
    let heir = || {
        case.index
            .claimant("x", &team_key("a", "mine"), &row(5, &[]).age)
            .map(|other| (other.name, other.wins, other.is_living))
    };
    put("deleted", 6, true);
    assert_eq!(heir(), Some(("a/deleted".to_owned(), false, false)));
    put("living", 7, false);
    assert_eq!(heir(), Some(("a/living".to_owned(), false, true)));
    put("older", 1, true);
    assert_eq!(heir(), Some(("a/older".to_owned(), true, false)));
}

#[test]
fn a_younger_resource_in_conflict_inherits_until_it_wants_something_else() {
    let case = Case::new();
    case.config("a", Some("1"));
    let (mine, younger) = (team_key("a", "mine"), team_key("a", "younger"));
    case.team(&mine, 1, recorded("x"));
    case.team(&younger, 2, Vec::new());
    let heir = || case.index.claimant("x", &mine, &row(1, &[]).age).map(|other| other.name);
    assert_eq!(heir(), None);
    case.index.contend(&younger, Some("x"));
    assert_eq!(heir(), Some("a/younger".to_owned()));
    // The watch delivers its status.
    case.team(&younger, 2, Vec::new());
    assert_eq!(heir(), Some("a/younger".to_owned()));
    case.index.contend(&younger, Some("y"));
    assert_eq!(heir(), None);
    case.index.contend(&younger, Some("x"));
    case.index.contend(&younger, None);
    assert_eq!(heir(), None);
}
