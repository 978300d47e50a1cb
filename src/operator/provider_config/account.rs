//! Whether a token opens the account that its config is for. It is checked before anything else is sent with the token.

use crate::api::provider_config::view::ConfigView;
use crate::api::reason::Reason;
use crate::connection::writer::Writer;
use crate::operator::interrupt::Interrupt;
use crate::operator::state::connections::{Connections, OpenError};
use crate::plan::account_changed::account_changed;
use crate::plan::state::State;
use crate::provider::failure::{Class, Failure};

/// The connection of a config with this token, if the token opens the account that the config is for.
pub(crate) async fn open(connections: &Connections, config: &ConfigView, token: &str) -> Result<Writer, Interrupt> {
    match connections.open(config, token).await {
        Ok(writer) => same(config, writer),
        Err(OpenError::NotAllowed(error)) => {
            Err(State::Stalled { reason: Reason::EndpointNotAllowed, message: error.to_string() }.into())
        }
        Err(OpenError::Call(error)) => Err(error.into()),
    }
}

/// The connection with the last token of a config whose Secret is gone; `None`: there was none.
pub(crate) async fn remembered(connections: &Connections, config: &ConfigView) -> Option<Result<Writer, Interrupt>> {
    let opened = connections.remembered(config).await?;
    Some(opened.map_err(Interrupt::from).and_then(|writer| same(config, writer)))
}

/// The connection, if it leads to the account that the annotation of the config names, or else to the recorded one.
fn same(config: &ConfigView, writer: Writer) -> Result<Writer, Interrupt> {
    let found = writer.reader().account_id();
    let Some(expected) = config.expected_account().filter(|_| !config.is_for(found)) else { return Ok(writer) };
    if let Some(message) = found.and_then(|found| account_changed(config, found)) {
        return Err(State::Stalled { reason: Reason::AccountChanged, message }.into());
    }
    let message = format!("the provider does not show which account the token opens; it must be '{expected}'");
    Err(Interrupt::Failed(Failure::new(Class::Retry, message)))
}
