//! Plans against the emulator: what a person finds at the provider, manifests in files, and the reads that a plan made.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use clap::Parser as _;
use ping_emulator::{Emulator, Settings};
use serde_json::{Value, json};

use crate::cli::plan::report::{PlanReport, PlannedAction};
use crate::cli::plan::show;
use crate::cli::plan::tests::bench::CommandLine;

/// The token whose account the emulator has; `token-a2` opens the same one.
const TOKEN: &str = "token-a";

/// An account, and a folder for manifests.
pub(super) struct Trial {
    pub(super) emulator: Emulator,
    folder: PathBuf,
}

impl Drop for Trial {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A resource of a kind in the namespace `default`; `metadata` is what it has besides its name.
pub(super) fn resource(kind: &str, name: &str, metadata: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: ping-operator.dev/v1alpha1, kind: {kind}, metadata: {{name: {name}{metadata}}}, spec: {{{spec}}}}}"
    )
}

/// A Team of this name, with more fields in its spec.
pub(super) fn team(name: &str, called: &str, more: &str) -> String {
    resource("Team", name, "", &format!("name: {called}{more}"))
}

impl Trial {
    pub(super) async fn start() -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("ping-operator-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { emulator: Emulator::start(Settings::default()).await.unwrap(), folder }
    }

    /// What a person makes at the provider; the id of it.
    pub(super) fn make(&self, path: &str, body: Value, field: &str) -> String {
        let (status, answer) = self.emulator.human(TOKEN, "POST", path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer[field].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn make_team(&self, name: &str) -> String {
        self.make("/customer-cmd/v1/team", json!({ "name": name }), "team_id")
    }

    pub(super) fn make_service(&self, team: &str, name: &str) -> String {
        self.make("/resource-cmd/v1/service", json!({ "team_id": team, "name": name }), "service_id")
    }

    /// A config of this name and the Secret with its token.
    pub(super) fn config(&self, name: &str, token: &str, metadata: &str) -> String {
        let host = |path: &str| format!("'http://{}/{path}'", self.emulator.address());
        let endpoints = ["customer-query", "customer-cmd", "resource-query", "resource-cmd"].map(host);
        let [query, command, resource_query, resource_command] = endpoints;
        let config = resource(
            "ProviderConfig",
            name,
            metadata,
            &format!(
                "provider: Pinghome, rateLimit: {{requestsPerSecond: 100, burst: 100}}, credentials: {{secretRef: {{name: {name}, key: token}}}}, \
                 endpoints: {{customerQuery: {query}, customerCommand: {command}, resourceQuery: {resource_query}, resourceCommand: {resource_command}}}"
            ),
        );
        format!(
            "{config}\n---\n{{apiVersion: v1, kind: Secret, metadata: {{name: {name}}}, stringData: {{token: {token}}}}}"
        )
    }

    /// Writes manifests into a file.
    pub(super) fn file(&self, name: &str, manifests: &[String]) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, manifests.join("\n---\n")).unwrap();
        path
    }

    /// The plan of manifests and the config `default`.
    pub(super) async fn plan(&self, manifests: &[String], flags: &[&str]) -> PlanReport {
        let all = [manifests, &[self.config("default", TOKEN, "")]].concat();
        self.try_plan(&all, flags).await.unwrap()
    }

    /// The plan of manifests, or what is wrong with them.
    pub(super) async fn try_plan(&self, manifests: &[String], flags: &[&str]) -> Result<PlanReport, Vec<String>> {
        self.emulator.clear_journal();
        let file = self.file("new.yaml", manifests);
        let line = [&["plan", "-f", text(&file), "--allow-endpoint", "127.0.0.1"], flags].concat();
        CommandLine::try_parse_from(line).unwrap().args.plan().await
    }

    /// So many calls reached the provider for the last plan.
    pub(super) fn reads(&self) -> Vec<String> {
        self.emulator.journal().iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect()
    }
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What happens to each object, by its name.
pub(super) fn actions(report: &PlanReport) -> Vec<(&str, PlannedAction)> {
    report.objects.iter().map(|object| (object.name.as_str(), object.action)).collect()
}

/// The reasons that keep objects from becoming Ready.
pub(super) fn blocked(report: &PlanReport) -> Vec<String> {
    let why = report.objects.iter().filter_map(|object| Some((object, object.blocked.as_ref()?)));
    why.map(|(object, why)| format!("{}: {}: {}", object.name, why.reason, why.message)).collect()
}

/// The report as a person reads it.
pub(super) fn shown(report: &PlanReport) -> String {
    show::text(report, false)
}
