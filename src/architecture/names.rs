//! Every path that a file names: in `use` declarations, in code, in macros, in attributes.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::architecture::production::{is_group, is_punct};

/// A path as it is written.
#[derive(Clone)]
pub(crate) struct Named {
    /// Its parts: `["crate", "plan", "step", "Step"]`. A glob ends with `*`.
    pub(crate) path: Vec<String>,
    /// The name that a `use` declaration gives it in this file; `None`: it is no `use`.
    pub(crate) alias: Option<String>,
    /// The line in the file, from 1.
    pub(crate) line: usize,
}

/// All paths in `tokens`, single names among them.
pub(crate) fn named(tokens: TokenStream) -> Vec<Named> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<Named>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let line = token.span().start().line;
        match token {
            TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                let end = (at..tokens.len()).find(|end| is_punct(tokens.get(*end), ';')).unwrap_or(tokens.len());
                collect_use(&[], &tokens[at + 1..end], line, found);
                at = end;
            }
            TokenTree::Ident(_) => {
                let path = path_at(&tokens, at);
                at += 3 * (path.len() - 1);
                found.push(Named { path, alias: None, line });
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            // An attribute may name a function in a string: `with = "crate::api::…"`.
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let inner = text.trim_matches('"');
                if inner.starts_with("crate::") {
                    let path = inner.split("::").map(str::to_owned).collect();
                    found.push(Named { path, alias: None, line });
                }
            }
            TokenTree::Punct(_) => {}
        }
        at += 1;
    }
}

/// The names joined by `::` from `at` on.
fn path_at(tokens: &[TokenTree], mut at: usize) -> Vec<String> {
    let mut path = Vec::new();
    while let Some(TokenTree::Ident(part)) = tokens.get(at) {
        path.push(part.to_string());
        let goes_on = is_punct(tokens.get(at + 1), ':') && is_punct(tokens.get(at + 2), ':');
        if !goes_on {
            break;
        }
        at += 3;
    }
    path
}

/// The leaves of the `use` tree in `tokens`, below `prefix`.
fn collect_use(prefix: &[String], tokens: &[TokenTree], line: usize, found: &mut Vec<Named>) {
    let mut path = prefix.to_vec();
    let mut alias = None;
    let mut words = tokens.iter();
    while let Some(token) = words.next() {
        match token {
            TokenTree::Group(group) if is_group(Some(token), Delimiter::Brace) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                for branch in inner.split(|token| is_punct(Some(token), ',')).filter(|branch| !branch.is_empty()) {
                    collect_use(&path, branch, branch[0].span().start().line, found);
                }
                return;
            }
            TokenTree::Ident(word) if word == "as" => alias = words.next().map(ToString::to_string),
            // `a::b::{self, C}` names `a::b`.
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            token if is_punct(Some(token), '*') => path.push("*".to_owned()),
            _ => {}
        }
    }
    // In a macro's body a `use` may have no name of its own: `use $path;`.
    if let Some(last) = path.last() {
        found.push(Named { alias: alias.or_else(|| Some(last.clone())), path, line });
    }
}
