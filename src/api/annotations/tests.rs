//! What annotations say, and which ones are refused.

use super::*;

fn parse(key: &str, value: &str) -> Result<Annotations, InvalidAnnotation> {
    Annotations::parse(&BTreeMap::from([(key.to_owned(), value.to_owned())]))
}

#[test]
fn the_guide_tells_of_every_annotation() {
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/README.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, section) = guide.split_once("\n## Annotations\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    for key in KEYS {
        assert!(section.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn an_unknown_deletion_value_is_refused_with_what_is_allowed() {
    let error = parse(ALLOW_DELETION, "yes").unwrap_err().to_string();
    assert_eq!(error, "annotation 'ping-operator.dev/allow-deletion' must be 'true' or 'orphan', not 'yes'");
}

#[test]
fn an_id_that_could_leave_its_place_in_a_path_is_refused() {
    for id in ["", "../teams", "a/b", "a?b", "a b", &"x".repeat(65)] {
        assert!(parse(EXTERNAL_ID, id).is_err(), "{id}");
    }
    assert!(parse(EXTERNAL_ID, "c03b02ec-244f-4d2c-8f68-3910071ed5c8").is_ok());
}

#[test]
fn an_intent_survives_its_own_json() {
    let intent = Intent {
        nonce: "n".into(),
        time: Timestamp::UNIX_EPOCH,
        ids: ["a".to_owned()].into(),
        replaces: Some("a".to_owned()),
        name: Some("A".into()),
        team: None,
        cluster: None,
        account: Some("A".into()),
        resource: Some("ns/a".into()),
        refused: true,
        other_id: Some("t3".to_owned()),
        tries: Some(CreateTries { generation: 2, count: 1 }),
    };
    let json = serde_json::to_string(&intent).unwrap();
    assert_eq!(parse(CREATE_INTENT, &json).unwrap().intent, Some(intent));
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    for (key, known) in [
        ("allow-deletions", "allow-deletion"),
        ("externalId", "external-id"),
        ("create_intent", "create-intent"),
        ("moved-form", "moved-from"),
    ] {
        let error = parse(&format!("{PREFIX}{key}"), "x").unwrap_err();
        let expected =
            format!("the annotation 'ping-operator.dev/{key}' is unknown: did you mean 'ping-operator.dev/{known}'?");
        assert_eq!((error.to_string(), error.key()), (expected, format!("{PREFIX}{key}").as_str()));
    }
    let error = parse("ping-operator.dev/colour", "x").unwrap_err().to_string();
    assert!(error.contains("the known ones are ping-operator.dev/external-id, "), "{error}");
    for key in ["example.com/allow-deletions", "ping-operator.dev.example.com/x"] {
        assert_eq!(parse(key, "x"), Ok(Annotations::default()), "{key}");
    }
}

#[test]
fn an_approved_plan_is_a_hash() {
    let hash = "0123456789abcdef".repeat(4);
    assert_eq!(parse(APPROVED_PLAN, &hash).unwrap().approved_plan, Some(hash.clone()));
    for wrong in ["", "x", "true", &hash.to_uppercase(), &hash[1..], &format!("{hash} ")] {
        assert!(parse(APPROVED_PLAN, wrong).unwrap_err().to_string().contains("the hash of a plan"), "{wrong}");
    }
}

#[test]
fn a_long_request_is_cut_to_what_status_can_hold() {
    let annotations = parse(RECONCILE_REQUESTED_AT, &"ä".repeat(300)).unwrap();
    assert_eq!(annotations.reconcile_requested_at, Some("ä".repeat(256)));
}

#[test]
fn a_resource_that_moves_names_the_other_one_with_its_namespace() {
    for key in [MOVED_FROM, MOVED_TO] {
        for wrong in
            ["", "x", "/x", "x/", "a/b/c", "A/b", "a/b ", "a.b/c", "-a/b", "a/b-", &format!("{}/b", "a".repeat(64))]
        {
            let error = parse(key, wrong).unwrap_err().to_string();
            let allowed = "must be 'namespace/name' of a resource of the same kind, not '";
            assert!(error.starts_with(&format!("annotation '{key}' {allowed}")), "{wrong}: {error}");
        }
    }
    let parsed = parse(MOVED_FROM, "team-a/my.service").unwrap();
    assert_eq!((parsed.moved_from.unwrap().to_string().as_str(), parsed.moved_to), ("team-a/my.service", None));
    let parsed = parse(MOVED_TO, "b/x").unwrap();
    assert_eq!((parsed.moved_to.unwrap().to_string().as_str(), parsed.moved_from), ("b/x", None));
}
