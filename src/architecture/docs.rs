//! Doc comments: what other files see of the decisions and of the connection says what it is.

use syn::{Attribute, Fields, ImplItem, Item, ItemEnum, TraitItem, Visibility};

use crate::architecture::production::{Module, modules};
use crate::architecture::source::SourceFile;

/// Layers whose items are documented, by the start of their name.
const LAYERS: [&str; 5] = ["api", "provider", "inventory", "plan", "connection"];

/// Every item, field and variant that other files see and that has no doc comment.
pub(crate) fn undocumented(files: &[SourceFile]) -> Vec<String> {
    let modules = modules(files);
    let is_asked = |module: &&Module| module.name.first().is_some_and(|first| LAYERS.contains(&first.as_str()));
    modules.values().filter(is_asked).flat_map(findings).collect()
}

fn findings(module: &Module) -> Vec<String> {
    let mut visit = Visit { path: &module.path, findings: Vec::new() };
    module.syntax.items.iter().for_each(|item| visit.item(item));
    visit.findings
}

/// The way through one file.
struct Visit<'a> {
    path: &'a str,
    findings: Vec<String>,
}

impl Visit<'_> {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Const(item) => self.ask_if_seen(&item.vis, &item.attrs, &item.ident),
            Item::Static(item) => self.ask_if_seen(&item.vis, &item.attrs, &item.ident),
            Item::Fn(item) => self.ask_if_seen(&item.vis, &item.attrs, &item.sig.ident),
            Item::Type(item) => self.ask_if_seen(&item.vis, &item.attrs, &item.ident),
            Item::Struct(item) => {
                self.ask_if_seen(&item.vis, &item.attrs, &item.ident);
                self.fields(&item.fields);
            }
            Item::Enum(item) if is_seen(&item.vis) => self.enumeration(item),
            Item::Trait(item) if is_seen(&item.vis) => {
                self.ask(&item.attrs, &item.ident);
                item.items.iter().for_each(|item| self.trait_item(item));
            }
            Item::Impl(item) if item.trait_.is_none() => item.items.iter().for_each(|item| self.impl_item(item)),
            _ => {}
        }
    }

    fn enumeration(&mut self, item: &ItemEnum) {
        self.ask(&item.attrs, &item.ident);
        for variant in &item.variants {
            // The variant's comment speaks of its fields, too.
            self.ask(&variant.attrs, &variant.ident);
        }
    }

    /// Fields without a name need no comment of their own.
    fn fields(&mut self, fields: &Fields) {
        for field in fields {
            if let Some(name) = &field.ident {
                self.ask_if_seen(&field.vis, &field.attrs, name);
            }
        }
    }

    fn trait_item(&mut self, item: &TraitItem) {
        match item {
            TraitItem::Const(item) => self.ask(&item.attrs, &item.ident),
            TraitItem::Fn(item) => self.ask(&item.attrs, &item.sig.ident),
            TraitItem::Type(item) => self.ask(&item.attrs, &item.ident),
            _ => {}
        }
    }

    fn impl_item(&mut self, item: &ImplItem) {
        match item {
            ImplItem::Const(item) => self.ask_if_seen(&item.vis, &item.attrs, &item.ident),
            ImplItem::Fn(item) => self.ask_if_seen(&item.vis, &item.attrs, &item.sig.ident),
            _ => {}
        }
    }

    fn ask_if_seen(&mut self, visibility: &Visibility, attributes: &[Attribute], name: &syn::Ident) {
        if is_seen(visibility) {
            self.ask(attributes, name);
        }
    }

    fn ask(&mut self, attributes: &[Attribute], name: &syn::Ident) {
        if !attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
            let line = name.span().start().line;
            self.findings.push(format!("{}:{line} {name} has no doc comment", self.path));
        }
    }
}

fn is_seen(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}
