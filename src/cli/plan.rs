//! `plan`: every call that applying manifests would cause, and why. It is given a [`Reader`](crate::connection::reader::Reader), so it cannot make one.

pub(crate) mod accounts;
pub(crate) mod previous;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod simulate;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::api::reason::Reason;
use crate::cli::diagnostic::Diagnostic;
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifests::Manifest;
use crate::cli::output::{print, wants_colours};
use crate::cli::plan::accounts::OpenAccounts;
use crate::cli::plan::report::{Mask, PlanReport, PlannedObject};
use crate::cli::plan::simulate::Simulation;
use crate::cli::schema::Definitions;
use crate::cli::token::token_in;
use crate::connection::endpoints::AllowedEndpoints;

/// Flags of `plan`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ping-operator plan -f manifests/
  kubectl kustomize overlays/production | PINGHOME=… ping-operator plan -f - --token default=PINGHOME
  ping-operator plan -f manifests/ --prune-from old-manifests/ -o markdown

Tokens come from Secrets among the manifests, or from --token. Nothing is written anywhere.
Exit code: 0 nothing to do, 1 something to do, 2 an error or something that cannot become Ready.")]
pub(crate) struct Args {
    /// Manifests: files, folders (with what is below them), `-` for standard input. Repeatable.
    #[arg(short, long = "filename", value_name = "PATH", required = true, num_args = 1..)]
    filename: Vec<PathBuf>,
    /// The token of a config: its name, and the environment variable that holds it. Repeatable.
    #[arg(long, value_name = "NAME=ENV")]
    token: Vec<String>,
    /// A host, or host:port, that configs may name as an endpoint. Repeatable.
    #[arg(long, value_name = "HOST")]
    allow_endpoint: Vec<String>,
    /// The manifests of before, which are applied: they tell which object is whose, and what only they have is planned to be deleted.
    /// A file, a folder, `-`.
    #[arg(long, value_name = "PATH")]
    prune_from: Option<PathBuf>,
    /// The namespace of manifests that name none.
    #[arg(short, long, value_name = "NS", default_value = "default")]
    namespace: String,
    /// The form of the output.
    #[arg(short, long, value_name = "FORM", default_value = "text")]
    output: PlanFormat,
    /// Exit code 0: nothing to do, 1: an error, 2: something to do.
    #[arg(long)]
    detailed_exitcode: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum PlanFormat {
    Text,
    Json,
    Markdown,
}

impl Args {
    pub(crate) fn run(self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let planned =
            runtime.map_err(|error| vec![error.to_string()]).and_then(|runtime| runtime.block_on(self.plan()));
        let (same, differs, wrong) = if self.detailed_exitcode { (0, 2, 1) } else { (0, 1, 2) };
        let messages = planned.and_then(|report| {
            print(self.shown(&report).as_bytes()).map_err(|error| vec![error.to_string()])?;
            Ok(report)
        });
        match messages {
            Ok(report) => {
                self.tell_blocked(&report);
                let totals = &report.totals;
                ExitCode::from(match (totals.blocked, totals.calls) {
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

    /// What is blocked, and where it is written.
    fn tell_blocked(&self, report: &PlanReport) {
        let blocked = || report.objects.iter().filter_map(|object| Some((object, object.blocked.as_ref()?)));
        for (PlannedObject { place, kind, namespace, name, .. }, why) in blocked() {
            eprintln!("{place}: {kind} {namespace}/{name}: {}: {}", why.reason, why.message);
        }
        if self.prune_from.is_none() && blocked().any(|(_, why)| why.reason == Reason::NameTaken) {
            eprintln!(
                "hint: what the operator made of manifests has no id in them: name the manifests that are applied by --prune-from"
            );
        }
    }

    async fn plan(&self) -> Result<PlanReport, Vec<String>> {
        let mut set = self.set(&accepted(read(&self.filename)?, &self.namespace)?)?;
        let old = self.prune_from.as_ref().map(|old| self.set(&read(std::slice::from_ref(old))?));
        let mut old = old.transpose()?.unwrap_or_default();
        set.prune(&old);
        old.share(&set);
        let tokens = self.tokens()?;
        let allowed = AllowedEndpoints::new(self.allow_endpoint.iter().cloned());
        let accounts = OpenAccounts::open(&set, &tokens, &allowed).map_err(|error| vec![error])?;
        let mut simulation = Simulation::new(&set, accounts);
        simulation.simulate_previous(&old).await.map_err(|error| vec![error])?;
        everything(&mut simulation, &set).await.map_err(|error| vec![error])?;
        if set.passed_over > 0 {
            eprintln!("passed over: {} objects of other kinds", set.passed_over);
        }
        let mask = Mask::new(set.secrets().chain(tokens.values().map(String::as_str)));
        Ok(PlanReport::of(&simulation.outcomes, &mask, |outcome, host| simulation.authority(&outcome.config, host)))
    }

    fn set(&self, manifests: &[Manifest]) -> Result<ManifestSet, Vec<String>> {
        ManifestSet::of(manifests, &self.namespace).map_err(|refused| messages(&refused))
    }

    /// The values of `--token`, by the config's name.
    fn tokens(&self) -> Result<BTreeMap<String, String>, Vec<String>> {
        let read = |text: &String| {
            let (name, variable) =
                text.split_once('=').ok_or_else(|| vec![format!("--token '{text}': must be NAME=ENV")])?;
            let token = token_in(variable, &format!("--token {text}")).map_err(|error| vec![error])?;
            Ok((name.to_owned(), token))
        };
        self.token.iter().map(read).collect()
    }

    fn shown(&self, report: &PlanReport) -> String {
        match self.output {
            PlanFormat::Text => show::text(report, wants_colours(&std::io::stdout())),
            PlanFormat::Markdown => show::markdown(report),
            PlanFormat::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
        }
    }
}

/// The manifests of some paths.
fn read(paths: &[PathBuf]) -> Result<Vec<Manifest>, Vec<String>> {
    let (all, refused) = crate::cli::manifests::read::read(paths);
    if refused.is_empty() { Ok(all) } else { Err(messages(&refused)) }
}

/// The same manifests, if the API server would take them all.
fn accepted(all: Vec<Manifest>, namespace: &str) -> Result<Vec<Manifest>, Vec<String>> {
    let definitions = Definitions::new().map_err(|error| vec![error.to_string()])?;
    let ours = all.iter().filter(|manifest| definitions.concern(manifest));
    let refused: Vec<_> = ours.flat_map(|manifest| definitions.check(manifest, namespace)).collect();
    if refused.is_empty() { Ok(all) } else { Err(messages(&refused)) }
}

fn messages(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(ToString::to_string).collect()
}

/// Kind after kind: what others refer to comes first, and goes last.
async fn everything(simulation: &mut Simulation<'_>, set: &ManifestSet) -> Result<(), String> {
    simulation.simulate(&set.accounts, false).await?;
    simulation.simulate(&set.customers, false).await?;
    simulation.simulate(&set.teams, false).await?;
    simulation.simulate(&set.services, false).await?;
    simulation.simulate(&set.channels, false).await?;
    simulation.simulate(&set.sub_accounts, false).await?;
    simulation.simulate(&set.channels, true).await?;
    simulation.simulate(&set.services, true).await?;
    simulation.simulate(&set.teams, true).await?;
    simulation.simulate(&set.sub_accounts, true).await?;
    simulation.simulate(&set.customers, true).await?;
    simulation.simulate(&set.accounts, true).await
}
