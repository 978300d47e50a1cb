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
