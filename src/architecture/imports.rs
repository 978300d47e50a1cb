//! Which file names something of which other file.

use std::collections::BTreeMap;

use crate::architecture::names::{Named, named};
use crate::architecture::production::Module;

/// The crate's name where its binary uses it.
const CRATE: &str = "ping_operator";

/// One file names something that another file defines. A `mod` declaration is no arrow.
pub(crate) struct Arrow {
    /// The module that names.
    pub(crate) from: Vec<String>,
    /// The module that is named: the deepest one on the path that is a file.
    pub(crate) to: Vec<String>,
    /// The line of the name in the file of `from`, from 1.
    pub(crate) line: usize,
}

/// All arrows between the files of `modules`.
pub(crate) fn arrows(modules: &BTreeMap<Vec<String>, Module>) -> Vec<Arrow> {
    modules.values().flat_map(|module| arrows_from(module, modules)).collect()
}

fn arrows_from(module: &Module, modules: &BTreeMap<Vec<String>, Module>) -> Vec<Arrow> {
    let all = named(module.tokens.clone());
    let is_child = |name: &String| modules.contains_key(&[module.name.as_slice(), std::slice::from_ref(name)].concat());
    let imported: BTreeMap<&String, Vec<String>> = all
        .iter()
        .filter_map(|named| Some((named.alias.as_ref()?, absolute(&named.path, &module.name, is_child)?)))
        .collect();
    let resolve = |Named { path, alias, .. }: &Named| match path.as_slice() {
        // A single name is a variable, a keyword or something that a `use` has brought.
        [_] if alias.is_none() => None,
        [first, rest @ ..] if alias.is_none() && imported.contains_key(first) => {
            Some([imported[first].as_slice(), rest].concat())
        }
        _ => absolute(path, &module.name, is_child),
    };
    let mut arrows = Vec::new();
    for named in &all {
        let Some(to) = resolve(named).and_then(|path| file_of(&path, modules)) else { continue };
        if to != module.name {
            arrows.push(Arrow { from: module.name.clone(), to, line: named.line });
        }
    }
    arrows
}

/// The path from the crate's root; `None`: it leads to another crate, or to nothing that is a module.
fn absolute(path: &[String], module: &[String], is_child: impl Fn(&String) -> bool) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" | CRATE => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat())
        }
        _ => is_child(first).then(|| [module, path].concat()),
    }
}

/// The deepest module on `path` that is a file.
fn file_of(path: &[String], modules: &BTreeMap<Vec<String>, Module>) -> Option<Vec<String>> {
    (0..=path.len()).rev().map(|end| path[..end].to_vec()).find(|start| modules.contains_key(start))
}
