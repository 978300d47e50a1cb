//! One name for one thing: types of one name, and names that come from two places.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, Visibility};

use crate::architecture::production::{Module, is_punct, modules};
use crate::architecture::source::SourceFile;

/// Names that several types may have.
const SHARED: [&str; 1] = [
    // The flags of a subcommand, by clap's convention: each is named by its module, `validate::Args`.
    "Args",
];

/// A type that is declared.
struct Declared {
    name: String,
    /// File and line.
    place: String,
}

/// Every name that two types of the crate have.
pub(crate) fn types_of_one_name(files: &[SourceFile]) -> Vec<String> {
    let modules = modules(files);
    let makers: Vec<_> = modules.values().flat_map(|module| module.syntax.items.iter().filter_map(maker)).collect();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for declared in modules.values().flat_map(|module| declared(module, &makers)) {
        places.entry(declared.name).or_default().push(declared.place);
    }
    places.retain(|name, places| places.len() > 1 && !SHARED.contains(&name.as_str()));
    places.into_iter().map(|(name, places)| format!("{name} is declared at {}", places.join(" and "))).collect()
}

/// The types that a file declares, by itself or by a macro that makes types.
fn declared(module: &Module, makers: &[String]) -> Vec<Declared> {
    let mut names = Vec::new();
    for item in &module.syntax.items {
        match item {
            Item::Struct(item) => names.push(item.ident.clone()),
            Item::Enum(item) => names.push(item.ident.clone()),
            Item::Trait(item) => names.push(item.ident.clone()),
            Item::Type(item) => names.push(item.ident.clone()),
            Item::Union(item) => names.push(item.ident.clone()),
            Item::Macro(item) if makers.iter().any(|maker| item.mac.path.is_ident(maker)) => {
                let idents = item.mac.tokens.clone().into_iter().filter_map(|token| match token {
                    TokenTree::Ident(ident) => Some(ident),
                    _ => None,
                });
                names.extend(idents.filter(|ident| ident.to_string().starts_with(char::is_uppercase)));
            }
            _ => {}
        }
    }
    let place = |line: usize| format!("{}:{line}", module.path);
    names.iter().map(|name| Declared { name: name.to_string(), place: place(name.span().start().line) }).collect()
}

/// The name of a macro that declares types whose names it is given.
fn maker(item: &Item) -> Option<String> {
    let Item::Macro(item) = item else { return None };
    let name = item.ident.as_ref()?;
    makes_types(item.mac.tokens.clone()).then(|| name.to_string())
}

fn makes_types(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => makes_types(group.stream()),
        TokenTree::Ident(word) => (word == "struct" || word == "enum") && is_punct(tokens.get(at + 1), '$'),
        _ => false,
    })
}

/// Every re-export but the library's, and every module that is not a file.
pub(crate) fn second_homes(files: &[SourceFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for module in modules(files).values().filter(|module| !module.name.is_empty()) {
        for item in &module.syntax.items {
            match item {
                Item::Use(item) if !matches!(item.vis, Visibility::Inherited) && !is_macro(item, module) => {
                    let line = item.use_token.span.start().line;
                    findings.push(format!("{}:{line} is a re-export: import from where it is defined", module.path));
                }
                Item::Mod(item) if item.content.is_some() => {
                    let line = item.mod_token.span.start().line;
                    findings.push(format!("{}:{line} is a module inside a file: give it a file", module.path));
                }
                _ => {}
            }
        }
    }
    findings
}

/// Whether it only makes a macro of the same file known to others.
fn is_macro(item: &syn::ItemUse, module: &Module) -> bool {
    let syn::UseTree::Name(name) = &item.tree else { return false };
    module.syntax.items.iter().any(|item| matches!(item, Item::Macro(item) if item.ident.as_ref() == Some(&name.ident)))
}
