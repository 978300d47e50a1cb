//! What is told on stderr of a plan that could not be made as a whole.

use crate::api::reason::Reason;
use crate::cli::plan::report::{PlanReport, PlannedObject};

/// Prints what blocks resources, each with its place. `has_previous`: the previous manifests were given.
pub(crate) fn print(report: &PlanReport, has_previous: bool) {
    for line in lines(report, has_previous) {
        eprintln!("{line}");
    }
}

/// A line for each config that cannot be used, and for each resource that is blocked by something else.
pub(crate) fn lines(report: &PlanReport, has_previous: bool) -> Vec<String> {
    let blocked = || report.objects.iter().filter_map(|object| Some((object, object.blocked.as_ref()?)));
    let own = blocked().filter(|(object, _)| !report.unusable.contains_key(&object.config));
    let own = own.map(|(PlannedObject { place, kind, namespace, name, .. }, why)| {
        format!("{place}: {kind} {namespace}/{name}: {}: {}", why.reason, why.message)
    });
    let hint = "hint: manifests contain no ids of external objects: name what is applied by --prune-from or --live";
    let needs_hint = !has_previous && blocked().any(|(_, why)| why.reason == Reason::NameTaken);
    unusable(report).into_iter().chain(own).chain(needs_hint.then(|| hint.to_owned())).collect()
}

/// Each trouble of configs once, with the number of resources that it blocks.
fn unusable(report: &PlanReport) -> Vec<String> {
    let mut told: Vec<(&str, String, usize)> = Vec::new();
    for (key, config) in &report.unusable {
        let resources = report.objects.iter().filter(|object| object.config == *key).count();
        if resources == 0 {
            continue;
        }
        if let Some((_, _, count)) = told.iter_mut().find(|(message, ..)| *message == config.message) {
            *count += resources;
            continue;
        }
        let name = if key.namespace.is_empty() { key.name.clone() } else { key.to_string() };
        let line = format!("{}: {} {name}: {}: {}", config.place, key.kind, config.reason, config.message);
        told.push((&config.message, line, resources));
    }
    let resources =
        |count: usize| if count == 1 { "1 resource is".to_owned() } else { format!("{count} resources are") };
    told.into_iter().map(|(_, line, count)| format!("{line} ({} not planned)", resources(count))).collect()
}
