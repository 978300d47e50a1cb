//! Whether a namespace or a `ServiceAccount` exists. Who may not see that goes on as if it does.

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::Api;

use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::cli::kubectl::check::role::ServiceAccountName;

/// Whether it is known that a namespace does not exist.
pub(crate) async fn is_namespace_absent(cluster: &ClusterObjects, namespace: &str) -> bool {
    let found = Api::<Namespace>::all(cluster.client.clone()).get_metadata_opt(namespace).await;
    found.is_ok_and(|found| found.is_none())
}

/// Passes if the namespace exists, as far as can be seen.
///
/// # Errors
/// It does not.
pub(crate) async fn check_namespace(cluster: &ClusterObjects, namespace: &str) -> Result<(), String> {
    if is_namespace_absent(cluster, namespace).await {
        return Err(format!("{} has no namespace '{namespace}'", cluster.cluster));
    }
    Ok(())
}

/// Whether it is known that a `ServiceAccount` does not exist.
pub(crate) async fn is_account_absent(cluster: &ClusterObjects, account: &ServiceAccountName) -> bool {
    let ServiceAccountName { namespace, name } = account;
    let found = Api::<ServiceAccount>::namespaced(cluster.client.clone(), namespace).get_metadata_opt(name).await;
    found.is_ok_and(|found| found.is_none())
}

/// What is told of an operator's namespace that does not exist.
pub(crate) fn absent_namespace(namespace: &str) -> CheckLine {
    CheckLine::bad(
        "operator",
        CheckResult::Missing,
        format!("the namespace '{namespace}' does not exist"),
        "name the operator's namespace by --operator-namespace, or install the operator (docs/install.md)",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::kubectl::check::answers::cluster;

    #[tokio::test]
    async fn a_namespace_that_does_not_exist_is_an_error_where_that_can_be_seen() {
        let (cluster, _) = cluster(|asked| match asked {
            "GET /api/v1/namespaces/there" => Some(json!({ "metadata": { "name": "there" } })),
            "GET /api/v1/namespaces/unseen" => Some(json!("no object")),
            _ => None,
        });
        let told = check_namespace(&cluster, "absent").await;
        assert_eq!(told, Err("the cluster 'c' has no namespace 'absent'".to_owned()));
        assert_eq!(check_namespace(&cluster, "there").await, Ok(()));
        assert_eq!(check_namespace(&cluster, "unseen").await, Ok(()));
    }
}
