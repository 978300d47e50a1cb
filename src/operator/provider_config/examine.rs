//! Whether a config's credential is accepted, and which account it opens.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api::conditions::{ConditionStatus, ConditionType, find};
use crate::api::provider_config::view::ConfigView;
use crate::api::provider_config::{AccountIdentity, NamespacedSecretKeyRef};
use crate::api::reason::Reason;
use crate::connection::reader::Reader;
use crate::connection::writer::Writer;
use crate::inventory::Inventory;
use crate::operator::context::Context;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::provider_config::account;
use crate::plan::named_failure::naming;
use crate::plan::outcome::Outcome;
use crate::plan::references::missing_key;
use crate::plan::resync_pace::ResyncPace;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// What the check of a credential found.
pub(crate) struct Examined {
    /// What came of the check.
    pub(crate) outcome: Outcome,
    /// The account, if the credential opens one.
    pub(crate) account: Option<AccountIdentity>,
    /// For how long no call to the account is sent, because the provider asked for fewer.
    pub(crate) pause: Option<SignedDuration>,
    /// Whether the Secret is gone, and deletions go on with the last token.
    pub(crate) is_remembered: bool,
    /// How often the config's resources are checked.
    pub(crate) pace: ResyncPace,
}

/// Checks the token, and says what came of it.
pub(crate) async fn examined<C: ConfigApi>(
    view: &ConfigView,
    config: &C,
    context: &Context<C>,
) -> Result<Examined, Interrupt> {
    let of =
        |outcome| Examined { outcome, account: None, pause: None, is_remembered: false, pace: ResyncPace::Unknown };
    match examine(view, is_accepted(config), context).await {
        Ok(writer) => {
            let account = writer.reader().known(|inventory| inventory.identity(view.provider));
            let pause = signed(writer.reader().throttled_for());
            let pace = pace(view, writer.reader(), context.shared.clock.now());
            Ok(Examined { account, pause, pace, ..of(Outcome::State(State::Available)) })
        }
        Err(Interrupt::State(state)) => {
            let is_missing = matches!(state, State::Waiting { reason: Reason::SecretNotFound, .. });
            let is_remembered = is_missing && context.shared.connections.token_removed(view);
            Ok(Examined { is_remembered, ..of(Outcome::State(state)) })
        }
        Err(Interrupt::Failed(failure)) => {
            let pause = signed(failure.retry_after.filter(|_| failure.class == Class::Wait));
            let failure = naming(failure, view);
            Ok(Examined { pause, ..of(Outcome::Failed { failure, still_good: false }) })
        }
        Err(other) => Err(other),
    }
}

/// How often everything is read again that the account has.
fn pace(view: &ConfigView, reader: &Reader, now: Timestamp) -> ResyncPace {
    let (asked, calls) = (view.settings.resync_interval(), reader.known(Inventory::calls_to_read_again));
    ResyncPace::of(asked, calls, reader.rate()).after(now.duration_since(reader.known_since()), asked)
}

fn signed(pause: Option<Duration>) -> Option<SignedDuration> {
    SignedDuration::try_from(pause?).ok()
}

/// Checks the token: by what is known, or else by one call.
async fn examine<C: ConfigApi>(
    view: &ConfigView,
    is_accepted: bool,
    context: &Context<C>,
) -> Result<Writer, Interrupt> {
    let shared = &context.shared;
    if let Some(invalid) = &view.invalid_annotation {
        return Err(State::stalled(Reason::InvalidPolicy, invalid.to_string()).into());
    }
    let NamespacedSecretKeyRef { namespace, name, key } = &view.secret;
    // While the token is not accepted, the Secret is looked at each time, once for all that use it.
    let token = if is_accepted {
        shared.secrets.token(namespace, name, key).await?
    } else {
        shared.secrets.token_now(namespace, name, key).await?
    };
    let Some(token) = token.filter(|token| !token.expose().is_empty()) else {
        let message = missing_key(name, key);
        return Err(State::Waiting { reason: Reason::SecretNotFound, message, until: None }.into());
    };
    match account::open(&shared.connections, view, token.expose()).await {
        Err(Interrupt::Failed(failure)) => Err(Interrupt::Failed(without_action(failure))),
        opened => opened,
    }
}

/// Whether the credential was accepted when it was looked at last.
fn is_accepted<C: ConfigApi>(config: &C) -> bool {
    let ready = config.status().and_then(|status| find(&status.conditions, ConditionType::Ready));
    ready.is_some_and(|ready| ready.status == ConditionStatus::True)
}

/// A call without input that is rejected is no fault of the spec.
fn without_action(failure: Failure) -> Failure {
    let class = if matches!(failure.class, Class::Invalid | Class::Gone) { Class::Retry } else { failure.class };
    Failure { class, ..failure }
}
