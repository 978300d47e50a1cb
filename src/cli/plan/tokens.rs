//! The tokens of `--token`: which config has which, and the environment variables that hold them.

use std::collections::BTreeMap;

use crate::api::did_you_mean::did_you_mean;
use crate::api::resource_key::ResourceKey;
use crate::cli::reader::token_in;

/// The config's name and the environment variable in a value of `--token`.
fn split(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=').ok_or_else(|| format!("--token '{text}': must be NAME=ENV"))
}

/// Checks that each value names one of the configs.
///
/// # Errors
/// The first name that no config has, with those that there are.
pub(crate) fn check_names<'a>(values: &[String], configs: impl Iterator<Item = &'a ResourceKey>) -> Result<(), String> {
    let mut known: Vec<_> = configs.map(|config| config.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    for text in values {
        let (name, _) = split(text)?;
        if !known.contains(&name) {
            let there_are = if known.is_empty() {
                "there is none at all".to_owned()
            } else {
                format!("there are: {}", known.join(", "))
            };
            let hint = did_you_mean(name, known.iter().copied());
            return Err(format!("--token {text}: the config '{name}' is not among the manifests ({there_are}){hint}"));
        }
    }
    Ok(())
}

/// The tokens, by the config's name.
///
/// # Errors
/// A value of the wrong form, or a variable that is unset or empty.
pub(crate) fn read(values: &[String]) -> Result<BTreeMap<String, String>, String> {
    let read = |text: &String| {
        let (name, variable) = split(text)?;
        Ok((name.to_owned(), token_in(variable, &format!("--token {text}"))?))
    };
    values.iter().map(read).collect()
}
