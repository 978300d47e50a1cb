//! `check`: whether everything that the operator needs is there: rights, CRDs, an operator that works, providers, the clock.

#[cfg(test)]
pub(crate) mod answers;
pub(crate) mod clock;
pub(crate) mod definitions;
pub(crate) mod leases;
pub(crate) mod ledger;
pub(crate) mod line;
pub(crate) mod presence;
pub(crate) mod providers;
pub(crate) mod rights;
pub(crate) mod role;
#[cfg(test)]
mod tests;

use std::io;
use std::process::ExitCode;

use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::check::line::{CheckLine, CheckResult};
use crate::cli::kubectl::check::role::{RoleForm, ServiceAccountName};
use crate::cli::kubectl::output::OutputArgs;
use crate::cli::network::NetworkArgs;
use crate::cli::output::wants_colours;
use crate::cli::values::{ValueList, endpoints, namespace, unique};

/// Flags of `check`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  kubectl ping check
  kubectl ping check --service-account ping-operator/ping-operator
  kubectl ping check --namespaced -n monitoring

Providers are asked from this machine, without a token, and not from the operator's pod.
Exit code: 0 nothing is missing, 1 something is, 2 an error.")]
pub(crate) struct Args {
    /// Whose rights: a `ServiceAccount` as NS/NAME. It needs the right to create `SubjectAccessReviews`. Default: your own.
    #[arg(long, value_name = "NS/NAME")]
    service_account: Option<ServiceAccountName>,
    /// Namespace of the operator. Default: that of --service-account, or else `ping-operator`.
    #[arg(long, value_name = "NS", value_parser = namespace)]
    operator_namespace: Option<String>,
    /// Check the rights in the namespace of -n only, as deploy/kustomize/namespaced gives them.
    #[arg(long)]
    namespaced: bool,
    /// Ask also this host, or host:port, of `spec.endpoints` of a config. Repeatable.
    #[arg(long, value_name = "HOST", value_parser = endpoints)]
    allow_endpoint: Vec<ValueList>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Checks everything and prints the result.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub(crate) async fn run(self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let lines = self.lines(cluster).await?;
        self.output.print(&lines, [], || line::text(&lines, wants_colours(&io::stdout())))?;
        let is_missing = lines.iter().any(|line| line.result == CheckResult::Missing);
        Ok(if is_missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn lines(&self, cluster: &ClusterObjects) -> Result<Vec<CheckLine>, String> {
        let of_account = self.service_account.as_ref().map(|account| account.namespace.clone());
        let operator = self.operator_namespace.clone().or(of_account).unwrap_or_else(|| "ping-operator".to_owned());
        let form = if self.namespaced { RoleForm::Namespaced } else { RoleForm::Cluster };
        let mut lines = everything(cluster, &operator, form, self.service_account.as_ref()).await?;
        let allowed = unique(self.allow_endpoint.clone());
        lines.extend(providers::lines(cluster, &allowed, &self.network.network()?).await);
        Ok(lines)
    }
}

/// What is checked within the cluster.
///
/// # Errors
/// The cluster does not answer.
pub(crate) async fn everything(
    cluster: &ClusterObjects,
    operator_namespace: &str,
    form: RoleForm,
    account: Option<&ServiceAccountName>,
) -> Result<Vec<CheckLine>, String> {
    let mut lines = vec![clock::line(cluster).await?];
    lines.extend(definitions::lines(cluster).await);
    lines.extend(of_operator(cluster, operator_namespace, form, account).await?);
    Ok(lines)
}

/// What is checked of the operator itself: its rights, its Leases, and what it let go.
async fn of_operator(
    cluster: &ClusterObjects,
    operator_namespace: &str,
    form: RoleForm,
    account: Option<&ServiceAccountName>,
) -> Result<Vec<CheckLine>, String> {
    let mut questions = form.questions(&cluster.namespace, operator_namespace);
    if presence::is_namespace_absent(cluster, operator_namespace).await {
        let mut lines = vec![presence::absent_namespace(operator_namespace)];
        questions.retain(|question| question.namespace != operator_namespace);
        if !questions.is_empty() {
            lines.extend(rights::lines(cluster, questions, account).await?);
        }
        return Ok(lines);
    }
    let mut lines = rights::lines(cluster, questions, account).await?;
    lines.extend(leases::lines(cluster, operator_namespace).await);
    lines.push(ledger::line(cluster, operator_namespace).await);
    Ok(lines)
}
