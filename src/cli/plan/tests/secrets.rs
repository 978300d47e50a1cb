//! Secrets that the manifests do not show: what depends on them is known when the manifests are applied.

use serde_json::json;

use crate::cli::plan::report::{PlannedAction, PlannedObject};
use crate::cli::plan::tests::bench::{Bench, Planned, SECRET, file};
use crate::plan::kinds::channel::identity::ChannelId;
use crate::provider::model::ids::{ChannelOwner, CustomerId};
use crate::provider::model::sensitive::Sensitive;

const HOOK: &str = "{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {name: hook}, \
                    spec: {owner: {customer: {}}, type: webhook, valueFrom: {secretKeyRef: {name: hooks, key: url}}}}";
const TEAM: &str =
    "{apiVersion: ping-operator.dev/v1alpha1, kind: Team, metadata: {name: platform}, spec: {name: Platform}}";

fn object<'a>(planned: &'a Planned, name: &str) -> &'a PlannedObject {
    planned.report.objects.iter().find(|object| object.name == name).unwrap()
}

#[tokio::test]
async fn a_channel_whose_secret_is_not_there_blocks_nothing_and_is_counted_apart() {
    let bench = Bench::start().await;
    let planned = bench.plan(&[&bench.config("default"), SECRET, TEAM, HOOK], &[]).await.unwrap();
    assert!(
        planned.text.contains(
            "? known when applied: NotificationChannel default/hook\n    \
             spec.valueFrom: (known when applied): the Secret 'hooks' is not among the manifests\n"
        ),
        "{}",
        planned.text
    );
    assert_eq!(planned.total(), "1 to create, 0 to change, 0 to delete, 0 unchanged, 1 calls, 1 known when applied");
    assert_eq!(planned.told, "");
}

#[tokio::test]
async fn the_source_of_a_hidden_value_is_named() {
    let bench = Bench::start().await;
    let sops = "{apiVersion: v1, kind: Secret, metadata: {name: hooks}, data: {url: 'ENC[AES256_GCM,data:SECRET==]'}, sops: {}}";
    let sealed = "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: hooks}, spec: {encryptedData: {url: AgB}}}";
    let external = "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: vault}, spec: {target: {name: hooks}}}";
    for (source, expected) in [
        (sops, "the value in the Secret 'hooks' is encrypted with SOPS"),
        (sealed, "the Secret 'hooks' is made by the SealedSecret 'hooks'"),
        (external, "the Secret 'hooks' is made by the ExternalSecret 'vault'"),
    ] {
        let planned = bench.plan(&[&bench.config("default"), SECRET, source, HOOK], &[]).await.unwrap();
        assert_eq!(object(&planned, "hook").unknown[0].message, expected);
        assert!(!planned.text.contains("ENC["), "{}", planned.text);
    }
}

#[tokio::test]
async fn a_token_that_is_encrypted_is_never_sent_and_the_config_is_told_once_with_the_flag() {
    let bench = Bench::start().await;
    let service = "{apiVersion: ping-operator.dev/v1alpha1, kind: Service, metadata: {name: web}, spec: {name: web, teamRef: {name: platform}}}";
    for field in ["stringData", "data"] {
        let secret = format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: pinghome}}, {field}: {{token: 'ENC[AES256_GCM,data:abc==]'}}}}"
        );
        let planned = bench.plan(&[&bench.config("default"), &secret, TEAM, service], &[]).await.unwrap();
        assert_eq!(
            planned.told,
            "FILE:1:1: ProviderConfig default/default: SecretNotFound: the token of the config 'default' is not known: the value in the Secret \
             'pinghome' is encrypted with SOPS; put the token into an environment variable and give its name by --token default=ENV \
             (2 resources are not planned)"
        );
        assert_eq!(planned.report.totals.blocked, 2, "{}", planned.text);
    }
    assert_eq!(bench.emulator.journal().len(), 0);
}

#[tokio::test]
async fn a_recorded_channel_is_planned_exactly_although_its_address_is_not_known() {
    let bench = Bench::start().await;
    let address = "https://example.com/SECRET-PATH";
    let id = bench.human("GET", "/customer-query/v1/customer", json!({}))["customer_id"].as_str().unwrap().to_owned();
    let path = format!("/customer-cmd/v1/customer/{id}/notification-channel");
    bench.human("POST", &path, json!({ "type": "webhook", "value": address }));
    let owner = ChannelOwner::Customer(CustomerId::parse(&id).unwrap());
    let recorded = ChannelId::of(&owner, "webhook", &Sensitive::new(address)).to_string();
    let before = HOOK.replace("spec: {", &format!("status: {{externalId: '{recorded}'}}, spec: {{"));
    let before = file(&[bench.config("default"), before].join("\n---\n"));
    let flags = ["--prune-from", before.to_str().unwrap()];
    let disabled = HOOK.replace("type: webhook", "enabled: false, type: webhook");
    let other = HOOK.replace("key: url", "key: another");
    let config = bench.config("default");
    let plan = async |hook: &str| bench.plan(&[&config, SECRET, hook], &flags).await.unwrap();
    let same = plan(HOOK).await;
    assert_eq!(same.total(), "0 to create, 0 to change, 0 to delete, 1 unchanged, 0 calls");
    let changed = plan(&disabled).await;
    assert_eq!(changed.total(), "0 to create, 1 to change, 0 to delete, 0 unchanged, 1 calls", "{}", changed.text);
    let moved = plan(&other).await;
    assert_eq!(object(&moved, "hook").action, PlannedAction::Unknown, "{}", moved.text);
    for planned in [same, changed, moved] {
        assert!(!planned.text.contains("SECRET-PATH"), "{}", planned.text);
    }
    std::fs::remove_file(before).unwrap();
}

#[tokio::test]
async fn what_equals_the_previous_manifests_is_unchanged_and_what_they_alone_have_may_be_deleted() {
    let bench = Bench::start().await;
    let config = bench.config("default");
    let before = file(&[&config, HOOK].map(str::to_owned).join("\n---\n"));
    let flags = ["--prune-from", before.to_str().unwrap()];
    let same = bench.plan(&[&config, SECRET, HOOK], &flags).await.unwrap();
    assert_eq!(same.total(), "0 to create, 0 to change, 0 to delete, 1 unchanged, 0 calls", "{}", same.text);
    assert_eq!(object(&same, "hook").unknown.len(), 1);
    let gone = bench.plan(&[&config, SECRET], &flags).await.unwrap();
    assert_eq!(gone.total(), "0 to create, 0 to change, 0 to delete, 0 unchanged, 0 calls, 1 known when applied");
    assert!(gone.text.contains("and which object is deleted depends on it"), "{}", gone.text);
    std::fs::remove_file(before).unwrap();
}

#[tokio::test]
async fn a_code_that_is_not_known_matters_only_while_one_is_awaited() {
    let bench = Bench::start().await;
    let id = bench.human("GET", "/customer-query/v1/customer", json!({}))["customer_id"].as_str().unwrap().to_owned();
    let sms = |number: &str| {
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: NotificationChannel, metadata: {{name: n{number}}}, spec: {{owner: {{customer: {{}}}}, \
             type: sms, value: '+{number}', verification: {{codeSecretRef: {{name: codes, key: code}}}}}}}}"
        )
    };
    let channel = json!({ "type": "sms", "value": "+994551234567" });
    bench.human("POST", &format!("/customer-cmd/v1/customer/{id}/notification-channel"), channel);
    let manifests = [bench.config("default"), SECRET.to_owned(), sms("994551234567"), sms("994550000000")];
    let planned = bench.plan(&manifests.each_ref().map(String::as_str), &[]).await.unwrap();
    let listed = object(&planned, "n994551234567");
    assert_eq!((listed.action, listed.unknown[0].field.as_str()), (PlannedAction::Unknown, "spec.verification"));
    // The code that is in the Secret now is not the one that a create mails.
    let new = object(&planned, "n994550000000");
    assert_eq!((new.action, new.unknown.len()), (PlannedAction::Create, 0), "{}", planned.text);
}

#[tokio::test]
async fn a_token_for_a_config_that_is_not_there_is_an_error_that_names_those_that_are() {
    let bench = Bench::start().await;
    let manifests = [bench.config("default"), bench.config("other")];
    let errors = bench.plan(&[&manifests[0], &manifests[1]], &["--token", "defualt=NOWHERE"]).await.err().unwrap();
    assert_eq!(
        errors,
        [
            "--token defualt=NOWHERE: the config 'defualt' is not among the manifests (there are: default, other); did you mean 'default'?"
        ]
    );
    let errors = bench.plan(&[TEAM], &["--token", "x=NOWHERE"]).await.err().unwrap();
    assert!(errors[0].contains("(there is none at all)"), "{errors:?}");
}
