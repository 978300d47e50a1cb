//! Which config and which Secret a failure is about, and when the call is made again. No IO.

use crate::api::provider_config::NamespacedSecretKeyRef;
use crate::api::provider_config::view::ConfigView;
use crate::provider::failure::{Class, Failure};

/// The failure of a call that was made with a config's token, with the names that a person looks for. What it says does not change
/// while the failure stays the same: the pauses between two tries grow, so the longest one is told.
pub(crate) fn naming(failure: Failure, config: &ConfigView) -> Failure {
    let (kind, name) = (config.key.kind, &config.key.name);
    let NamespacedSecretKeyRef { namespace, name: secret, key } = &config.secret;
    let source =
        || format!("the token is the key '{key}' of Secret '{namespace}/{secret}', which {kind} '{name}' names");
    let added = match failure.class {
        Class::Credential => {
            format!("{}; it is checked again every minute, and at once when the Secret changes", source())
        }
        Class::Denied => source(),
        Class::Wait => format!("`status.throttledUntil` of {kind} '{name}' says until when no call is sent"),
        Class::Retry => format!("{kind} '{name}' asked, and the next try is due within 6 minutes"),
        Class::Invalid | Class::Gone | Class::Uncertain => return failure,
    };
    if failure.message.contains(&added) {
        return failure;
    }
    Failure { message: format!("{}; {added}", failure.message), ..failure }
}
