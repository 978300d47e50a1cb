//! Circles of imports: files that name each other, directly or by way of others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::architecture::imports::arrows;
use crate::architecture::production::modules;
use crate::architecture::source::SourceFile;

/// Which modules each module names.
type Graph = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// Each circle of imports, as the list of its files. A file is listed in the shortest circle that it is part of.
pub(crate) fn circles(files: &[SourceFile]) -> Vec<String> {
    let modules = modules(files);
    let mut graph = Graph::new();
    for arrow in arrows(&modules) {
        graph.entry(arrow.from).or_default().insert(arrow.to);
    }
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for start in graph.keys() {
        if seen.contains(start) {
            continue;
        }
        if let Some(circle) = shortest_circle(start, &graph) {
            let paths: Vec<_> = circle.iter().map(|name| modules[name].path.as_str()).collect();
            findings.push(format!("a circle of imports: {}", paths.join(" -> ")));
            seen.extend(circle);
        }
    }
    findings
}

/// The shortest way from `start` back to it, both ends included.
fn shortest_circle(start: &Vec<String>, graph: &Graph) -> Option<Vec<Vec<String>>> {
    let mut came_from: BTreeMap<&Vec<String>, &Vec<String>> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in graph.get(at).into_iter().flatten() {
            if came_from.contains_key(next) {
                continue;
            }
            came_from.insert(next, at);
            queue.push_back(next);
        }
    }
    let mut circle = vec![start.clone()];
    let mut at = *came_from.get(start)?;
    while at != start {
        circle.push(at.clone());
        at = came_from.get(at)?;
    }
    circle.push(start.clone());
    circle.reverse();
    Some(circle)
}
