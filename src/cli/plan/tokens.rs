//! The tokens of `--token`: which config has which, and the environment variables that hold them.

use std::collections::BTreeMap;

use crate::api::did_you_mean::did_you_mean;
use crate::api::resource_key::ResourceKey;
use crate::cli::manifest_set::ManifestSet;
use crate::cli::manifest_set::hidden::hidden_by;
use crate::cli::reader::token_in;

/// The config's name and the environment variable in a value of `--token`.
fn split(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("--token '{text}': must be NAME=ENV or NAMESPACE/NAME=ENV"))
}

/// Checks that each value names a config, and sends no token to another provider than it is for.
///
/// # Errors
/// The first name that no config has, with those that there are; or one that configs of both providers have.
pub(crate) fn check_names(values: &[String], set: &ManifestSet) -> Result<(), String> {
    let mut known: Vec<_> = set.configs.keys().map(|config| config.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    for text in values {
        let (name, _) = split(text)?;
        let meant: Vec<_> = set.configs.iter().filter(|(key, _)| is_meant(name, key)).collect();
        let Some((first, config)) = meant.first() else {
            let there_are = if known.is_empty() {
                "there is none at all".to_owned()
            } else {
                format!("there are: {}", known.join(", "))
            };
            let hint = did_you_mean(name, known.iter().copied());
            return Err(format!("--token {text}: the config '{name}' is not among the manifests ({there_are}){hint}"));
        };
        let provider = config.view.provider;
        if let Some((other, theirs)) = meant.iter().find(|(_, theirs)| theirs.view.provider != provider) {
            return Err(format!(
                "--token {text}: '{name}' is the name of a config of {} ({first}) and of one of {} ({other}): write NAMESPACE/NAME=ENV",
                provider.name(),
                theirs.view.provider.name()
            ));
        }
    }
    Ok(())
}

/// Whether a value of `--token` is for a config: it names the config, or its namespace, too.
fn is_meant(name: &str, config: &ResourceKey) -> bool {
    name == config.name || name == config.to_string()
}

/// The token of a config among those of `--token`; one with the namespace counts first.
pub(crate) fn of<'a>(tokens: &'a BTreeMap<String, String>, config: &ResourceKey) -> Option<&'a String> {
    tokens.get(&config.to_string()).or_else(|| tokens.get(&config.name))
}

/// The tokens, by the config's name.
///
/// # Errors
/// A value of the wrong form, or a variable that is unset or empty.
pub(crate) fn read(values: &[String]) -> Result<BTreeMap<String, String>, String> {
    let read = |text: &String| {
        let (name, variable) = split(text)?;
        let token = token_in(variable, &format!("--token {text}"))?;
        if hidden_by(&token).is_some() {
            return Err(format!(
                "--token {text}: the variable {variable} holds an encrypted value or a placeholder, which is sent nowhere"
            ));
        }
        Ok((name.to_owned(), token))
    };
    values.iter().map(read).collect()
}
