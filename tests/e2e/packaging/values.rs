//! The values of the chart: all described by a closed schema, and each with its default.

use serde_json::Value;

use crate::packaging::rendered::{chart, helm, path, text};

fn schema() -> Value {
    serde_json::from_str(&text("deploy/chart/values.schema.json")).expect("JSON")
}

/// Calls `check` with each schema of an object, and the path to it.
fn each_object(at: &str, schema: &Value, check: &mut dyn FnMut(&str, &Value)) {
    if schema["type"] == "object" {
        check(at, schema);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        each_object(&format!("{at}.{name}"), property, check);
    }
    for inner in ["items", "additionalProperties"].into_iter().filter(|inner| schema[*inner].is_object()) {
        each_object(&format!("{at}.{inner}"), &schema[inner], check);
    }
}

#[test]
fn every_object_of_the_schema_is_closed_or_says_who_checks_it() {
    let mut closed = 0;
    each_object("values", &schema(), &mut |at, object| {
        let is_map = object["additionalProperties"].is_object();
        let is_left_to_others = object["$comment"].is_string();
        assert!(object["additionalProperties"] == false || is_map || is_left_to_others, "{at} is open");
        closed += usize::from(object["additionalProperties"] == false);
    });
    assert!(closed > 25, "{closed}");
}

/// Each name of `values` is in the schema, and each of the schema in `values`.
fn assert_described(at: &str, values: &Value, schema: &Value) {
    let Some(properties) = schema["properties"].as_object().filter(|_| schema["$comment"].is_null()) else { return };
    let Some(values) = values.as_object() else { return };
    for name in values.keys() {
        assert!(properties.contains_key(name), "{at}.{name} is not in the schema");
        assert_described(&format!("{at}.{name}"), &values[name], &properties[name]);
    }
    if at == "values" {
        let missing: Vec<_> = properties.keys().filter(|name| !values.contains_key(*name)).collect();
        assert_eq!(missing, ["global"], "names without a default");
    }
}

#[test]
fn every_value_has_a_default_and_a_schema() {
    let values: Value = serde_saphyr::from_str(&text("deploy/chart/values.yaml")).expect("YAML");
    assert_described("values", &values, &schema());
}

#[test]
fn a_name_or_value_that_is_wrong_is_refused_and_named() {
    for (wrong, named) in [
        ("replicaCnt=2", "replicaCnt"),
        ("image.tagg=x", "tagg"),
        ("rbac.scope=team", "scope"),
        ("shards=0", "shards"),
        ("logging.level=loud", "level"),
        ("crds.keep=false", "keep"),
        ("proxy.url=example.com", "url"),
        ("watchNamespaces[0]=Not_A_Name", "watchNamespaces"),
        ("podSecurityContext.runAsUser=0", "runAsUser"),
        ("leaderElection.enabled=false", "leaderElection"),
        ("serviceAccount.create=false", "serviceAccount.name"),
    ] {
        let refused = chart("ping-operator", &["--set", wrong]).err().unwrap_or_default();
        assert!(refused.contains(named), "{wrong}: {refused:?}");
    }
}

#[test]
fn the_chart_passes_helms_strict_lint_with_each_set_of_values() {
    let dir = path("deploy/chart").to_string_lossy().into_owned();
    helm(&["lint", "--strict", &dir]).unwrap_or_else(|text| panic!("{text}"));
    let mut sets = 0;
    for file in std::fs::read_dir(path("deploy/chart/ci")).expect("a folder") {
        let file = file.expect("a file").path().to_string_lossy().into_owned();
        helm(&["lint", "--strict", &dir, "--values", &file]).unwrap_or_else(|text| panic!("{file}: {text}"));
        sets += 1;
    }
    assert_eq!(sets, 5);
}
