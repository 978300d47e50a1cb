//! Who holds the Leases of operators, and whether they live.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::ListParams;
use kube::{Api, ResourceExt};

use crate::api::annotations::is_ours;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::cluster::trouble::ClusterRequest;
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::cli::kubectl::words::age;

const TOPIC: &str = "operator";
/// How the default name of a Lease begins.
const NAME: &str = "ping-operator";

/// A line for each Lease of an operator.
pub(crate) async fn lines(cluster: &ClusterObjects, namespace: &str) -> Vec<CheckLine> {
    let request = ClusterRequest::new("list", "leases.coordination.k8s.io", Some(namespace));
    let listed = Api::<Lease>::namespaced(cluster.client.clone(), namespace).list(&ListParams::default()).await;
    let leases = match cluster.check(request, listed) {
        Ok(leases) => leases.items,
        Err(trouble) => return vec![CheckLine::unseen(TOPIC, &trouble)],
    };
    let is_of_operator =
        |lease: &&Lease| lease.name_any().starts_with(NAME) || lease.labels().keys().any(|key| is_ours(key));
    let lines: Vec<_> = leases.iter().filter(is_of_operator).map(|lease| line(lease, Timestamp::now())).collect();
    if lines.is_empty() {
        let message = format!("no Lease in the namespace '{namespace}': no operator runs there");
        let action = "if it runs in another namespace, name it by --operator-namespace; else `kubectl -n ping-operator get pods`";
        return vec![CheckLine::bad(TOPIC, CheckResult::Warning, message, action)];
    }
    lines
}

/// What is told of a Lease.
fn line(lease: &Lease, now: Timestamp) -> CheckLine {
    let (name, spec) = (lease.name_any(), lease.spec.clone().unwrap_or_default());
    let holder = spec.holder_identity.filter(|holder| !holder.is_empty());
    let renewed = spec.renew_time.map(|time| time.0);
    let lasts = SignedDuration::from_secs(spec.lease_duration_seconds.unwrap_or_default().into());
    let ago = age(renewed, now);
    match holder {
        Some(holder) if renewed.is_some_and(|renewed| now.duration_since(renewed) <= lasts) => {
            CheckLine::ok(TOPIC, format!("the Lease '{name}' is held by '{holder}', renewed {ago} ago"))
        }
        Some(holder) => {
            let message =
                format!("the Lease '{name}' was last renewed {ago} ago, by '{holder}': nobody works there now");
            let action = "if an operator should: `kubectl -n ping-operator get pods`, and their logs";
            CheckLine::bad(TOPIC, CheckResult::Warning, message, action)
        }
        None => CheckLine::ok(TOPIC, format!("the Lease '{name}' has no holder: it was given back")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lease_says_who_works_and_one_that_nobody_renews_that_nobody_does() {
        let lease = |holder: &str| {
            let spec = json!({ "holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z" });
            let lease = json!({ "metadata": { "name": "ping-operator" }, "spec": spec });
            serde_json::from_value::<Lease>(lease).unwrap()
        };
        let at = |time: &str| time.parse().unwrap();
        let told = line(&lease("pod-1"), at("2026-01-01T00:00:05Z"));
        assert_eq!((told.result, told.message.contains("held by 'pod-1', renewed 5s ago")), (CheckResult::Ok, true));
        assert_eq!(line(&lease("pod-1"), at("2026-01-01T00:05:00Z")).result, CheckResult::Warning);
        assert!(line(&lease(""), at("2026-01-01T00:05:00Z")).message.contains("no holder"));
    }
}
