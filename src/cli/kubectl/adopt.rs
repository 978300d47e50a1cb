//! `adopt`: lets a resource take over an external object that exists.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::Value;

use crate::api::annotations::{Annotations, EXTERNAL_ID};
use crate::api::kinds::Kind;
use crate::cli::cluster::objects::ClusterObjects;
use crate::cli::kubectl::question::QuestionArgs;
use crate::cli::kubectl::resource::ClusterResource;
use crate::cli::kubectl::select::single;
use crate::cli::kubectl::write::annotate_as_shown;

/// Flags of `adopt`.
#[derive(clap::Args)]
#[command(after_help = "Example:
  kubectl ping adopt team/platform 6f1c2a3e")]
pub(crate) struct Args {
    /// The resource.
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    /// The id of the object at the provider; of a config: the id of the account.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    question: QuestionArgs,
}

impl Args {
    /// Shows what it means, asks, and writes the annotation.
    ///
    /// # Errors
    /// It has no use, the person says no, or the resource changed meanwhile.
    pub(crate) async fn run(&self, cluster: &ClusterObjects) -> Result<ExitCode, String> {
        let resource = single(cluster, &self.resource).await?;
        self.question.ask(&meaning(&resource, &self.id)?)?;
        annotate_as_shown(cluster, &resource, EXTERNAL_ID, &self.id).await?;
        println!("adopting: {} takes '{}'", resource.title(), self.id);
        Ok(ExitCode::SUCCESS)
    }
}

/// What the annotation means for a resource.
fn meaning(resource: &ClusterResource, id: &str) -> Result<String, String> {
    let title = resource.title();
    check_id(resource, id)?;
    if resource.key.kind.is_config() {
        return Ok(format!(
            "{title} accepts only tokens of the account '{id}' from now on. A token of another one is `AccountChanged`, and nothing is written.\n"
        ));
    }
    match resource.external_id() {
        Some(known) if known == id => return Err(format!("{title} manages '{id}' already")),
        Some(known) => {
            return Err(format!(
                "{title} manages '{known}': `kubectl ping orphan` lets go of that one; then create the resource anew and adopt '{id}'"
            ));
        }
        None => {}
    }
    let policy = resource.text("/spec/deletionPolicy").unwrap_or("the default of its kind");
    let write = match resource.text("/spec/managementPolicy") {
        Some("Observe") => "Nothing is written to it (managementPolicy: Observe).".to_owned(),
        Some(_) | None => format!("What differs from the spec is changed at once.{}", reached(resource)),
    };
    Ok(format!(
        "{title} takes over the object '{id}' of its account.\n  {write}\n  Deleting the resource then does to it what deletionPolicy says: {policy}.\n"
    ))
}

/// Passes if the operator would look for an object of this id.
fn check_id(resource: &ClusterResource, id: &str) -> Result<(), String> {
    let title = resource.title();
    if resource.key.kind == Kind::NotificationChannel {
        return Err(format!(
            "{title} takes no id, and '{id}' was given: a channel is found by `owner`, `type` and `value` of its spec, and one that exists is \
             adopted by itself"
        ));
    }
    let annotation = BTreeMap::from([(EXTERNAL_ID.to_owned(), id.to_owned())]);
    Annotations::parse(&annotation).map(drop).map_err(|invalid| format!("nothing is written to {title}: {invalid}"))
}

/// Which people are reached by what is changed. The tool does not ask the provider who is there.
fn reached(resource: &ClusterResource) -> String {
    match resource.value.pointer("/spec/members").and_then(Value::as_array).map_or(0, Vec::len) {
        0 => String::new(),
        listed => format!(
            "\n  Who is listed ({listed}) and not in the team gets an invitation by e-mail; an authoritative Team takes out who is not listed. \
             `ping-operator plan` tells who."
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_adoption_means_is_told_and_one_without_a_use_is_refused() {
        let team = |id: Option<&str>, policy: &str| {
            let value = json!({
                "metadata": { "namespace": "n", "name": "t" }, "status": { "externalId": id },
                "spec": {
                    "managementPolicy": policy, "deletionPolicy": "Delete",
                    "members": [{ "email": "ada@example.com" }],
                },
            });
            ClusterResource::new(Kind::Team, value)
        };
        let told = meaning(&team(None, "Manage"), "7").unwrap();
        assert!(told.contains("changed at once") && told.contains("says: Delete"), "{told}");
        assert!(told.contains("Who is listed (1)") && told.contains("takes out"), "{told}");
        let told = meaning(&team(None, "Observe"), "7").unwrap();
        assert!(told.contains("Nothing is written") && !told.contains("invitation"), "{told}");
        for (known, id, expected) in [
            (None, "a/b", "must be an id of letters, digits and '-', at most 64, not 'a/b'"),
            (Some("7"), "7", "already"),
            (Some("8"), "7", "orphan"),
        ] {
            assert!(meaning(&team(known, "Manage"), id).unwrap_err().contains(expected), "{known:?} {id}");
        }
        let channel = ClusterResource::new(Kind::NotificationChannel, json!({ "metadata": { "name": "h" } }));
        assert!(
            meaning(&channel, "7")
                .unwrap_err()
                .contains("takes no id, and '7' was given: a channel is found by `owner`")
        );
        let config = ClusterResource::new(Kind::ProviderConfig, json!({ "metadata": { "name": "c" } }));
        assert!(meaning(&config, "7").unwrap().contains("only tokens of the account '7'"));
    }
}
