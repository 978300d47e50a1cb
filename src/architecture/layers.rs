//! Which layer of the crate may name which: one table, and the checks of imports and IO against it.

use std::collections::BTreeSet;

use crate::architecture::imports::arrows;
use crate::architecture::names::named;
use crate::architecture::production::modules;
use crate::architecture::source::SourceFile;

/// A part of the crate. A module belongs to the layer with the longest name that the module's path starts with.
struct Layer {
    /// The module at the layer's top: `plan`, `operator::state`.
    name: &'static str,
    /// The layers directly below. The layer may name them, and all that they stand on.
    stands_on: &'static [&'static str],
}

/// Who may name whom: each layer what is below it, never what is above it or beside it.
const LAYERS: [Layer; 23] = [
    // What users write and read.
    Layer { name: "api", stands_on: &[] },
    // The providers' APIs as values. `provider` itself: request, failure classes, tolerant JSON, answer.
    Layer { name: "provider::model", stands_on: &["api"] },
    Layer { name: "provider", stands_on: &["provider::model"] },
    Layer { name: "provider::pinghome", stands_on: &["provider"] },
    Layer { name: "provider::nodeping", stands_on: &["provider"] },
    Layer { name: "provider::call", stands_on: &["provider::pinghome", "provider::nodeping"] },
    // What is known of a provider account, and the decision that is made from it.
    Layer { name: "inventory", stands_on: &["provider::call"] },
    Layer { name: "plan", stands_on: &["inventory"] },
    // IO with the providers.
    Layer { name: "connection", stands_on: &["inventory"] },
    // IO with Kubernetes. `operator` itself: run, controllers, watch.
    Layer { name: "operator::error", stands_on: &[] },
    Layer { name: "operator::options", stands_on: &["connection", "plan"] },
    Layer { name: "operator::trouble", stands_on: &["plan"] },
    Layer { name: "operator::interrupt", stands_on: &["connection", "operator::trouble"] },
    Layer { name: "operator::reconcile_result", stands_on: &["plan"] },
    Layer {
        name: "operator::state",
        stands_on: &["connection", "operator::error", "operator::options", "operator::trouble"],
    },
    Layer { name: "operator::kubernetes", stands_on: &["operator::state"] },
    Layer { name: "operator::telemetry", stands_on: &["operator::reconcile_result", "operator::state"] },
    Layer { name: "operator::context", stands_on: &["operator::kubernetes", "operator::telemetry"] },
    Layer { name: "operator::provider_config", stands_on: &["operator::context", "operator::interrupt"] },
    Layer { name: "operator::reconcile", stands_on: &["operator::provider_config"] },
    Layer { name: "operator", stands_on: &["operator::reconcile"] },
    // The command line. Of its subcommands only `run` knows the operator.
    Layer { name: "cli", stands_on: &["plan", "connection"] },
    Layer { name: "cli::run", stands_on: &["cli", "operator"] },
];

/// `cli` parses the subcommand `run` and calls it, but does not stand on the operator for that.
const DISPATCH: [&str; 2] = ["cli", "cli::run"];

/// Files above all layers: the binary and the library's root.
const TOP: [&str; 2] = ["", "main"];

/// Layers where decisions are made, by the start of their name.
const PURE: [&str; 4] = ["api", "provider", "inventory", "plan"];

/// What does IO, or waits for it.
const IO: [&str; 7] = ["async", "tokio", "reqwest", "kube::Client", "kube::client", "std::fs", "std::net"];

/// Every import that the table does not allow, and every module that is in no layer.
pub(crate) fn against_the_table(files: &[SourceFile]) -> Vec<String> {
    let modules = modules(files);
    let mut findings = Vec::new();
    for module in modules.values().filter(|module| !is_top(&module.name) && layer_of(&module.name).is_none()) {
        findings.push(format!("{} is in no layer of the table", module.path));
    }
    let mut seen = BTreeSet::new();
    for arrow in arrows(&modules).iter().filter(|arrow| !is_top(&arrow.from)) {
        let (Some(from), to) = (layer_of(&arrow.from), layer_of(&arrow.to)) else { continue };
        let to_name = to.map_or("the crate's root", |layer| layer.name);
        let is_allowed = from.name == to_name || stands_on(from, to_name) || [from.name, to_name] == DISPATCH;
        if !is_allowed && seen.insert([arrow.from.clone(), arrow.to.clone()]) {
            let path = &modules[&arrow.from].path;
            let target = arrow.to.join("::");
            findings.push(format!("{path}:{} names {target}: {} must not name {to_name}", arrow.line, from.name));
        }
    }
    findings
}

/// Every layer of the table that is not a module of the crate.
pub(crate) fn layers_without_module(files: &[SourceFile]) -> Vec<String> {
    let modules: Vec<_> = modules(files).keys().map(|name| name.join("::")).collect();
    let missing = LAYERS.iter().filter(|layer| !modules.iter().any(|name| name == layer.name));
    missing.map(|layer| format!("the table has a layer {}, the crate has no such module", layer.name)).collect()
}

/// Every place where a pure layer names IO.
pub(crate) fn io_in_pure_layers(files: &[SourceFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for module in modules(files).values() {
        if !module.name.first().is_some_and(|first| PURE.contains(&first.as_str())) {
            continue;
        }
        for name in named(module.tokens.clone()) {
            let path = name.path.join("::");
            if IO.iter().any(|io| starts_with(&path, io)) {
                findings.push(format!("{}:{} names {path}", module.path, name.line));
            }
        }
    }
    findings
}

fn is_top(module: &[String]) -> bool {
    TOP.contains(&module.join("::").as_str())
}

fn layer_of(module: &[String]) -> Option<&'static Layer> {
    let name = module.join("::");
    LAYERS.iter().filter(|layer| starts_with(&name, layer.name)).max_by_key(|layer| layer.name.len())
}

/// Whether `other` is below `layer`, directly or not.
fn stands_on(layer: &Layer, other: &str) -> bool {
    let below = |name: &&str| LAYERS.iter().any(|layer| layer.name == *name && stands_on(layer, other));
    layer.stands_on.iter().any(|name| *name == other || below(name))
}

/// Whether the path is `start`, or is below it.
fn starts_with(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
