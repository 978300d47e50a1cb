//! What calls are named: by what they do, to which resource, and who hears of it.

use serde_json::json;

use crate::cli::plan::tests::bench::{Bench, SECRET, file};

fn manifest(kind: &str, name: &str, spec: &str) -> String {
    format!("{{apiVersion: ping-operator.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}}}, spec: {{{spec}}}}}")
}

#[tokio::test]
async fn each_call_is_named_by_what_it_does_and_who_hears_of_it() {
    let bench = Bench::start().await;
    let owner = "owner: {teamRef: {name: platform}}";
    let manifests = [
        bench.config("default"),
        SECRET.to_owned(),
        manifest("Team", "platform", "name: Platform, members: [{email: ada@example.com}]"),
        manifest("Service", "web", "name: Web, teamRef: {name: platform}"),
        manifest(
            "NotificationChannel",
            "hook",
            &format!("{owner}, type: webhook, value: 'https://example.com/x', enabled: false"),
        ),
        manifest("NotificationChannel", "phone", &format!("{owner}, type: sms, value: '+994551234567'")),
    ];
    let planned = bench.plan(&manifests.each_ref().map(String::as_str), &[]).await.unwrap();
    let reasons: Vec<_> =
        planned.report.objects.iter().flat_map(|object| &object.calls).map(|call| call.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "create Team platform",
            "invite ada@example.com (sends an e-mail)",
            "create Service web",
            "create NotificationChannel hook",
            "disable NotificationChannel hook",
            "create NotificationChannel phone (sends a code to the address)",
        ]
    );
    let expected =
        "\n**Reaches people** (2)\n\n- `invite ada@example.com (sends an e-mail)` of `Team default/platform`\n";
    assert!(planned.markdown.contains(expected), "{}", planned.markdown);
}

#[tokio::test]
async fn what_is_renamed_and_deleted_is_named_by_the_resource() {
    let bench = Bench::start().await;
    bench.human("POST", "/customer-cmd/v1/team", json!({ "name": "Old" }));
    bench.human("POST", "/customer-cmd/v1/team", json!({ "name": "Gone" }));
    let (old, gone) = (manifest("Team", "one", "name: Old"), manifest("Team", "two", "name: Gone"));
    let before = file(&[bench.config("default"), old, gone].join("\n---\n"));
    let new = manifest("Team", "one", "name: New");
    let flags = ["--prune-from", before.to_str().unwrap()];
    let planned = bench.plan(&[&bench.config("default"), SECRET, &new], &flags).await.unwrap();
    for expected in ["rename Team one: Old → New\n", "delete Team two\n"] {
        assert!(planned.text.contains(expected), "{}", planned.text);
    }
    assert!(planned.markdown.contains("**Deletes or removes** (1)\n\n- `delete Team two` of `Team default/two`\n"));
    std::fs::remove_file(before).unwrap();
}
