//! Each rule of the comparison finds what it is for, and takes what breaks nobody.

use serde_json::{Value, json};

use super::broken;

/// A definition with one field, `spec.a`.
fn definition(field: &Value) -> Value {
    let spec = json!({ "type": "object", "properties": { "a": field } });
    let schema = json!({ "type": "object", "properties": { "spec": spec } });
    json!({ "spec": {
        "group": "g", "scope": "Namespaced", "names": { "kind": "K", "plural": "ks" },
        "versions": [{ "name": "v1", "served": true, "schema": { "openAPIV3Schema": schema } }],
    } })
}

/// What breaks when the field `old` becomes `new`.
fn field(old: &Value, new: &Value) -> Vec<String> {
    broken(&definition(old), &definition(new))
}

#[test]
fn whatever_takes_less_or_means_another_thing_is_found() {
    let rule = |text: &str| json!({ "x-kubernetes-validations": [{ "rule": text, "message": "m" }] });
    let inner = |field: Value| json!({ "type": "object", "properties": { "b": field } });
    for (old, new, found) in [
        (json!({ "maxLength": 5 }), json!({ "maxLength": 4 }), "maxLength was 5, and is 4"),
        (json!({}), json!({ "maxItems": 4 }), "maxItems was null, and is 4"),
        (json!({ "minimum": 1 }), json!({ "minimum": 2 }), "minimum was 1, and is 2"),
        (json!({}), json!({ "minLength": 1 }), "minLength was null, and is 1"),
        (json!({ "type": "string" }), json!({ "type": "integer" }), "type was"),
        (json!({ "default": 1 }), json!({ "default": 2 }), "default was 1, and is 2"),
        (json!({}), json!({ "default": 2 }), "default was null, and is 2"),
        (json!({ "default": 1 }), json!({}), "default was 1, and is null"),
        (json!({ "pattern": "a" }), json!({ "pattern": "b" }), "pattern was"),
        (json!({}), json!({ "format": "date-time" }), "format was null"),
        (json!({ "enum": ["A", "B"] }), json!({ "enum": ["A"] }), "the value \"B\" is gone"),
        (json!({}), json!({ "enum": ["A"] }), "only listed values are taken"),
        (json!({}), json!({ "required": ["b"] }), "required has \"b\""),
        (rule("true"), rule("self > 1"), "x-kubernetes-validations has \"self > 1\""),
        (inner(json!({})), json!({ "type": "object" }), "spec.a.b: the field is gone"),
        (inner(json!({ "maximum": 9 })), inner(json!({ "maximum": 8 })), "spec.a.b: maximum was 9, and is 8"),
        (json!({ "items": { "maxLength": 2 } }), json!({ "items": { "maxLength": 1 } }), "spec.a[]: maxLength"),
        (json!({ "x-kubernetes-list-type": "set" }), json!({}), "x-kubernetes-list-type was"),
    ] {
        let findings = field(&old, &new);
        assert!(findings.len() == 1 && findings[0].contains(found), "{old} -> {new}: {findings:?}");
    }
}

#[test]
fn whatever_takes_more_is_taken() {
    for (old, new) in [
        (json!({ "maxLength": 5 }), json!({ "maxLength": 6 })),
        (json!({ "maxLength": 5 }), json!({})),
        (json!({ "minimum": 2 }), json!({ "minimum": 1 })),
        (json!({ "pattern": "a" }), json!({})),
        (json!({ "enum": ["A"] }), json!({ "enum": ["A", "B"] })),
        (json!({ "enum": ["A"] }), json!({})),
        (json!({ "required": ["b"] }), json!({})),
        (json!({ "type": "object" }), json!({ "type": "object", "properties": { "b": { "maxLength": 1 } } })),
        (json!({ "description": "x" }), json!({ "description": "y" })),
    ] {
        assert_eq!(field(&old, &new), Vec::<String>::new(), "{old} -> {new}");
    }
}

#[test]
fn a_version_a_name_or_a_scope_that_goes_is_found() {
    let old = definition(&json!({}));
    for (pointer, value, found) in [
        ("/spec/versions", json!([]), "the version \"v1\" is gone"),
        ("/spec/versions/0/served", json!(false), "the version \"v1\" is gone"),
        ("/spec/scope", json!("Cluster"), "scope is another"),
        ("/spec/names/plural", json!("kays"), "names/plural is another"),
        ("/spec/names/kind", json!("L"), "names/kind is another"),
        ("/spec/group", json!("h"), "group is another"),
    ] {
        let mut new = old.clone();
        *new.pointer_mut(pointer).unwrap() = value;
        assert_eq!(broken(&old, &new), [found]);
    }
}
