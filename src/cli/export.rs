//! `export`: an account's objects as manifests. It has only a [`Reader`], so it cannot change anything.

pub(crate) mod accept;
pub(crate) mod beside;
pub(crate) mod files;
pub(crate) mod manifest;
pub(crate) mod names;
pub(crate) mod nodeping;
pub(crate) mod pinghome;
pub(crate) mod read;
pub(crate) mod summary;
#[cfg(test)]
mod tests;
pub(crate) mod write;

use std::io;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::ValueEnum;
use reqwest::Url;
use serde_json::{Map, Value, json};

use crate::api::provider_config::settings::Settings;
use crate::api::provider_config::{Provider, ProviderConfig};
use crate::cli::export::files::Split;
use crate::cli::export::manifest::{DeletionArg, Export, ExportedManifest, ObjectFields};
use crate::cli::export::read::ChannelTypes;
use crate::cli::network::NetworkArgs;
use crate::cli::output;
use crate::cli::reader::{reader, token_in};
use crate::cli::schema::Definitions;
use crate::connection::endpoints::AllowedEndpoints;
use crate::connection::error::CallError;
use crate::connection::http::Http;
use crate::connection::reader::Reader;
use crate::provider::failure::Class;

/// Flags of `export`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  PINGHOME=… ping-operator export --provider Pinghome --token-env PINGHOME > organisation.yaml
  PINGHOME=… ping-operator export --provider Pinghome --token-env PINGHOME --namespace monitoring --out-dir manifests
  NODEPING=… ping-operator export --provider NodePing --token-env NODEPING

The token is never written. The ProviderConfig refers to the key `token` of a Secret `pinghome` or `nodeping`: create the Secret yourself.
Addresses of channels are written as they are. If an address is a secret, move it to `valueFrom` before you commit the manifest.")]
pub(crate) struct Args {
    /// Provider of the account.
    #[arg(long, value_name = "PROVIDER", ignore_case = true)]
    provider: ProviderArg,
    /// Environment variable that holds the token.
    #[arg(long, value_name = "ENV")]
    token_env: String,
    /// Base URL in place of the provider's own, such as `api=https://host/prefix`. Names: customerQuery, customerCommand, resourceQuery, resourceCommand (Pinghome), api (NodePing). Repeatable.
    #[arg(long, value_name = "NAME=URL")]
    endpoint: Vec<String>,
    /// Namespace of the manifests. Default: no namespace is written.
    #[arg(long, value_name = "NS")]
    namespace: Option<String>,
    /// Write files below this folder instead of printing. Files that exist are not overwritten, and nothing is written if other files below it have resources of the provider.
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// What has a file of its own below --out-dir.
    #[arg(long, value_name = "SPLIT", default_value = "team", ignore_case = true, requires = "out_dir")]
    split: Split,
    /// Overwrite files that exist below --out-dir, and write beside files that have resources of the provider.
    #[arg(long, requires = "out_dir")]
    force: bool,
    /// What deleting a resource does to its external object.
    #[arg(long, value_name = "POLICY", default_value = "Orphan", ignore_case = true)]
    deletion_policy: DeletionArg,
    /// Export only channels of these types, such as `webhook,email`.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    include_types: Vec<String>,
    /// Export no channels of these types.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    exclude_types: Vec<String>,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum ProviderArg {
    Pinghome,
    #[value(name = "NodePing")]
    NodePing,
}

/// The names that `--endpoint` accepts: the fields of `spec.endpoints`.
const ENDPOINTS: [&str; 5] = ["customerQuery", "customerCommand", "resourceQuery", "resourceCommand", "api"];

impl Args {
    /// Reads the account and writes the manifests.
    ///
    /// # Errors
    /// A read that failed, or a file that cannot be written.
    pub(crate) fn run(self) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let output = runtime.map_err(|error| error.to_string())?.block_on(self.export())?;
        let split = if self.out_dir.is_some() { self.split } else { Split::None };
        let files = files::files(&output, split, self.provider.provider(), self.namespace.as_deref())?;
        if let Some(dir) = &self.out_dir {
            let provider = self.provider.provider();
            let beside = write::write(dir, &files, provider, self.force)?;
            if !beside.is_empty() {
                eprintln!("warning: {}", write::told_beside(&beside, provider));
            }
        } else {
            let text: String = files.into_iter().map(|file| file.text).collect();
            output::print(text.as_bytes()).map_err(|error| error.to_string())?;
        }
        eprint!("{}", summary::summary(&output));
        Ok(())
    }

    async fn export(&self) -> Result<Export, String> {
        let endpoints = self.endpoints()?;
        let reader = self.reader(&endpoints)?;
        let definitions = Definitions::new().map_err(|error| error.to_string())?;
        let progress = |what: &str| {
            if io::stderr().is_terminal() {
                eprintln!("reading {what}");
            }
        };
        let mut output = match self.provider {
            ProviderArg::Pinghome => {
                let types = ChannelTypes { include: &self.include_types, exclude: &self.exclude_types };
                let account =
                    read::pinghome_account(&reader, types, progress).await.map_err(|error| self.message(error))?;
                pinghome::manifests(&account, self.deletion_policy, &definitions)
            }
            ProviderArg::NodePing => {
                let accounts = read::nodeping_accounts(&reader, progress).await.map_err(|error| self.message(error))?;
                nodeping::manifests(&accounts, self.deletion_policy, &definitions)
            }
        };
        output.manifests.insert(0, self.provider.config(&endpoints));
        Ok(output)
    }

    /// The endpoints of `--endpoint`, by name. No other flag must allow them: the same person gives both.
    fn endpoints(&self) -> Result<Map<String, Value>, String> {
        let pairs = self.endpoint.iter().map(|text| {
            let (name, url) = text.split_once('=').filter(|(name, _)| ENDPOINTS.contains(name)).ok_or_else(|| {
                format!("--endpoint '{text}': must be NAME=URL with NAME one of {}", ENDPOINTS.join(", "))
            })?;
            Ok((name.to_owned(), Value::from(url)))
        });
        pairs.collect()
    }

    fn message(&self, error: CallError) -> String {
        match error {
            CallError::Failed(failure) if matches!(failure.class, Class::Credential | Class::Denied) => {
                format!("{}; the token is in the environment variable '{}'", failure.message, self.token_env)
            }
            CallError::Failed(failure) => failure.message,
            CallError::Closing | CallError::NotLeader | CallError::Superseded => "ended".to_owned(),
        }
    }

    fn reader(&self, endpoints: &Map<String, Value>) -> Result<Reader, String> {
        let token = token_in(&self.token_env, "--token-env")?;
        let settings: Settings = serde_json::from_value(json!({ "endpoints": endpoints }))
            .map_err(|error| format!("--endpoint: {error}"))?;
        let hosts = endpoints.values().filter_map(|url| host(url.as_str()?));
        let http = Http::new(&self.network.network()?).map_err(|error| error.to_string())?;
        reader(http, self.provider.provider(), &settings, &AllowedEndpoints::new(hosts), token, 1)
    }
}

impl ProviderArg {
    fn provider(self) -> Provider {
        match self {
            Self::Pinghome => Provider::Pinghome,
            Self::NodePing => Provider::NodePing,
        }
    }

    fn config(self, endpoints: &Map<String, Value>) -> ExportedManifest {
        let provider = self.provider();
        let (name, secret) = match self {
            Self::Pinghome => ("default", "pinghome"),
            Self::NodePing => (nodeping::CONFIG, "nodeping"),
        };
        let spec = ObjectFields::default()
            .with("provider", provider)
            .with("credentials", json!({ "secretRef": { "name": secret, "key": "token" } }))
            .with_some("endpoints", Some(endpoints).filter(|endpoints| !endpoints.is_empty()));
        ExportedManifest::of::<ProviderConfig>(name, None, spec).commented(&format!(
            "The token is not exported: create the Secret '{secret}' with the token under the key 'token'."
        ))
    }
}

fn host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}
