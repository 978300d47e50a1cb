//! The size of files and functions, and the line at the top of each file.

use syn::visit::Visit;
use syn::{Attribute, Block, Expr, Item, Signature, Stmt, visit};

use crate::architecture::production::modules;
use crate::architecture::source::SourceFile;

/// What a file may have, in lines.
const FILE: usize = 300;
/// What the production file in the middle may have, in lines.
const MEDIAN: usize = 130;
/// What a function may have, in lines.
const FUNCTION: usize = 45;

/// Every file that does not say at its top what it is for.
pub(crate) fn without_header(files: &[SourceFile]) -> Vec<String> {
    let bare = files.iter().filter(|file| !file.text.starts_with("//! "));
    bare.map(|file| format!("{} does not start with `//! `", file.path)).collect()
}

/// Every file that is too long, and the median of the production files if it is too high.
pub(crate) fn long_files(files: &[SourceFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let lines = file.text.lines().count();
        if lines > FILE {
            findings.push(format!("{} has {lines} lines", file.path));
        }
    }
    let modules = modules(files);
    let production = files.iter().filter(|file| file.is_in_crate() && modules.contains_key(&file.module()));
    let mut lengths: Vec<_> = production.map(|file| file.text.lines().count()).collect();
    lengths.sort_unstable();
    match lengths.get(lengths.len() / 2) {
        Some(median) if *median > MEDIAN => findings.push(format!("the median of the files is {median} lines")),
        _ => {}
    }
    findings
}

/// Every function that is too long. A test may be long, and so may a function that is one match.
pub(crate) fn long_functions(files: &[SourceFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let syntax = syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let mut walk = Walk { path: &file.path, findings: Vec::new() };
        walk.visit_file(&syntax);
        findings.append(&mut walk.findings);
    }
    findings
}

/// The way through one file.
struct Walk<'a> {
    path: &'a str,
    findings: Vec<String>,
}

impl Walk<'_> {
    fn check(&mut self, attributes: &[Attribute], signature: &Signature, body: &Block) {
        let start = signature.fn_token.span.start().line;
        let lines = body.brace_token.span.close().end().line - start + 1;
        let is_test = attributes
            .iter()
            .any(|attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "test"));
        if lines > FUNCTION && !is_test && !is_one_match(body) {
            self.findings.push(format!("{}:{start} {} has {lines} lines", self.path, signature.ident));
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.check(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.check(&item.attrs, &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.check(&item.attrs, &item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// Whether the body is a single match, after `use` declarations at most.
fn is_one_match(body: &Block) -> bool {
    let mut statements = body.stmts.iter().skip_while(|statement| matches!(statement, Stmt::Item(Item::Use(_))));
    matches!(statements.next(), Some(Stmt::Expr(Expr::Match(_), _))) && statements.next().is_none()
}
