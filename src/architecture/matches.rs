//! Matches over the enums that must be exhaustive: no arm takes "everything else".

use std::collections::BTreeMap;

use syn::visit::Visit;
use syn::{ExprMatch, ItemImpl, Pat, Type, visit};

use crate::architecture::names::named;
use crate::architecture::patterns::{Position, alternatives, is_open_at, positions};
use crate::architecture::production::{Module, modules};
use crate::architecture::source::SourceFile;

/// A new variant of these must be seen by every match over them.
const ENUMS: [&str; 8] = ["Call", "PinghomeCall", "NodePingCall", "Effect", "Collection", "Answer", "Kind", "Reason"];

/// Every match that names a variant of such an enum and has an arm for all variants that it does not name.
pub(crate) fn catch_all_arms(files: &[SourceFile]) -> Vec<String> {
    modules(files).values().flat_map(findings).collect()
}

fn findings(module: &Module) -> Vec<String> {
    let mut walk = Walk { path: &module.path, aliases: BTreeMap::new(), self_type: None, findings: Vec::new() };
    for name in named(module.tokens.clone()) {
        let Some(alias) = name.alias else { continue };
        // An enum of another crate may have the same name.
        let is_ours = ["crate", "self", "super"].contains(&name.path[0].as_str());
        let owner = name.path.iter().position(|part| is_ours && ENUMS.contains(&part.as_str()));
        if owner.is_some() && alias == "*" {
            walk.findings.push(format!("{}:{} imports all variants by a glob", module.path, name.line));
        }
        walk.aliases.insert(alias, owner.map(|at| name.path[at].clone()));
    }
    walk.visit_file(&module.syntax);
    walk.findings
}

/// The way through one file.
struct Walk<'a> {
    path: &'a str,
    /// What a `use` says of a name: of which of the enums it is, or is a variant of; `None`: of none of them.
    aliases: BTreeMap<String, Option<String>>,
    /// What `Self` is.
    self_type: Option<String>,
    findings: Vec<String>,
}

impl Walk<'_> {
    /// The enum whose variant a pattern's path names.
    fn enum_of(&self, path: &syn::Path) -> Option<String> {
        let parts: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        let owner = match parts.as_slice() {
            [.., owner, _] if owner == "Self" => self.self_type.as_ref()?,
            [.., owner, _] => self.aliases.get(owner).map_or(Some(owner), Option::as_ref)?,
            [variant] => self.aliases.get(variant)?.as_ref()?,
            [] => return None,
        };
        ENUMS.contains(&owner.as_str()).then(|| owner.clone())
    }

    fn check(&mut self, matching: &ExprMatch) {
        let mut findings = Vec::new();
        let is_enum = |path: &syn::Path| self.enum_of(path).is_some();
        let all: Vec<Position> = matching.arms.iter().flat_map(|arm| positions(&arm.pat, &is_enum)).collect();
        let takes_the_rest = |pattern: &Pat| {
            let named = positions(pattern, &is_enum);
            // Beside a variant that is named, as in `(Effect::Delete, _)`, a new variant is still asked for.
            let is_asked_elsewhere = |open: &Position| named.iter().any(|named| !open.starts_with(named));
            all.iter().any(|position| is_open_at(pattern, position, &is_enum) && !is_asked_elsewhere(position))
        };
        for arm in matching.arms.iter().filter(|arm| alternatives(&arm.pat).into_iter().any(takes_the_rest)) {
            let line = arm.fat_arrow_token.spans[0].start().line;
            findings.push(format!("{}:{line} takes all variants that are not named", self.path));
        }
        self.findings.append(&mut findings);
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let name = match &*item.self_ty {
            Type::Path(path) => path.path.segments.last().map(|part| part.ident.to_string()),
            _ => None,
        };
        let outer = std::mem::replace(&mut self.self_type, name);
        visit::visit_item_impl(self, item);
        self.self_type = outer;
    }

    fn visit_expr_match(&mut self, matching: &'ast ExprMatch) {
        self.check(matching);
        visit::visit_expr_match(self, matching);
    }
}
