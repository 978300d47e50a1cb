//! `kubectl ping`: what is wrong in a cluster and what to do about it, and the requests that a person makes of the operator. Under the
//! name `kubectl-ping` the binary has only these verbs.

pub(crate) mod adopt;
pub(crate) mod approve;
pub(crate) mod bundle;
pub(crate) mod check;
pub(crate) mod complete;
pub(crate) mod events;
pub(crate) mod follow;
pub(crate) mod orphan;
pub(crate) mod output;
pub(crate) mod question;
pub(crate) mod reconcile;
pub(crate) mod relocate;
pub(crate) mod resource;
pub(crate) mod select;
pub(crate) mod several;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod suspend;
pub(crate) mod tree;
pub(crate) mod wanted;
pub(crate) mod words;
pub(crate) mod write;

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::values::namespace;

/// What is wrong with the resources of ping-operator, what to do about it, and requests to the operator.
#[derive(Parser)]
#[command(name = "kubectl-ping", bin_name = "kubectl ping", version)]
pub(crate) struct Plugin {
    #[command(flatten)]
    pub(crate) args: Args,
}

/// The verbs, and the flags that all of them have.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The kubeconfig. Default: KUBECONFIG, then `~/.kube/config`.
    #[arg(long, value_name = "PATH", global = true)]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig. Default: the current one.
    #[arg(long, value_name = "NAME", global = true)]
    context: Option<String>,
    /// Namespace. Default: that of the context.
    #[arg(short, long, value_name = "NS", global = true, value_parser = namespace)]
    namespace: Option<String>,
    #[command(subcommand)]
    verb: PluginVerb,
}

#[derive(Subcommand)]
enum PluginVerb {
    /// Show what is not Ready, why, since when, what to do, and when the operator tries again.
    Status(status::Args),
    /// Show what belongs to what: config, teams, people, services, channels.
    Tree(tree::Args),
    /// Ask the operator to look at resources now, and show what comes of it.
    Reconcile(reconcile::Args),
    /// Stop the operator's reads and writes of external objects.
    Suspend(suspend::Args),
    /// Let the operator go on.
    Resume(suspend::Args),
    /// Approve the calls that a resource waits to make.
    Approve(approve::Args),
    /// Let a resource take over an external object that exists.
    Adopt(adopt::Args),
    /// Delete a resource and keep its external object.
    Orphan(orphan::Args),
    /// Move a resource to another namespace without a write to the provider.
    Move(relocate::Args),
    /// Check what the operator needs: rights, CRDs, an operator that works, providers, the clock.
    Check(Box<check::Args>),
    /// Tell the story of one resource: events and conditions in the order of time.
    Events(events::Args),
    /// Print what somebody who helps must know, without secrets.
    Report(bundle::Args),
}

impl Args {
    /// Runs the verb. Errors go to stderr with exit code 2.
    pub(crate) fn run(self) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let result = match runtime {
            Ok(runtime) => runtime.block_on(self.verb()),
            Err(error) => Err(error.to_string()),
        };
        result.unwrap_or_else(|message| {
            eprintln!("error: {message}");
            ExitCode::from(2)
        })
    }

    async fn verb(self) -> Result<ExitCode, String> {
        let mut cluster = ClusterObjects::connect(self.kubeconfig.as_deref(), self.context.as_deref()).await?;
        if let Some(namespace) = self.namespace {
            cluster.namespace = namespace;
        }
        match self.verb {
            PluginVerb::Status(args) => args.run(&cluster).await,
            PluginVerb::Tree(args) => args.run(&cluster).await,
            PluginVerb::Reconcile(args) => args.run(&cluster).await,
            PluginVerb::Suspend(args) => args.run(&cluster, true).await,
            PluginVerb::Resume(args) => args.run(&cluster, false).await,
            PluginVerb::Approve(args) => args.run(&cluster).await,
            PluginVerb::Adopt(args) => args.run(&cluster).await,
            PluginVerb::Orphan(args) => args.run(&cluster).await,
            PluginVerb::Move(args) => args.run(&cluster).await,
            PluginVerb::Check(args) => args.run(&cluster).await,
            PluginVerb::Events(args) => args.run(&cluster).await,
            PluginVerb::Report(args) => args.run(&cluster).await,
        }
    }
}

/// The name under which the binary is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CalledAs {
    /// The operator's own name, or any other.
    Operator,
    /// The name that makes it a plugin of kubectl.
    Plugin,
    /// The name under which kubectl asks for completions of the plugin.
    Completion,
}

impl CalledAs {
    /// Which name a path ends with.
    pub(crate) fn of(program: Option<&OsStr>) -> Self {
        let name = program.map(Path::new).and_then(Path::file_stem).and_then(OsStr::to_str);
        match name {
            Some("kubectl-ping" | "kubectl_ping") => Self::Plugin,
            Some("kubectl_complete-ping") => Self::Completion,
            Some(_) | None => Self::Operator,
        }
    }
}

/// Prints what may follow a command line.
pub(crate) fn complete(words: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    // Nobody can be told that nobody reads.
    let _ = write!(std::io::stdout(), "{}", runtime.block_on(complete::proposals(Plugin::command(), &words)));
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugin_is_known_by_its_name_wherever_it_is() {
        for (program, expected) in [
            ("kubectl-ping", CalledAs::Plugin),
            ("/opt/bin/kubectl-ping.exe", CalledAs::Plugin),
            ("/opt/bin/kubectl_complete-ping", CalledAs::Completion),
            ("ping-operator", CalledAs::Operator),
            ("", CalledAs::Operator),
        ] {
            assert_eq!(CalledAs::of(Some(OsStr::new(program))), expected, "{program}");
        }
    }

    #[test]
    fn the_page_has_each_verb_with_an_example_and_no_other() {
        let page = include_str!("../../docs/kubectl-ping.md");
        let sections: Vec<_> = page.split("\n## ").skip(1).filter_map(|section| section.split_once('\n')).collect();
        let documented: Vec<_> = sections.iter().map(|(verb, _)| *verb).collect();
        let command = Plugin::command();
        let known: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(documented, known);
        for (verb, text) in sections {
            assert!(text.contains(&format!("$ kubectl ping {verb}")), "{verb}");
        }
    }

    #[test]
    fn the_usage_shows_what_a_person_types() {
        let mut command = Plugin::command();
        command.build();
        let usage = command.find_subcommand_mut("status").unwrap().render_usage().to_string();
        assert!(usage.contains("kubectl ping status"), "{usage}");
    }
}
