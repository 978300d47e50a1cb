//! What must hold for every field of every kind.

mod compatibility;
mod reference;

use std::path::Path;

use serde_json::Value;

use super::*;

/// Calls `visit` with the path and schema of every property and item below `schema`.
fn walk(path: &str, schema: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, property) in properties {
            let path = format!("{path}.{name}");
            visit(&path, property);
            walk(&path, property, visit);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if schema[inner].is_object() {
            let path = format!("{path}[]");
            visit(&path, &schema[inner]);
            walk(&path, &schema[inner], visit);
        }
    }
}

fn each_field(mut visit: impl FnMut(&str, &Value)) {
    for crd in all().unwrap() {
        let value = serde_json::to_value(&crd).unwrap();
        for side in ["spec", "status"] {
            let path = format!("{}.{side}", crd.spec.names.kind);
            let schema = &value["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][side];
            assert!(schema.is_object(), "{path} is missing");
            walk(&path, schema, &mut visit);
        }
    }
}

/// The definitions that users get.
fn released() -> Vec<CustomResourceDefinition> {
    let is_released = |crd: &CustomResourceDefinition| Kind::parse(&crd.spec.names.kind).unwrap().is_released();
    all().unwrap().into_iter().filter(is_released).collect()
}

#[test]
fn the_files_in_crds_are_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = released();
    let files = std::fs::read_dir(root.join("crds")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert_eq!(files.count(), all.len(), "files in crds/");
    // kustomize reads no file outside of its own folders.
    for (dir, crd) in ["crds", "deploy/kustomize/crds"].iter().flat_map(|dir| all.iter().map(move |crd| (dir, crd))) {
        let file = std::fs::read_to_string(root.join(dir).join(file_name(crd))).unwrap_or_default();
        assert!(file == yaml(crd).unwrap(), "{dir}/{} is stale: run `make crds`", file_name(crd));
    }
}

#[test]
fn the_files_in_deploy_schemas_are_what_the_code_says_and_each_example_names_its_own() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let all = released();
    assert_eq!(std::fs::read_dir(deploy.join("schemas")).unwrap().count(), all.len(), "files in deploy/schemas/");
    for crd in &all {
        let name = crate::api::crds::schema::schema_name(crd);
        let file = std::fs::read_to_string(deploy.join("schemas").join(&name)).unwrap_or_default();
        let wanted = serde_json::to_string_pretty(&crate::api::crds::schema::schema(crd).unwrap()).unwrap() + "\n";
        assert!(file == wanted, "deploy/schemas/{name} is stale: run `make crds`");
        assert!(!file.contains("x-kubernetes-"), "{name}");
        let example = name.replace(".json", ".yaml");
        let text = std::fs::read_to_string(deploy.join("examples").join(&example)).unwrap_or_default();
        let line = format!("# yaml-language-server: $schema=../schemas/{name}\n");
        assert!(text.starts_with(&line), "deploy/examples/{example} must begin with {line}");
    }
}

#[test]
fn every_field_is_described() {
    each_field(|path, schema| {
        if !path.ends_with("[]") {
            let text = schema["description"].as_str().unwrap_or_default();
            assert!(text.len() > 5 && !text.starts_with("Auto-generated"), "{path}: {text:?}");
        }
    });
}

#[test]
fn every_string_list_map_and_number_is_bounded() {
    each_field(|path, schema| {
        let has = |key: &str| !schema[key].is_null();
        match schema["type"].as_str() {
            Some("string") => assert!(has("maxLength") || has("enum"), "{path} has no maxLength"),
            Some("array") => {
                assert!(has("maxItems") && has("x-kubernetes-list-type"), "{path} has no maxItems or list type");
            }
            Some("integer") => assert!(has("minimum"), "{path} has no minimum"),
            Some("object") => {
                assert!(!has("additionalProperties") || has("maxProperties"), "{path} has no maxProperties");
            }
            Some("boolean") => {}
            other => panic!("{path} has type {other:?}"),
        }
    });
}

#[test]
fn no_format_is_unsigned_or_floating_and_no_field_is_nullable() {
    each_field(|path, schema| {
        let format = schema["format"].as_str().unwrap_or_default();
        assert!(["", "int32", "int64", "date-time"].contains(&format), "{path}: {format}");
        assert!(schema["nullable"].is_null(), "{path} is nullable");
        assert!(schema["x-kubernetes-preserve-unknown-fields"].is_null(), "{path} keeps unknown fields");
    });
}

#[test]
fn no_default_stands_under_list_items() {
    each_field(|path, schema| assert!(!path.contains("[]") || schema["default"].is_null(), "{path}"));
}

#[test]
fn every_rule_says_what_is_allowed_and_where() {
    for crd in all().unwrap() {
        let text = serde_json::to_value(&crd).unwrap();
        let mut rules = Vec::new();
        collect_rules(&text, &mut rules);
        for rule in rules {
            assert!(rule["message"].as_str().is_some_and(|m| m.contains("must")), "{rule}");
            assert_eq!(rule["reason"], "FieldValueInvalid", "{rule}");
        }
    }
}

fn collect_rules(value: &Value, rules: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            if let Some(list) = fields.get("x-kubernetes-validations").and_then(Value::as_array) {
                rules.extend(list.iter().cloned());
            }
            fields.values().for_each(|field| collect_rules(field, rules));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_rules(item, rules)),
        _ => {}
    }
}

#[test]
fn every_kind_has_a_default_status_a_short_name_the_category_and_its_columns() {
    for crd in all().unwrap() {
        let kind = &crd.spec.names.kind;
        let version = &crd.spec.versions[0];
        let schema = serde_json::to_value(version.schema.as_ref().unwrap()).unwrap();
        assert_eq!(schema["openAPIV3Schema"]["properties"]["status"]["default"], json!({"observedGeneration": -1}));
        // `kubectl get ping` needs no rights in the whole cluster.
        let category = if crd.spec.scope == "Namespaced" { "ping" } else { "ping-cluster" };
        assert_eq!(crd.spec.names.categories.as_deref(), Some(&[category.to_owned()][..]));
        assert!(crd.spec.names.short_names.as_ref().is_some_and(|names| names.iter().all(|n| n.starts_with("ping"))));
        let columns: Vec<_> = version
            .additional_printer_columns
            .iter()
            .flatten()
            .filter(|c| c.priority.is_none())
            .map(|c| c.name.as_str())
            .collect();
        assert!(columns.len() <= 6 && columns.ends_with(&["READY", "REASON", "AGE"]), "{kind}: {columns:?}");
        let all: Vec<_> = version.additional_printer_columns.iter().flatten().map(|column| &column.name).collect();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert!(distinct.len() == all.len() && all.iter().any(|name| *name == "STATUS"), "{kind}: {all:?}");
    }
}

#[test]
fn every_definition_is_small_enough_for_client_side_apply() {
    for crd in released() {
        let size = serde_json::to_string(&crd).unwrap().len();
        assert!(size < 64 * 1024, "{} has {size} bytes", crd.spec.names.kind);
    }
}

#[test]
fn the_guide_has_a_page_for_each_kind_that_names_every_field_of_its_spec() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide");
    for crd in released() {
        let page = crd.spec.names.plural.replace("cluster", "");
        let page = std::fs::read_to_string(guide.join(format!("{page}.md"))).unwrap_or_default();
        let value = serde_json::to_value(&crd).unwrap();
        let spec = &value["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        walk("spec", spec, &mut |path, _| {
            let field = path.trim_end_matches("[]").rsplit('.').next().unwrap_or_default();
            let named = page.contains(&format!("`{field}`")) || page.contains(&format!("{field}:"));
            assert!(named, "{} is not in the page about {}", path, crd.spec.names.kind);
        });
    }
}
