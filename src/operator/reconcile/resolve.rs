//! The first step resolves what the spec refers to. A resource that waits for a reference sends no call to the provider.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::api::kinds::Kind;
use crate::api::provider_config::NamespacedSecretKeyRef;
use crate::api::provider_config::view::{AllowedScope, ConfigView};
use crate::api::reason::Reason;
use crate::api::references::SecretKeyRef;
use crate::api::resource_key::ResourceKey;
use crate::connection::writer::Writer;
use crate::inventory::Inventory;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::provider_config::account;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::served::served_by;
use crate::operator::reconcile::target::Target;
use crate::operator::reconcile::terminating::last_wait;
use crate::operator::state::secrets::{FRESH, UsableValue};
use crate::operator::trouble::ApiTrouble;
use crate::plan::managed::{Managed, config_key};
use crate::plan::references::{Reference, ResolvedRefs, SecretValue, Source, UnresolvedReference, missing_key};
use crate::plan::state::State;
use crate::provider::model::sensitive::Sensitive;

/// Resolves config, credential and references, for as long as this operator serves the config.
pub(crate) async fn resolve<T: Managed>(pass: &Pass<'_, T>) -> Result<Target<T>, Interrupt> {
    let resolved = resolved(pass).await;
    // The config may have changed hands while the API server was asked. Whoever lets go of a config forgets the decision before the
    // connection: so a connection that was opened after that is found here, and one that was opened before sends nothing more.
    if served_by(pass.resource.as_ref(), pass.context) != ServedBy::Here {
        return Err(Interrupt::Later);
    }
    resolved
}

async fn resolved<T: Managed>(pass: &Pass<'_, T>) -> Result<Target<T>, Interrupt> {
    let config = config(pass).await?;
    let writer = writer(pass, &config).await?;
    let refs = references(pass).await?;
    let resolved = match &refs {
        // A deletion needs what is recorded, and no valid spec.
        Some(refs) if pass.is_deleted() => pass.resource.resolve(refs).ok(),
        Some(refs) => Some(pass.resource.resolve(refs)?),
        None => None,
    };
    let own_lag = SignedDuration::from_secs(config.settings.read_lag_seconds.into());
    Ok(Target {
        // What one config of an account knows of its lists is true for all.
        read_lag: writer.reader().known(Inventory::read_lag).max(own_lag),
        writer,
        resolved,
        secrets: refs.iter().flat_map(|refs| refs.secrets.values().filter_map(SecretValue::known)).cloned().collect(),
        config,
    })
}

async fn config<T: Managed>(pass: &Pass<'_, T>) -> Result<Arc<ConfigView>, Interrupt> {
    let shared = &pass.context.shared;
    let key = config_key(pass.resource.as_ref(), &pass.key.namespace);
    if let Some(why) = shared.index.unreadable(&key) {
        let message = format!("{} '{}' is of no use: {why}", key.kind, key.name);
        // It exists, and may have a good token: nothing is orphaned for it.
        return Err(State::waiting(Reason::ReferenceNotReady, message, None).into());
    }
    let config = match Source::Cluster.config(&key, shared.index.config(&key), T::PROVIDER) {
        Ok(config) => config,
        Err(unresolved) if matches!(unresolved.reason, Reason::WrongProvider | Reason::InvalidPolicy) => {
            return Err(State::Stalled { reason: unresolved.reason, message: unresolved.message }.into());
        }
        Err(_) if key.kind == Kind::ClusterProviderConfig && !shared.reads_cluster_scope => {
            return Err(waits(pass, Source::Cluster.unread_config(&key)).await);
        }
        Err(unresolved) => return Err(waits(pass, unresolved).await),
    };
    if let AllowedScope::Chosen(selector) = &config.scope {
        let labels = shared.secrets.labels(&pass.key.namespace).await?;
        if !selector.as_ref().is_some_and(|selector| selector.matches(&labels)) {
            let message = format!(
                "{} '{}' does not allow the namespace '{}': let its `allowedNamespaces` choose the namespace's labels",
                key.kind, key.name, pass.key.namespace
            );
            return Err(State::Stalled { reason: Reason::NamespaceNotAllowed, message }.into());
        }
    }
    Ok(config)
}

async fn writer<T: Managed>(pass: &Pass<'_, T>, config: &ConfigView) -> Result<Writer, Interrupt> {
    let connections = &pass.context.shared.connections;
    let NamespacedSecretKeyRef { namespace, name, key } = &config.secret;
    let token = pass.context.shared.secrets.token(namespace, name, key).await?;
    if let Some(token) = token.filter(|token| !token.expose().is_empty()) {
        return account::open(connections, config, token.expose()).await;
    }
    connections.token_removed(config);
    if pass.context.shared.index.is_ready(&config.key) {
        // The config tells what still goes on without the Secret.
        pass.context.shared.index.trigger([config.key.clone()]);
    }
    // A deletion uses the last token when the Secret is gone.
    if pass.is_deleted()
        && let Some(opened) = account::remembered(connections, config).await
    {
        return opened;
    }
    let token = SecretKeyRef { name: name.clone(), key: key.clone() };
    Err(waits(pass, UnresolvedReference::missing_secret(&token, missing_key(name, key))).await)
}

/// What the references lead to; `None`: one is missing, which is no matter for a deletion.
async fn references<T: Managed>(pass: &Pass<'_, T>) -> Result<Option<ResolvedRefs>, Interrupt> {
    let mut refs = ResolvedRefs::default();
    for reference in pass.resource.references() {
        let resolved = match reference {
            Reference::Team(team) => {
                let key =
                    ResourceKey { kind: Kind::Team, namespace: pass.key.namespace.clone(), name: team.name.clone() };
                let found = pass.context.shared.index.referred_team(&key);
                let id = Source::Cluster.team(&team, found, pass.known_id.is_some());
                id.map(|id| drop(refs.teams.insert(team.name, id)))
            }
            Reference::Secret(key) => {
                let found = value(pass, &key).await?;
                let value = found.and_then(|found| Source::Cluster.secret(&key, found.map(SecretValue::Known)));
                value.map(|value| drop(refs.secrets.insert(key, value)))
            }
            Reference::Code(key) => {
                let code = value(pass, &key).await?;
                code.map(|code| refs.secrets.extend(code.map(|code| (key, SecretValue::Known(code)))))
            }
        };
        match resolved {
            Err(_) if pass.is_deleted() => return Ok(None),
            Err(unresolved) => return Err(waits(pass, unresolved).await),
            Ok(()) => {}
        }
    }
    Ok(Some(refs))
}

/// The value of a Secret's key; `None`: there is none. The inner error: the resource may not use it.
async fn value<T: Managed>(
    pass: &Pass<'_, T>,
    key: &SecretKeyRef,
) -> Result<Result<Option<Sensitive>, UnresolvedReference>, ApiTrouble> {
    match pass.context.shared.secrets.value(&pass.key.namespace, key).await {
        // A deletion needs what is recorded, and no right to read more.
        Err(trouble) if pass.is_deleted() && trouble.is_forbidden() => Ok(Ok(None)),
        Err(trouble) => Err(trouble),
        Ok(UsableValue::Value(value)) => Ok(Ok(Some(value))),
        Ok(UsableValue::Nothing) => Ok(Ok(None)),
        // Nor does it need the label.
        Ok(UsableValue::Unlabelled) if pass.is_deleted() => Ok(Ok(None)),
        Ok(UsableValue::Unlabelled) => Ok(Err(UnresolvedReference::unlabelled_secret(key))),
    }
}

/// What is missing. A resource waits for it, by a watch or, for a Secret, by checking again; the deletion of one is blocked.
async fn waits<T: Managed>(pass: &Pass<'_, T>, unresolved: UnresolvedReference) -> Interrupt {
    let UnresolvedReference { reason, message, referent: _ } = unresolved;
    if !pass.is_deleted() {
        let now = pass.context.shared.clock.now();
        let until = if reason == Reason::SecretNotFound { now.checked_add(FRESH).ok() } else { None };
        return State::Waiting { reason, message, until }.into();
    }
    match last_wait(pass, &message).await {
        Err(error) => error.into(),
        Ok(Some(interrupt)) => interrupt,
        Ok(None) => {
            let message = format!("{message}; or set the annotation ping-operator.dev/allow-deletion to 'orphan'");
            State::DeletionBlocked { reason: Reason::CredentialsMissing, message }.into()
        }
    }
}
