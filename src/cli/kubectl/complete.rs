//! What may follow a command line: kubectl asks the binary under the name `kubectl_complete-ping` when somebody presses the tab key.
//!
//! kubectl passes the words after `kubectl ping`, of which the last one is to be completed, and reads a candidate with what it does from
//! each line. The last line says how to go on: 4 for no files, 2 for no blank after the word.

pub(crate) mod command_line;

use std::path::Path;
use std::time::Duration;

use clap::Command;
use serde_json::Value;

use crate::api::kinds::Kind;
use crate::cli::cluster::objects::{ClusterObjects, Where};
use crate::cli::kubectl::complete::command_line::{CommandLine, NextWord, ProposedWord};
use crate::cli::kubectl::select::released;

/// Nobody waits longer for a proposal.
const LIMIT: Duration = Duration::from_secs(3);

/// How the shell goes on after a word.
const NO_FILES: u8 = 4;
const NO_BLANK: u8 = 2;

/// What is proposed for the last of these words after `plugin`, as kubectl reads it. What cannot be read from the cluster is not proposed.
pub(crate) async fn proposals(mut plugin: Command, words: &[String]) -> String {
    plugin.build();
    let (word, before) = words.split_last().map_or(("", words), |(word, before)| (word.as_str(), before));
    let (line, word) = CommandLine::read(&plugin, before).with_flag_of(&plugin, word);
    let (candidates, then) = match line.asked(&plugin, word) {
        NextWord::Words(words) => (words, NO_FILES),
        NextWord::Kinds => (kinds(), NO_FILES | NO_BLANK),
        NextWord::Names { kinds, before } => {
            let names = tokio::time::timeout(LIMIT, names(&line, &kinds)).await.unwrap_or_default();
            (names.into_iter().map(|name| plain(format!("{before}{name}"))).collect(), NO_FILES)
        }
        NextWord::Anything => (Vec::new(), NO_FILES),
    };
    let fitting = candidates.into_iter().filter(|candidate| candidate.word.starts_with(word));
    fitting.map(|ProposedWord { word, about }| format!("{word}\t{about}\n")).chain([format!(":{then}\n")]).collect()
}

fn kinds() -> Vec<ProposedWord> {
    released().map(|kind| plain(format!("{}/", kind.as_str().to_lowercase()))).collect()
}

fn plain(word: String) -> ProposedWord {
    ProposedWord { word, about: String::new() }
}

/// The names of the resources of these kinds where the line searches.
async fn names(line: &CommandLine, kinds: &[Kind]) -> Vec<String> {
    let kubeconfig = line.value("kubeconfig").map(Path::new);
    let Ok(cluster) = ClusterObjects::connect(kubeconfig, line.value("context")).await else { return Vec::new() };
    let namespace = line.value("namespace").unwrap_or(&cluster.namespace);
    let mut names = Vec::new();
    for kind in kinds {
        let place = Where { namespace: Some(namespace), labels: None };
        let listed = cluster.list(*kind, place).await.unwrap_or_default();
        names.extend(listed.iter().filter_map(name_of));
    }
    names.sort();
    names.dedup();
    names
}

fn name_of(object: &Value) -> Option<String> {
    object.pointer("/metadata/name")?.as_str().map(str::to_owned)
}
