//! What is told of an operator that is not there.

use serde_json::json;

use super::*;
use crate::cli::kubectl::check::answers::cluster;

#[tokio::test]
async fn a_service_account_that_does_not_exist_is_one_line() {
    let (cluster, _) = cluster(|asked| match asked {
        "POST /apis/authorization.k8s.io/v1/subjectaccessreviews" => {
            Some(json!({ "metadata": {}, "spec": {}, "status": { "allowed": false } }))
        }
        "GET /api/v1/namespaces/operator" => Some(json!({ "metadata": { "name": "operator" } })),
        "GET /api/v1/namespaces/operator/serviceaccounts/bare" => Some(json!({ "metadata": { "name": "bare" } })),
        _ => None,
    });
    for (name, expected) in [
        ("nosuch", "the ServiceAccount operator/nosuch: does not exist, and has none of the "),
        ("bare", "the ServiceAccount operator/bare: has none of the "),
    ] {
        let account = ServiceAccountName { namespace: "operator".to_owned(), name: name.to_owned() };
        let lines = of_operator(&cluster, "operator", RoleForm::Cluster, Some(&account)).await.unwrap();
        let missing: Vec<_> = lines.iter().filter(|line| line.result == CheckResult::Missing).collect();
        assert_eq!(missing.len(), 1, "{lines:?}");
        assert!(missing[0].message.starts_with(expected), "{missing:?}");
    }
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_one_line() {
    let (cluster, requests) = cluster(|asked| {
        let review = json!({ "metadata": {}, "spec": {}, "status": { "allowed": true } });
        asked.starts_with("POST ").then_some(review)
    });
    let lines = of_operator(&cluster, "nosuchns", RoleForm::Cluster, None).await.unwrap();
    let told: Vec<_> = lines.iter().filter(|line| line.result != CheckResult::Ok).collect();
    assert_eq!(told.len(), 1, "{lines:?}");
    assert_eq!(told[0].message, "the namespace 'nosuchns' does not exist");
    assert!(!requests.lock().iter().any(|asked| asked.contains("leases") || asked.contains("configmaps")));
}
