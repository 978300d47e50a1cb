//! What is told of a config whose token opens another account than the one that the config is for. No IO.

use crate::api::provider_config::view::ConfigView;

/// The message of `AccountChanged`; `None`: the token opens the account that the config is for.
pub(crate) fn account_changed(config: &ConfigView, found: &str) -> Option<String> {
    let expected = config.expected_account().filter(|expected| *expected != found)?;
    let name = &config.key.name;
    Some(match &config.confirmed_account {
        Some(_) => format!(
            "the token of '{name}' opens the account '{found}', and the annotation ping-operator.dev/external-id of the config says \
             '{expected}': nothing is written. Put a token of '{expected}' into the Secret, or correct the annotation"
        ),
        None => format!(
            "the token of '{name}' opens the account '{found}', and it was '{expected}' before: nothing is written. Put a token of \
             '{expected}' into the Secret, or confirm the other account by the annotation ping-operator.dev/external-id: {found} on \
             the config"
        ),
    })
}
