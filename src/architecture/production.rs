//! The production code of the crate: its files without test modules, each without its `#[cfg(test)]` items.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::architecture::source::SourceFile;

/// One production file, parsed.
pub(crate) struct Module {
    /// The path from the repository's root.
    pub(crate) path: String,
    /// The module that the file is: `["plan", "step"]`.
    pub(crate) name: Vec<String>,
    /// The file's tokens without `#[cfg(test)]` items; comments are no tokens.
    pub(crate) tokens: TokenStream,
    /// The same as a syntax tree.
    pub(crate) syntax: syn::File,
}

/// The production modules among `files`, by module name.
pub(crate) fn modules(files: &[SourceFile]) -> BTreeMap<Vec<String>, Module> {
    let mut test_modules = Vec::new();
    let mut modules = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_in_crate()) {
        let tokens = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let mut children = Vec::new();
        let tokens = without_tests(tokens, &mut children);
        let syntax = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let name = file.module();
        test_modules.extend(children.into_iter().map(|child| [name.clone(), vec![child]].concat()));
        modules.insert(name.clone(), Module { path: file.path.clone(), name, tokens, syntax });
    }
    modules.retain(|name, _| !test_modules.iter().any(|test| name.starts_with(test)));
    modules
}

/// `tokens` without the items under `#[cfg(test)]`; the names of modules among them go to `test_modules`.
fn without_tests(tokens: TokenStream, test_modules: &mut Vec<String>) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let item = after_attributes(&tokens, at);
        if tokens[at..item].iter().any(is_cfg_test) {
            let end = after_item(&tokens, item);
            let words: Vec<_> = tokens[item..end].iter().map(ToString::to_string).collect();
            if let Some(at) = words.iter().position(|word| word == "mod") {
                test_modules.extend(words.get(at + 1).cloned());
            }
            at = end;
        } else if item > at {
            kept.extend(tokens[at..item].iter().cloned());
            at = item;
        } else {
            kept.push(match token {
                TokenTree::Group(group) => group_without_tests(group, test_modules).into(),
                other => other.clone(),
            });
            at += 1;
        }
    }
    kept.into_iter().collect()
}

fn group_without_tests(group: &Group, test_modules: &mut Vec<String>) -> Group {
    let mut kept = Group::new(group.delimiter(), without_tests(group.stream(), test_modules));
    kept.set_span(group.span());
    kept
}

/// The index after the attributes (doc comments among them) that start at `at`.
fn after_attributes(tokens: &[TokenTree], mut at: usize) -> usize {
    while is_punct(tokens.get(at), '#') && is_group(tokens.get(at + 1), Delimiter::Bracket) {
        at += 2;
    }
    at
}

fn is_cfg_test(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// The index after the item, field, variant or arm that starts at `start`.
fn after_item(tokens: &[TokenTree], start: usize) -> usize {
    let word = |at: usize| tokens.get(at).map(ToString::to_string).unwrap_or_default();
    let is_restricted = word(start) == "pub" && is_group(tokens.get(start + 1), Delimiter::Parenthesis);
    let first = start + usize::from(word(start) == "pub") + usize::from(is_restricted);
    let ends_with_semicolon = match word(first).as_str() {
        "use" | "let" | "static" | "type" => true,
        "const" => is_punct(tokens.get(first + 2), ':'),
        _ => false,
    };
    let items = ["async", "const", "enum", "extern", "fn", "impl", "macro_rules", "mod", "struct", "trait", "unsafe"];
    let is_item = ends_with_semicolon || items.contains(&word(first).as_str());
    let ends = |at: &usize| match tokens.get(*at) {
        None => true,
        token if is_punct(token, ';') => true,
        token if is_punct(token, ',') => !is_item,
        token if is_group(token, Delimiter::Brace) && is_item => !ends_with_semicolon,
        token => is_group(token, Delimiter::Brace) && is_punct(tokens.get(*at - 1), '>'),
    };
    let end = (first..=tokens.len()).find(ends).unwrap_or(tokens.len()) + 1;
    (end + usize::from(is_punct(tokens.get(end), ','))).min(tokens.len())
}

/// Whether there is a token that is this punctuation mark.
pub(crate) fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

/// Whether there is a token that is a group with these brackets.
pub(crate) fn is_group(token: Option<&TokenTree>, brackets: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == brackets)
}
