//! `approve`: shows the calls that wait for a person, and approves exactly those.

use std::process::ExitCode;

use serde::Deserialize;

use crate::api::annotations::APPROVED_PLAN;
use crate::api::approval::PendingPlan;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::question::QuestionArgs;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::select::single;
use crate::cli::kubectl::write::annotate_as_shown;

/// Flags of `approve`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  kubectl ping approve team/platform")]
pub(crate) struct Args {
    /// The resource.
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    #[command(flatten)]
    question: QuestionArgs,
}

impl Args {
    /// Shows the calls, asks, and approves them.
    ///
    /// # Errors
    /// Nothing waits, the person says no, or the resource changed meanwhile.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let resource = single(cluster, &self.resource).await?;
        let pending = pending(&resource)?;
        self.question.ask(&shown(&resource, &pending))?;
        annotate_as_shown(cluster, &resource, APPROVED_PLAN, &pending.hash).await?;
        println!("approved: {} ({})", resource.title(), pending.hash);
        Ok(ExitCode::SUCCESS)
    }
}

/// The plan that waits.
fn pending(resource: &ClusterResource) -> Result<PendingPlan, String> {
    let plan = resource.value.pointer("/status/pendingPlan");
    let plan: Option<PendingPlan> = plan.and_then(|plan| PendingPlan::deserialize(plan).ok());
    let plan = plan.ok_or_else(|| format!("{} has no call that waits for an approval", resource.title()))?;
    if resource.annotation(APPROVED_PLAN) == Some(plan.hash.as_str()) {
        return Err(format!("the plan {} of {} is approved already", plan.hash, resource.title()));
    }
    Ok(plan)
}

fn shown(resource: &ClusterResource, plan: &PendingPlan) -> String {
    let calls: Vec<_> = plan.calls.iter().map(|call| format!("  {call}\n")).collect();
    format!("{} waits to do this (plan {}):\n{}", resource.title(), plan.hash, calls.concat())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::kinds::Kind;

    fn team(status: &Value, approved: &str) -> ClusterResource {
        let metadata = json!({ "namespace": "n", "name": "t", "annotations": { APPROVED_PLAN: approved } });
        ClusterResource::new(Kind::Team, json!({ "metadata": metadata, "status": status }))
    }

    #[test]
    fn what_waits_is_shown_and_what_does_not_wait_is_told() {
        let waiting = json!({ "pendingPlan": { "hash": "abc", "calls": ["delete team 7", "remove a@example.com"] } });
        let resource = team(&waiting, "other");
        let plan = pending(&resource).unwrap();
        assert_eq!(
            shown(&resource, &plan),
            "Team n/t waits to do this (plan abc):\n  delete team 7\n  remove a@example.com\n"
        );
        assert!(pending(&team(&waiting, "abc")).unwrap_err().contains("approved already"));
        for nothing in [json!({}), json!({ "pendingPlan": {} }), json!({ "pendingPlan": null })] {
            assert!(pending(&team(&nothing, "")).unwrap_err().contains("no call that waits"), "{nothing}");
        }
    }
}
