//! One field of a kind: what the schema says of it, and whether a rule of the CRD lets it be changed. No IO.

use serde_json::Value;

/// Whether a field that was set may be changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// Always.
    Allowed,
    /// Never.
    Refused,
    /// A rule says when.
    Limited,
}

/// A CEL rule, and the path of the field that it is about.
struct Rule {
    about: String,
    cel: String,
    message: String,
}

/// One field of `spec` or `status`.
pub(super) struct Field {
    /// Its path, such as `spec.members[].email`.
    pub(super) path: String,
    /// What the schema says of it.
    pub(super) schema: Value,
    /// Whether the object around it must have it.
    pub(super) is_required: bool,
    /// Whether it may be changed.
    pub(super) change: Change,
    /// The messages of the rules about it.
    pub(super) rules: Vec<String>,
}

/// Every field of `spec` and `status`, each after the one around it.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let mut rules = Vec::new();
    collect_rules("", schema, &mut rules);
    let mut fields = Vec::new();
    for side in ["spec", "status"] {
        collect_fields(side, &schema["properties"][side], &rules, &mut fields);
    }
    fields
}

/// The messages of the rules about `spec` as a whole.
pub(super) fn rules_of_the_spec(schema: &Value) -> Vec<String> {
    let mut rules = Vec::new();
    collect_rules("", schema, &mut rules);
    messages(&rules, "spec")
}

fn messages(rules: &[Rule], path: &str) -> Vec<String> {
    rules.iter().filter(|rule| rule.about == path).map(|rule| rule.message.clone()).collect()
}

fn collect_rules(path: &str, schema: &Value, rules: &mut Vec<Rule>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        let about = format!("{path}{}", text(&rule["fieldPath"]));
        rules.push(Rule {
            about: about.trim_start_matches('.').to_owned(),
            cel: text(&rule["rule"]),
            message: text(&rule["message"]),
        });
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        collect_rules(format!("{path}.{name}").trim_start_matches('.'), property, rules);
    }
    for inner in inner(schema) {
        collect_rules(&format!("{path}[]"), inner, rules);
    }
}

/// The schema of the entries of a list or a map.
fn inner(schema: &Value) -> impl Iterator<Item = &Value> {
    ["items", "additionalProperties"].into_iter().map(|word| &schema[word]).filter(|inner| inner.is_object())
}

fn collect_fields(path: &str, schema: &Value, rules: &[Rule], fields: &mut Vec<Field>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let inner = format!("{path}.{name}");
        fields.push(Field {
            schema: property.clone(),
            is_required: schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name)),
            change: change(rules, &inner),
            rules: messages(rules, &inner),
            path: inner.clone(),
        });
        collect_fields(&inner, property, rules, fields);
    }
    for inner in inner(schema) {
        collect_fields(&format!("{path}[]"), inner, rules, fields);
    }
}

/// What the rules about a field, or about one around it, say of changes.
fn change(rules: &[Rule], path: &str) -> Change {
    let is_inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    let about = rules.iter().filter(|rule| path.strip_prefix(&rule.about).is_some_and(is_inside));
    let changes: Vec<_> = about.filter(|rule| compares_with_before(rule)).collect();
    match (changes.iter().any(|rule| refuses_every_change(rule)), changes.is_empty()) {
        (true, _) => Change::Refused,
        (false, true) => Change::Allowed,
        (false, false) => Change::Limited,
    }
}

/// Whether a rule looks at what its own field was. One that asks for a field when another changes does not limit that field.
fn compares_with_before(rule: &Rule) -> bool {
    let name = rule.about.rsplit('.').next().unwrap_or_default();
    let mut words = rule.cel.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
    words.any(|word| word == "oldSelf" || word.starts_with("oldSelf.") && word.ends_with(&format!(".{name}")))
}

/// Whether a rule says that its field is what it was: `self.owner == oldSelf.owner`.
fn refuses_every_change(rule: &Rule) -> bool {
    rule.cel.split_once(" == ").is_some_and(|(new, old)| old == new.replace("self", "oldSelf"))
}
