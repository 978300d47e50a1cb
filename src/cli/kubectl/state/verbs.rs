//! The verb of `kubectl ping` that does what a reason asks for. No IO.

use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;

/// The reasons that a verb answers, and what stands after the resource. Every other one needs another thing: a Secret, a spec.
const VERBS: [(Reason, &str, &str); 5] = [
    (Reason::AmbiguousCreate, "adopt", " ID"),
    (Reason::ApprovalRequired, "approve", ""),
    (Reason::ExternalNotFound, "adopt", " ID"),
    (Reason::NameTaken, "adopt", " ID"),
    (Reason::Suspended, "resume", ""),
];

/// The command line for a resource with this reason; `ID` stands for the object that a person chooses.
pub(crate) fn command(reason: Reason, key: &ResourceKey) -> Option<String> {
    let (_, verb, rest) = VERBS.iter().find(|(answered, ..)| *answered == reason)?;
    let ResourceKey { kind, namespace, name } = key;
    let word = kind.as_str().to_lowercase();
    let place = if namespace.is_empty() { String::new() } else { format!(" -n {namespace}") };
    Some(format!("kubectl ping {verb} {word}/{name}{rest}{place}"))
}
