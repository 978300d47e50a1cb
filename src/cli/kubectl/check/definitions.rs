//! Whether the CRDs are installed, and those of this version.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;

use crate::api::crds;
use crate::api::kinds::Kind;
use crate::cli::cluster::objects::{ClusterObjects, resource_name};
use crate::cli::cluster::trouble::{ClusterRequest, ClusterTrouble};
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::cli::kubectl::select::released;

const TOPIC: &str = "CRDs";
/// What installs them.
const INSTALL: &str = "`ping-operator crds | kubectl apply --server-side -f -`";

/// A line for each CRD that is not as this version has it, or one for all.
pub(crate) async fn lines(cluster: &ClusterObjects) -> Vec<CheckLine> {
    let mut lines = Vec::new();
    let mut number = 0_usize;
    for kind in released() {
        number += 1;
        let found = find(cluster, kind).await;
        lines.extend(line(kind, &found));
    }
    if lines.is_empty() {
        let version = env!("CARGO_PKG_VERSION");
        lines.push(CheckLine::ok(TOPIC, format!("all {number} are installed, as version {version} has them")));
    }
    lines
}

async fn find(cluster: &ClusterObjects, kind: Kind) -> Result<Option<CustomResourceDefinition>, ClusterTrouble> {
    let name = resource_name(kind);
    let request = ClusterRequest::new("get", "customresourcedefinitions.apiextensions.k8s.io", None).about(&name);
    cluster.check(request, Api::all(cluster.client.clone()).get_opt(&name).await)
}

/// What is told of a CRD; nothing if it is as this version has it.
fn line(kind: Kind, found: &Result<Option<CustomResourceDefinition>, ClusterTrouble>) -> Option<CheckLine> {
    let name = resource_name(kind);
    match found {
        Err(trouble) => Some(CheckLine::unseen(TOPIC, trouble)),
        Ok(None) => Some(CheckLine::bad(TOPIC, CheckResult::Missing, format!("{name} is not installed"), INSTALL)),
        Ok(Some(_)) if found.as_ref().is_ok_and(|found| is_as_here(kind, found.as_ref())) => None,
        Ok(Some(_)) => {
            let message = format!("{name} is not as version {} has it", env!("CARGO_PKG_VERSION"));
            let action = format!("if the operator has this version: {INSTALL}");
            Some(CheckLine::bad(TOPIC, CheckResult::Warning, message, &action))
        }
    }
}

/// Whether the schemas of a CRD are those of this version.
fn is_as_here(kind: Kind, found: Option<&CustomResourceDefinition>) -> bool {
    let schemas = |crd: &CustomResourceDefinition| -> Vec<_> {
        crd.spec.versions.iter().map(|version| (version.name.clone(), version.schema.clone())).collect()
    };
    let here = crds::definition(kind).ok();
    found.map(schemas).zip(here.as_ref().map(schemas)).is_some_and(|(found, here)| found == here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crd_that_is_absent_or_another_one_is_told() {
        let here = crds::definition(Kind::Team).unwrap();
        let mut other = here.clone();
        other.spec.versions[0].schema = None;
        assert_eq!(line(Kind::Team, &Ok(Some(here))), None);
        let told = |found| line(Kind::Team, &Ok(found)).unwrap();
        assert_eq!(told(Some(other)).result, CheckResult::Warning);
        assert_eq!(told(None).message, "teams.ping-operator.dev is not installed");
    }
}
