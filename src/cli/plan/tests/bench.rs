//! A provider of its own for a test of `plan`, and the command with its flags.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use clap::Parser as _;
use ping_emulator::{Emulator, Settings};
use serde_json::Value;

use crate::cli::plan::report::PlanReport;
use crate::cli::plan::{Args, show, trouble};

/// The token that the provider knows.
pub(super) const TOKEN: &str = "token-a";

/// The Secret of the token.
pub(super) const SECRET: &str =
    "{apiVersion: v1, kind: Secret, metadata: {name: pinghome}, stringData: {token: token-a}}";

/// A command line of `plan`, as clap reads it.
#[derive(clap::Parser)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub(super) args: Args,
}

/// A provider, and what was planned with it.
pub(super) struct Bench {
    pub(super) emulator: Emulator,
}

impl Bench {
    pub(super) async fn start() -> Self {
        Self { emulator: Emulator::start(Settings::default()).await.unwrap() }
    }

    /// A config of this provider; its token is in the Secret `pinghome`.
    pub(super) fn config(&self, name: &str) -> String {
        let paths = [
            ("customerQuery", "customer-query"),
            ("customerCommand", "customer-cmd"),
            ("resourceQuery", "resource-query"),
            ("resourceCommand", "resource-cmd"),
        ];
        let endpoints = paths.map(|(name, path)| format!("{name}: 'http://{}/{path}'", self.emulator.address()));
        format!(
            "{{apiVersion: ping-operator.dev/v1alpha1, kind: ProviderConfig, metadata: {{name: {name}}}, spec: {{provider: Pinghome, \
             endpoints: {{{}}}, rateLimit: {{requestsPerSecond: 100, burst: 100}}, \
             credentials: {{secretRef: {{name: pinghome, key: token}}}}}}}}",
            endpoints.join(", ")
        )
    }

    /// Does something as a person does; the answer.
    pub(super) fn human(&self, method: &str, path: &str, body: Value) -> Value {
        self.emulator.human(TOKEN, method, path, body).1
    }

    /// Runs the command on manifests.
    pub(super) async fn plan(&self, manifests: &[&str], flags: &[&str]) -> Result<Planned, Vec<String>> {
        let file = file(&manifests.join("\n---\n"));
        let path = file.to_str().unwrap();
        let line = [&["plan", "-f", path, "--allow-endpoint", "127.0.0.1"], flags].concat();
        let planned = CommandLine::try_parse_from(line).unwrap().args.plan().await;
        let planned = planned.map(|report| Planned {
            text: show::text(&report, false),
            markdown: show::markdown::markdown(&report),
            told: trouble::lines(&report, false).join("\n").replace(path, "FILE"),
            report,
        });
        std::fs::remove_file(&file).unwrap();
        planned
    }
}

/// What the command found.
pub(super) struct Planned {
    pub(super) report: PlanReport,
    /// The data.
    pub(super) text: String,
    /// The data for a comment.
    pub(super) markdown: String,
    /// What is told besides.
    pub(super) told: String,
}

impl Planned {
    /// The last line of the text.
    pub(super) fn total(&self) -> &str {
        self.text.lines().last().unwrap()
    }
}

/// A file of its own with this text.
pub(super) fn file(text: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("ping-operator-plan-{}-{}.yaml", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).unwrap();
    path
}
