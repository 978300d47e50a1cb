//! The fields of the log: every name that a macro of `tracing`, or a `record` of a span, gives to a value.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::architecture::production::{is_group, is_punct, modules};
use crate::architecture::source::SourceFile;

/// The fields that the production code logs.
pub(crate) fn fields(files: &[SourceFile]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for module in modules(files).values() {
        collect(module.tokens.clone(), &mut found);
    }
    found
}

fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let group = |at: usize| match tokens.get(at) {
            Some(TokenTree::Group(group)) => Some(group.stream()),
            _ => None,
        };
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            // `tracing::info!(…)`
            TokenTree::Ident(word) if word == "tracing" && is_punct(tokens.get(at + 4), '!') => {
                found.extend(group(at + 5).map(named).into_iter().flatten());
            }
            // `span.record("field", …)`
            TokenTree::Ident(word) if word == "record" && is_group(tokens.get(at + 1), Delimiter::Parenthesis) => {
                let first = group(at + 1).and_then(|inner| inner.into_iter().next());
                let text = first.map(|token| token.to_string()).unwrap_or_default();
                found.extend(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(str::to_owned));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The names of the fields among the arguments of one macro. What follows the message is not a field.
fn named(arguments: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = arguments.into_iter().collect();
    let mut names = Vec::new();
    for (place, argument) in tokens.split(|token| is_punct(Some(token), ',')).enumerate() {
        match argument {
            // The name of a span stands first.
            [TokenTree::Literal(_), ..] if place == 0 => {}
            [TokenTree::Literal(_), ..] => break,
            [TokenTree::Ident(name)] | [TokenTree::Punct(_), TokenTree::Ident(name)] => names.push(name.to_string()),
            [TokenTree::Ident(name), equals, ..] if is_punct(Some(equals), '=') => names.push(name.to_string()),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_however_it_is_written() {
        let text = r#"fn a() {
            if b { tracing::info!(one, two = x.y(), %three, ?four, five = %z, six = f(seven, eight), "told {}", nine); }
            let span = tracing::error_span!("reconcile", ten = Empty);
            span.record("eleven", 11);
            tracing::debug!("only {a}");
            visitor.record(&mut twelve);
        }"#;
        let file = SourceFile { path: "src/lib.rs".to_owned(), text: text.to_owned() };
        let found: Vec<_> = fields(&[file]).into_iter().collect();
        assert_eq!(found, ["eleven", "five", "four", "one", "six", "ten", "three", "two"]);
    }
}
