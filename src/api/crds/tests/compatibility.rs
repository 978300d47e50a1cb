//! Whether a definition takes everything that an earlier one took, and means the same by it. No IO but reading the released files.

mod rules;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::released;
use crate::api::crds::file_name;

/// Words of a schema that only a lower number keeps.
const AT_LEAST: [&str; 4] = ["minLength", "minItems", "minProperties", "minimum"];
/// Words of a schema that only a greater number keeps.
const AT_MOST: [&str; 4] = ["maxLength", "maxItems", "maxProperties", "maximum"];
/// Words that must stay as they are, or go.
const OR_NONE: [&str; 2] = ["pattern", "format"];
/// Words that must stay as they are. A default that comes, goes or changes gives another meaning to manifests that leave it out.
const SAME: [&str; 5] = ["type", "default", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "nullable"];

/// What of `new` breaks what `old` took: one line for each.
fn broken(old: &Value, new: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    for word in ["group", "scope", "names/kind", "names/plural"] {
        let at = |crd: &Value| crd.pointer(&format!("/spec/{word}")).cloned();
        if at(old) != at(new) {
            findings.push(format!("{word} is another"));
        }
    }
    for version in versions(old).filter(|version| version["served"] == true) {
        let name = &version["name"];
        match versions(new).find(|other| other["name"] == *name && other["served"] == true) {
            None => findings.push(format!("the version {name} is gone")),
            Some(other) => {
                compare("", &version["schema"]["openAPIV3Schema"], &other["schema"]["openAPIV3Schema"], &mut findings);
            }
        }
    }
    findings
}

fn versions(crd: &Value) -> impl Iterator<Item = &Value> {
    crd["spec"]["versions"].as_array().into_iter().flatten()
}

/// The items of a list of words, or the rules of a list of rules.
fn set(list: &Value) -> BTreeSet<String> {
    let word = |item: &Value| item.get("rule").unwrap_or(item).to_string();
    list.as_array().into_iter().flatten().map(word).collect()
}

fn compare(at: &str, old: &Value, new: &Value, findings: &mut Vec<String>) {
    let mut find = |text: String| findings.push(format!("{at}: {text}"));
    for (words, is_kept) in [(AT_LEAST, i64::le as fn(&i64, &i64) -> bool), (AT_MOST, i64::ge)] {
        for word in words {
            let (before, now) = (old[word].as_i64(), new[word].as_i64());
            let is_tighter = now.is_some_and(|now| !before.is_some_and(|before| is_kept(&now, &before)));
            if is_tighter {
                find(format!("{word} was {}, and is {}", old[word], new[word]));
            }
        }
    }
    for word in SAME.into_iter().filter(|word| old[*word] != new[*word]) {
        find(format!("{word} was {}, and is {}", old[word], new[word]));
    }
    for word in OR_NONE.into_iter().filter(|word| !new[*word].is_null() && old[*word] != new[*word]) {
        find(format!("{word} was {}, and is {}", old[word], new[word]));
    }
    for word in ["required", "x-kubernetes-validations"] {
        set(&new[word]).difference(&set(&old[word])).for_each(|new| find(format!("{word} has {new}")));
    }
    if new["enum"].is_array() {
        let (before, now) = (set(&old["enum"]), set(&new["enum"]));
        if before.is_empty() {
            find("only listed values are taken".to_owned());
        }
        before.difference(&now).for_each(|gone| find(format!("the value {gone} is gone")));
    }
    for (name, property) in old["properties"].as_object().into_iter().flatten() {
        match new["properties"].get(name) {
            None => findings.push(format!("{at}.{name}: the field is gone")),
            Some(other) => compare(&format!("{at}.{name}"), property, other, findings),
        }
    }
    for inner in ["items", "additionalProperties"].into_iter().filter(|inner| old[*inner].is_object()) {
        compare(&format!("{at}[]"), &old[inner], &new[inner], findings);
    }
}

#[test]
fn every_manifest_of_a_released_version_is_taken_and_means_the_same() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds/released");
    let mut compared = 0;
    for release in std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()) {
        for file in std::fs::read_dir(&release).unwrap().map(|entry| entry.unwrap()) {
            let text = std::fs::read_to_string(file.path()).unwrap();
            let old: Value = serde_saphyr::from_str(&text).unwrap();
            let now = released().into_iter().find(|crd| *file_name(crd) == *file.file_name());
            let now = serde_json::to_value(now.unwrap_or_else(|| panic!("{} is gone", file.path().display()))).unwrap();
            let findings = broken(&old, &now);
            assert!(findings.is_empty(), "{}:\n{}", file.path().display(), findings.join("\n"));
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared}");
}
