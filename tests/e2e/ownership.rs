//! Whose an external object is: claims within an account, finalizers and create records, dry runs, and annotations.

mod annotations;
mod claims;
mod dry_run;
mod metadata;
mod moves;
mod record;

use serde_json::Value;

use crate::harness::world::TEAM;
use crate::harness::{Operator, World};

/// Starts an operator for these namespaces with more flags.
async fn operator(world: &World, namespaces: &str, flags: &[&str]) -> Operator {
    let address = world.emulator.address().to_string();
    let flags: Vec<_> = ["--allow-endpoint", &address].iter().chain(flags).map(ToString::to_string).collect();
    Operator::start(&world.cluster.operator(), namespaces, &flags, &[("RUST_LOG", "info")]).await
}

/// Runs kubectl, which must succeed.
fn kubectl(world: &World, args: &[&str], input: &str) {
    let (done, text) = world.kubectl(args, input);
    assert!(done, "{text}");
}

fn annotate(world: &World, resource: &str, annotation: &str) {
    kubectl(world, &["annotate", "--overwrite", resource, annotation], "");
}

/// A Team by its name in the cluster and at the provider.
fn team(name: &str, at_provider: &str) -> String {
    TEAM.replace("name: platform", &format!("name: {name}")).replace("name: Platform", &format!("name: {at_provider}"))
}

fn has_finalizer(object: &Value) -> bool {
    object["metadata"]["finalizers"].as_array().is_some_and(|names| !names.is_empty())
}

fn create_record(object: &Value) -> &Value {
    &object["metadata"]["annotations"]["ping-operator.dev/create-intent"]
}
