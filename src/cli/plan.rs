//! `plan`: every provider call that applying manifests would cause, and the reason. It has only a
//! [`Reader`](crate::connection::reader::Reader), so it cannot write.

pub(crate) mod accounts;
pub(crate) mod beside;
pub(crate) mod distinct;
pub(crate) mod fetch;
pub(crate) mod find_moves;
pub(crate) mod live;
pub(crate) mod mask;
pub(crate) mod moves;
pub(crate) mod notes;
pub(crate) mod one_account;
pub(crate) mod others;
pub(crate) mod pace;
pub(crate) mod participant;
pub(crate) mod presumed;
pub(crate) mod previous;
pub(crate) mod progress;
pub(crate) mod recorded;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod simulate;
pub(crate) mod taking_over;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
pub(crate) mod trouble;
pub(crate) mod unchanged;
pub(crate) mod unknown;
pub(crate) mod write_approvals;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;

use crate::api::resource_key::ResourceKey;
use crate::cli::diagnostic::{Diagnostic, Level};
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifests::Manifest;
use crate::cli::network::NetworkArgs;
use crate::cli::output::{print, wants_colours};
use crate::cli::plan::accounts::OpenAccounts;
use crate::cli::plan::live::LiveArgs;
use crate::cli::plan::mask::Mask;
use crate::cli::plan::pace::Pace;
use crate::cli::plan::progress::Progress;
use crate::cli::plan::report::PlanReport;
use crate::cli::plan::simulate::Simulation;
use crate::cli::plan::write_approvals::ApprovalArgs;
use crate::cli::schema::Definitions;
use crate::cli::values::{ValueList, endpoints, unique};
use crate::connection::endpoints::AllowedEndpoints;
use crate::connection::http::Http;

/// Flags of `plan`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator plan -f manifests/
  kubectl kustomize overlays/production | PINGHOME=… ping-operator plan -f - --token default=PINGHOME
  ping-operator plan -f manifests/ --prune-from old-manifests/ -o markdown
  kubectl get ping -o yaml | ping-operator plan -f manifests/ --prune-from - --token default=PINGHOME
  ping-operator plan -f manifests/ --live --context production --token default=PINGHOME

Tokens are read from Secrets among the manifests, or from --token. Nothing is written. The values of Secrets that are not among the
manifests, or are encrypted, are not known: what depends on them is `(known when applied)`.
Exit code: 0 no changes, 1 changes or something that is known when applied, 2 an error or a resource that cannot become Ready.")]
pub(crate) struct Args {
    /// Manifests: a file, a folder with its subfolders, or `-` for standard input. Repeatable.
    #[arg(short, long = "filename", value_name = "PATH", required = true, num_args = 1..)]
    filename: Vec<PathBuf>,
    /// Token of a config: the config's name and the environment variable that holds the token. Repeatable.
    #[arg(long, value_name = "NAME=ENV")]
    token: Vec<String>,
    /// Allowed host, or host:port, for `spec.endpoints` of a config. Repeatable.
    #[arg(long, value_name = "HOST", value_parser = endpoints)]
    allow_endpoint: Vec<ValueList>,
    /// What is in the cluster now, before the change: a file, a folder or `-`. It says which external object belongs to which resource: manifests from Git by the
    /// names in them, and what `kubectl get ping -o yaml` prints by its statuses. Resources that only it contains are planned for deletion.
    #[arg(long, value_name = "PATH")]
    prune_from: Option<PathBuf>,
    /// Without --prune-from and --live, let nothing be presumed: an object that bears the name of a manifest stops it (`NameTaken`), as it stops a new resource.
    #[arg(long)]
    strict_ownership: bool,
    /// Look only at what differs from what is applied, which --prune-from or --live names: fewer reads. What was changed at the provider meanwhile is not seen for the others.
    #[arg(long)]
    changed_only: bool,
    /// Namespace of manifests that set none.
    #[arg(short, long, value_name = "NS", default_value = "default")]
    namespace: String,
    /// Output format.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: PlanFormat,
    /// Use other exit codes: 0 no changes, 1 an error or a resource that cannot become Ready, 2 changes.
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    approvals: ApprovalArgs,
    /// Calls a second to each account. Default: half of `spec.rateLimit` of the config.
    #[arg(long, value_name = "N", value_parser = pace::rate)]
    rate: Option<f64>,
    /// How long reading may take in all, with the pauses that providers ask for, such as `90s` or `10m`.
    #[arg(long, value_name = "D", default_value = "10m", value_parser = pace::timeout)]
    timeout: Duration,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum PlanFormat {
    Text,
    Json,
    Markdown,
}

impl Args {
    /// Plans and prints the report; returns the exit code of the command.
    pub(crate) fn run(self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let planned =
            runtime.map_err(|error| vec![error.to_string()]).and_then(|runtime| runtime.block_on(self.plan()));
        let (same, differs, wrong) = if self.detailed_exitcode { (0, 2, 1) } else { (0, 1, 2) };
        let messages = planned.and_then(|report| {
            self.approvals.write(&report).map_err(|error| vec![error])?;
            print(self.format(&report).as_bytes()).map_err(|error| vec![error.to_string()])?;
            Ok(report)
        });
        match messages {
            Ok(report) => {
                trouble::print(&report, self.knows_applied());
                let totals = &report.totals;
                ExitCode::from(match (totals.blocked, totals.calls + totals.unknown) {
                    (0, 0) => same,
                    (0, _) => differs,
                    _ => wrong,
                })
            }
            Err(errors) => {
                for error in errors {
                    eprintln!("error: {error}");
                }
                ExitCode::from(wrong)
            }
        }
    }

    async fn plan(&self) -> Result<PlanReport, Vec<String>> {
        let Sources { set, old, unchanged, elsewhere } = self.sources().await?;
        tokens::check_names(&self.token, &set).map_err(|error| vec![error])?;
        let tokens = tokens::read(&self.token).map_err(|error| vec![error])?;
        let allowed = AllowedEndpoints::new(unique(self.allow_endpoint.clone()));
        let http = Http::new(&self.network.network().map_err(|error| vec![error])?);
        let http = http.map_err(|error| vec![error.to_string()])?;
        let pace = Pace::begin(self.rate, self.timeout, Progress::on_stderr());
        let accounts = OpenAccounts::open(&set, &tokens, &allowed, &http, &pace);
        let mut simulation = Simulation::new(&set, accounts);
        (simulation.unchanged, simulation.elsewhere) = (unchanged, elsewhere);
        let used = &set.used_configs() | &old.used_configs();
        let reads = async {
            simulation.accounts.join(&set, &used).await?;
            simulation.simulate_previous(&old).await?;
            if !self.knows_applied() && !self.strict_ownership {
                simulation.presume().await?;
            }
            simulation.simulate().await
        };
        pace.keep(reads).await.map_err(|error| vec![error])?;
        if set.passed_over > 0 {
            eprintln!("skipped: {} objects of other kinds", set.passed_over);
        }
        let mask = Mask::new(set.secrets.values().chain(tokens.values().map(String::as_str)));
        let mut report =
            PlanReport::of(&simulation.outcomes, &mask, |outcome, host| simulation.authority(&outcome.config, host));
        report.unusable = simulation.accounts.unusable;
        report.totals.not_looked_at = simulation.not_looked_at;
        report.moves = simulation.moves;
        Ok(report)
    }

    /// The manifests, and what is applied now as far as it is said.
    async fn sources(&self) -> Result<Sources, Vec<String>> {
        let inputs = self.filename.iter().chain(&self.prune_from);
        if inputs.filter(|path| path.as_os_str() == "-").count() > 1 {
            return Err(vec!["standard input ('-') can be read once only: put one of the two into a file".to_owned()]);
        }
        let manifests = accepted(read(&self.filename)?, &self.namespace)?;
        let mut set = self.set(&manifests)?;
        distinct::check(&manifests, &set, &self.namespace).map_err(|refused| messages(&refused))?;
        if self.changed_only && !self.knows_applied() {
            return Err(vec!["--changed-only: name what is applied by --prune-from or --live".to_owned()]);
        }
        let mut namespaces = set.namespaces();
        namespaces.insert(self.namespace.clone());
        let mut old = self.applied(&set, &namespaces).await?;
        let unchanged = if self.changed_only { unchanged::unchanged(&old, &set) } else { BTreeSet::new() };
        let is_kept = |key: &ResourceKey| self.live.live && !(self.live.prune && namespaces.contains(&key.namespace));
        let elsewhere = set.keep(&old, is_kept);
        set.prune(&old);
        old.share(&set);
        Ok(Sources { set, old, unchanged, elsewhere })
    }

    /// Whether it is said what is applied now.
    fn knows_applied(&self) -> bool {
        self.prune_from.is_some() || self.live.live
    }

    /// What is applied now, as far as it is said.
    async fn applied(&self, set: &ManifestSet, namespaces: &BTreeSet<String>) -> Result<ManifestSet, Vec<String>> {
        if let Some(old) = &self.prune_from {
            return self.set(&read(std::slice::from_ref(old))?);
        }
        if !self.live.live {
            return Ok(ManifestSet::default());
        }
        let live = self.live.connect().await.map_err(|error| vec![error])?;
        let mut manifests = live.resources(namespaces).await.map_err(|error| vec![error])?;
        let secrets = live.secrets([set, &self.set(&manifests)?]).await.map_err(|error| vec![error])?;
        manifests.extend(secrets);
        self.set(&manifests)
    }

    fn set(&self, manifests: &[Manifest]) -> Result<ManifestSet, Vec<String>> {
        ManifestSet::of(manifests, &self.namespace).map_err(|refused| messages(&refused))
    }

    fn format(&self, report: &PlanReport) -> String {
        match self.output {
            PlanFormat::Text => show::text(report, wants_colours(&std::io::stdout())),
            PlanFormat::Markdown => show::markdown::markdown(report),
            PlanFormat::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
        }
    }
}

/// What is planned, and with what it is compared.
struct Sources {
    /// The manifests, with what only the applied ones have.
    set: ManifestSet,
    /// What is applied now.
    old: ManifestSet,
    /// The resources of which nothing changes, if those are not to be looked at.
    unchanged: BTreeSet<ResourceKey>,
    /// The resources for which nothing is planned: only the cluster has them.
    elsewhere: BTreeSet<ResourceKey>,
}

/// Reads the manifests of the paths.
fn read(paths: &[PathBuf]) -> Result<Vec<Manifest>, Vec<String>> {
    let (all, found) = crate::cli::manifests::read::read(paths);
    let (refused, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.level == Level::Error);
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    if all.is_empty() && refused.is_empty() {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(vec![format!("{}: there is no manifest in it", names.join(", "))]);
    }
    if refused.is_empty() { Ok(all) } else { Err(messages(&refused)) }
}

/// The same manifests, if the API server would accept them all.
fn accepted(all: Vec<Manifest>, namespace: &str) -> Result<Vec<Manifest>, Vec<String>> {
    let definitions = Definitions::new().map_err(|error| vec![error.to_string()])?;
    let ours = all.iter().filter(|manifest| definitions.applies_to(manifest));
    let refused: Vec<_> = ours.flat_map(|manifest| definitions.check(manifest, namespace)).collect();
    if !refused.is_empty() {
        return Err(messages(&refused));
    }
    let taken =
        |manifest: Manifest| if definitions.applies_to(&manifest) { definitions.pruned(&manifest) } else { manifest };
    Ok(all.into_iter().map(taken).collect())
}

fn messages(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(ToString::to_string).collect()
}
