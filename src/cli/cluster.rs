//! The cluster that a command talks to: by a kubeconfig, or from inside of it.

pub(crate) mod objects;
pub(crate) mod trouble;

use std::error::Error;
use std::path::Path;

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use crate::cli::network::check_proxy_of_api_server;

/// How the API server is reached. Without a file and a context: by `KUBECONFIG`, `~/.kube/config`, or from inside of the cluster.
///
/// # Errors
/// One sentence without secrets.
pub(crate) async fn config(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Config, String> {
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let config = match (kubeconfig, context) {
        (Some(path), _) => match Kubeconfig::read_from(path) {
            Ok(kubeconfig) => Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| told(&error)),
            Err(error) => Err(told(&error)),
        },
        (None, Some(_)) => Config::from_kubeconfig(&options).await.map_err(|error| told(&error)),
        (None, None) => Config::infer().await.map_err(|error| {
            let of_file = error.source().and_then(|source| source.downcast_ref::<KubeconfigError>());
            let why = of_file.map_or_else(|| error.to_string(), told);
            format!("{why}: run in a cluster, or set KUBECONFIG")
        }),
    };
    let config = config.map_err(|why| format!("the API server cannot be found: {why}"))?;
    check_proxy_of_api_server(config.proxy_url.as_ref())?;
    Ok(config)
}

/// What is wrong with the kubeconfig. The text of the library shows lines of it, which may hold a token or a password.
fn told(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(error) => {
            let place = error.location().map(|at| format!(" at line {}, column {}", at.line(), at.column()));
            format!("the kubeconfig is no kubeconfig in YAML{}", place.unwrap_or_default())
        }
        error => error.to_string(),
    }
}
