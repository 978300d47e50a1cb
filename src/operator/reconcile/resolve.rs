//! First step: what the spec refers to. Waiting for it never asks the provider.

use jiff::SignedDuration;

use crate::api::reason::Reason;
use crate::api::references::ConfigKind;
use crate::connection::writer::Writer;
use crate::operator::provider_config::account;
use crate::operator::provider_config::view::{AllowedScope, ConfigView};
use crate::operator::reconcile::pass::{Interrupt, Pass};
use crate::operator::state::index::ResourceKey;
use crate::operator::state::secrets::FRESH;
use crate::plan::managed::{Managed, Reference, ResolvedRefs};
use crate::plan::state::State;
use crate::provider::model::ids::TeamId;
use crate::provider::model::sensitive::Sensitive;

/// For so long a resource of a namespace that ends waits for a credential.
const LAST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// What a resource needs to be planned: a connection, and its spec understood.
pub(crate) struct Target<T: Managed> {
    pub(crate) config: ConfigView,
    pub(crate) writer: Writer,
    /// Absent only on deletion, when the references are gone.
    pub(crate) resolved: Option<T::Resolved>,
    pub(crate) interval: SignedDuration,
    pub(crate) read_lag: SignedDuration,
}

/// Looks up everything that the spec refers to.
pub(crate) async fn resolve<T: Managed>(pass: &Pass<'_, T>) -> Result<Target<T>, Interrupt> {
    let config = config(pass).await?;
    let writer = writer(pass, &config).await?;
    if config.account.is_some() {
        let found = account::read(T::PROVIDER, writer.reader(), pass.lane()).await?;
        account::is_same(&config, found.as_ref())?;
    }
    let resolved = match found(pass).await {
        Ok(found) => Some(pass.resource.resolve(&found)?),
        Err(Interrupt::State(_) | Interrupt::Orphan(_)) if pass.is_deleted() => None,
        Err(interrupt) => return Err(interrupt),
    };
    Ok(Target {
        writer,
        resolved,
        interval: SignedDuration::from_secs(config.settings.resync_interval_seconds.into()),
        read_lag: SignedDuration::from_secs(config.settings.read_lag_seconds.into()),
        config,
    })
}

/// The key of the config that a resource uses.
pub(crate) fn config_key<T: Managed>(resource: &T, namespace: &str) -> ResourceKey {
    let reference = &resource.policies().provider_config_ref;
    let (kind, namespace) = match reference.kind {
        ConfigKind::ProviderConfig => ("ProviderConfig", namespace.to_owned()),
        ConfigKind::ClusterProviderConfig => ("ClusterProviderConfig", String::new()),
    };
    ResourceKey { kind, namespace, name: reference.name.clone() }
}

async fn config<T: Managed>(pass: &Pass<'_, T>) -> Result<ConfigView, Interrupt> {
    let shared = &pass.context.shared;
    let key = config_key(pass.resource.as_ref(), &pass.key.namespace);
    let (kind, name) = (key.kind, key.name.clone());
    let Some(config) = shared.index.config(&key) else {
        let message = format!("{kind} '{name}' does not exist: make it, or correct `providerConfigRef`");
        return Err(waits(pass, Reason::ReferenceNotFound, message).await);
    };
    if config.provider != T::PROVIDER {
        let (wrong, right) = (config.provider.name(), T::PROVIDER.name());
        let message =
            format!("{kind} '{name}' is for {wrong}, and this kind needs one for {right}: correct `providerConfigRef`");
        return Err(State::Stalled { reason: Reason::WrongProvider, message }.into());
    }
    if let AllowedScope::Chosen(selector) = &config.scope {
        let labels = shared.secrets.labels(&pass.key.namespace).await?;
        if !selector.as_ref().is_some_and(|selector| selector.matches(&labels)) {
            let message = format!(
                "{kind} '{name}' does not allow the namespace '{}': let its `allowedNamespaces` choose the namespace's labels",
                pass.key.namespace
            );
            return Err(State::Stalled { reason: Reason::NamespaceNotAllowed, message }.into());
        }
    }
    Ok(config)
}

async fn writer<T: Managed>(pass: &Pass<'_, T>, config: &ConfigView) -> Result<Writer, Interrupt> {
    let connections = &pass.context.shared.connections;
    let (namespace, name, key) = &config.secret;
    let token = pass.context.shared.secrets.secret(namespace, name, key).await?;
    match token.filter(|token| !token.expose().is_empty()) {
        Some(token) => connections
            .get(config, token.expose())
            .map_err(|error| State::Stalled { reason: Reason::EndpointNotAllowed, message: error.to_string() }.into()),
        None => match connections.remembered(config).filter(|_| pass.is_deleted()) {
            Some(writer) => Ok(writer),
            None => Err(waits(pass, Reason::SecretNotFound, missing_key(name, key)).await),
        },
    }
}

async fn found<T: Managed>(pass: &Pass<'_, T>) -> Result<ResolvedRefs, Interrupt> {
    let mut found = ResolvedRefs::default();
    for reference in pass.resource.references() {
        match reference {
            Reference::Team(team) => {
                let id = team_id(pass, &team.name).await?;
                found.teams.insert(team.name, id);
            }
            Reference::Code(secret) => {
                let lookup = &pass.context.shared.secrets;
                if let Some(code) = lookup.secret(&pass.key.namespace, &secret.name, &secret.key).await? {
                    found.secrets.insert(secret, code);
                }
            }
            Reference::Secret(secret) => {
                let value = secret_value(pass, &secret.name, &secret.key).await?;
                found.secrets.insert(secret, value);
            }
        }
    }
    Ok(found)
}

async fn team_id<T: Managed>(pass: &Pass<'_, T>, name: &str) -> Result<TeamId, Interrupt> {
    let key = ResourceKey { kind: "Team", namespace: pass.key.namespace.clone(), name: name.to_owned() };
    let Some(team) = pass.context.shared.index.referent(&key) else {
        let message = format!("Team '{name}' does not exist: make it, or correct the reference");
        return Err(waits(pass, Reason::ReferenceNotFound, message).await);
    };
    // What is bound to a team goes on while the Team has trouble of its own.
    let id = team.external_id.filter(|_| team.is_ready || pass.known_id.is_some());
    if let Some(id) = id.as_deref().and_then(TeamId::parse) {
        return Ok(id);
    }
    let message = format!("Team '{name}' is not Ready yet: its own conditions say why");
    Err(waits(pass, Reason::ReferenceNotReady, message).await)
}

async fn secret_value<T: Managed>(pass: &Pass<'_, T>, name: &str, key: &str) -> Result<Sensitive, Interrupt> {
    let value = pass.context.shared.secrets.secret(&pass.key.namespace, name, key).await?;
    match value {
        Some(value) => Ok(value),
        None => Err(waits(pass, Reason::SecretNotFound, missing_key(name, key)).await),
    }
}

fn missing_key(name: &str, key: &str) -> String {
    format!("Secret '{name}' with the key '{key}' does not exist or is empty: make it; it is looked for every 5 s")
}

/// A living resource waits to be woken, or looks again for a Secret; a deleted one is held, and says what releases it.
async fn waits<T: Managed>(pass: &Pass<'_, T>, reason: Reason, message: String) -> Interrupt {
    let now = pass.context.shared.clock.now();
    if !pass.is_deleted() {
        let until = if reason == Reason::SecretNotFound { now.checked_add(FRESH).ok() } else { None };
        return State::Waiting { reason, message, until }.into();
    }
    match pass.context.shared.secrets.namespace_deleted_at(&pass.key.namespace).await {
        Err(error) => error.into(),
        // Nobody can put anything back into a namespace that ends.
        Ok(Some(since)) => {
            let until = since.saturating_add(LAST_WAIT).unwrap_or(since);
            if now >= until {
                return Interrupt::Orphan("its namespace ends, and there is no credential any more");
            }
            let message = format!("{message}; the namespace ends, so it is let go a minute after that began");
            State::Waiting { reason: Reason::CredentialsMissing, message, until: Some(until) }.into()
        }
        Ok(None) => {
            let message = format!("{message}; or set the annotation ping-operator.dev/allow-deletion to 'orphan'");
            State::DeletionBlocked { reason: Reason::CredentialsMissing, message }.into()
        }
    }
}
