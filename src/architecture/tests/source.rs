//! Modules by path, and what is left of a file without its tests.

use crate::architecture::names::named;
use crate::architecture::production::modules;
use crate::architecture::tests::file;

#[test]
fn a_file_is_the_module_of_its_path() {
    let names: Vec<_> =
        ["lib.rs", "main.rs", "plan.rs", "plan/kinds/team.rs"].map(|path| file(path, "").module()).into();
    assert_eq!(names, [vec![], vec!["main"], vec!["plan"], vec!["plan", "kinds", "team"]]);
}

#[test]
fn what_is_under_cfg_test_is_left_out_and_the_rest_stays_in_its_line() {
    let text = "
        #[derive(Clone)] struct Before;
        /// Documented.
        #[cfg(test)] #[derive(Clone)] struct Hidden { field: u8 }
        #[cfg(test)] impl<'a> Hidden<'a> { fn hidden() {} }
        #[cfg(test)] const HIDDEN: Hidden = Hidden { field: 1 };
        #[cfg(test)] use hidden::{a, b};
        #[cfg(test)] pub(crate) fn hidden<A, B>() -> A { a }
        enum Kind { #[cfg(test)] Hidden { a: u8 }, Shown, #[cfg(test)] Last }
        fn shown(kind: Kind) { match kind { #[cfg(test)] Kind::Hidden { a } => { a } Kind::Shown => { #[cfg(test)] let hidden = 1; } } }
        struct After;";
    let modules = modules(&[file("plan.rs", text)]);
    let module = modules.values().next().unwrap();
    let names = named(module.tokens.clone());
    assert!(!names.iter().any(|name| name.path.concat().to_lowercase().contains("hidden")));
    let lines = |word: &str| names.iter().find(|name| name.path.contains(&word.to_owned())).map(|name| name.line);
    assert_eq!([lines("Before"), lines("Kind"), lines("shown"), lines("After")], [2, 9, 10, 11].map(Some));
    assert!(!module.tokens.to_string().contains("Documented"));
}

#[test]
fn what_is_below_a_test_module_is_test_code() {
    let files = [
        file("plan.rs", "#[cfg(test)] mod tests; mod testing;"),
        file("plan/tests.rs", "mod explorer;"),
        file("plan/tests/explorer.rs", ""),
        file("plan/testing.rs", ""),
    ];
    let names: Vec<_> = modules(&files).into_keys().collect();
    assert_eq!(names, [vec!["plan"], vec!["plan", "testing"]]);
}
