//! Types of one name, doc comments, and sizes.

use crate::architecture::docs::undocumented;
use crate::architecture::source::SourceFile;
use crate::architecture::style::{long_files, long_functions, without_header};
use crate::architecture::tests::file;
use crate::architecture::types::types_of_one_name;

#[test]
fn two_types_of_one_name_are_found() {
    let files = [
        file("plan.rs", "struct Plan; struct Args; type Shared = u8;"),
        file("cli.rs", "enum Plan {} struct Args; trait Shared {}"),
    ];
    let expected =
        ["Plan is declared at src/cli.rs:1 and src/plan.rs:1", "Shared is declared at src/cli.rs:1 and src/plan.rs:1"];
    assert_eq!(types_of_one_name(&files), expected);
}

#[test]
fn a_type_that_a_macro_makes_counts() {
    let files = [
        file("api.rs", "macro_rules! ids { ($($name:ident)*) => {$( struct $name; )*} } ids! { TeamId ServiceId }"),
        file("plan.rs", "list! { ServiceId } struct TeamId;"),
    ];
    assert_eq!(types_of_one_name(&files), ["TeamId is declared at src/api.rs:1 and src/plan.rs:1"]);
}

#[test]
fn associated_types_and_tests_may_have_a_name_again() {
    let text = "trait Managed { type Plan; } impl Managed for Team { type Plan = u8; } #[cfg(test)] struct Plan;";
    assert_eq!(types_of_one_name(&[file("plan.rs", "struct Plan;"), file("cli.rs", text)]), [""; 0]);
}

#[test]
fn what_has_no_doc_comment_is_found() {
    let text = "
        pub(crate) struct Plan {
            pub(crate) steps: u8, /** Said. */ pub(crate) said: u8, own: u8 }
        pub(crate) enum State {
            Ready }
        pub(crate) trait Managed {
            type Facts; }
        pub(crate) const LIMIT: u8 = 1;
        impl Plan {
            pub(crate) fn new() {} fn own() {} }
        impl Display for Plan { fn fmt() {} }
        pub type Alias = u8;
        struct Own { own: u8 }";
    let names = |files: &[SourceFile]| -> Vec<String> {
        let word = |finding: String| finding.split(' ').nth(1).unwrap().to_owned();
        undocumented(files).into_iter().map(word).collect()
    };
    let expected = ["Plan", "steps", "State", "Ready", "Managed", "Facts", "LIMIT", "new", "Alias"];
    assert_eq!(names(&[file("plan.rs", text)]), expected);
    assert_eq!(names(&[file("cli.rs", text)]), [""; 0]);
    assert_eq!(names(&[file("plan.rs", "/// Said.\npub(crate) struct Plan;")]), [""; 0]);
}

#[test]
fn a_file_without_a_header_is_found() {
    let files = [file("plan.rs", "//! The plan.\n"), file("cli.rs", "/// The plan.\n")];
    assert_eq!(without_header(&files), ["src/cli.rs does not start with `//! `"]);
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let lines = |count: usize| "\n".repeat(count);
    let files =
        [file("a.rs", &lines(300)), file("b.rs", &lines(301)), file("c.rs", ""), file("d.rs", ""), file("e.rs", "")];
    assert_eq!(long_files(&files), ["src/b.rs has 301 lines"]);
}

#[test]
fn too_many_long_files_are_found_by_their_median() {
    let lines = |count: usize| "\n".repeat(count);
    let mut files = vec![file("a.rs", &lines(10)), file("b.rs", &lines(131)), file("c.rs", &lines(200))];
    assert_eq!(long_files(&files), ["the median of the files is 131 lines"]);
    files[1].text = lines(130);
    assert_eq!(long_files(&files), [""; 0]);
}

#[test]
fn a_function_that_is_too_long_is_found() {
    let statements = |count: usize| "let a = 1;\n".repeat(count);
    let in_impl = |count: usize| format!("impl Plan {{\n#[must_use]\nfn long(\n) {{\n{}}}\n}}", statements(count));
    assert_eq!(long_functions(&[file("plan.rs", &in_impl(43))]), ["src/plan.rs:3 long has 46 lines"]);
    assert_eq!(long_functions(&[file("plan.rs", &in_impl(42))]), [""; 0]);
    let async_function = format!("pub(crate) async fn long() {{\n{}}}", statements(44));
    assert_eq!(long_functions(&[file("plan.rs", &async_function)]).len(), 1);
    assert_eq!(long_functions(&[file("plan.rs", &format!("#[test]\n{async_function}"))]), [""; 0]);
    assert_eq!(long_functions(&[file("plan.rs", &format!("#[tokio::test]\n{async_function}"))]), [""; 0]);
}

#[test]
fn a_function_that_is_one_match_may_be_long() {
    let arms = "A => 1,\n".repeat(60);
    let one = format!("fn long() -> u8 {{\nuse a::B;\nmatch self {{\n{arms}}}\n}}");
    assert_eq!(long_functions(&[file("plan.rs", &one)]), [""; 0]);
    let more = format!("fn long() -> u8 {{\nlet b = 1;\nmatch self {{\n{arms}}}\n}}");
    assert_eq!(long_functions(&[file("plan.rs", &more)]).len(), 1);
}
