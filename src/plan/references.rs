//! What references lead to, by one set of rules and sentences for the cluster and for manifests. No IO.

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::api::provider_config::Provider;
use crate::api::provider_config::view::ConfigView;
use crate::api::reason::Reason;
use crate::api::references::{SecretKeyRef, TeamRef, USABLE_LABEL};
use crate::api::resource_key::ResourceKey;
use crate::provider::model::ids::TeamId;
use crate::provider::model::sensitive::Sensitive;

/// What a spec refers to, besides its config.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Reference {
    /// A Team of the same namespace.
    Team(TeamRef),
    /// A key of a Secret of the same namespace.
    Secret(SecretKeyRef),
    /// The same, but it may be absent: a code that a person adds later.
    Code(SecretKeyRef),
}

/// What a key of a Secret has.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum SecretValue {
    /// The value.
    Known(Sensitive),
    /// There will be a value, and it is not known yet: only manifests were read, and they do not show it. The operator never meets this.
    Unknown,
}

impl SecretValue {
    /// The value, if it is known.
    pub(crate) fn known(&self) -> Option<&Sensitive> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown => None,
        }
    }
}

/// What the references of a spec led to.
#[derive(Default)]
pub(crate) struct ResolvedRefs {
    /// The ids of Teams, by the names of the resources.
    pub(crate) teams: BTreeMap<String, TeamId>,
    /// The values of keys of Secrets.
    pub(crate) secrets: BTreeMap<SecretKeyRef, SecretValue>,
}

impl ResolvedRefs {
    /// The value of a code; `None`: it is not known, or not there, or empty.
    pub(crate) fn code(&self, reference: &SecretKeyRef) -> Option<Sensitive> {
        let code = self.secrets.get(reference)?.known()?;
        Some(code.clone()).filter(|code| !code.expose().is_empty())
    }
}

/// A Team resource that something refers to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ReferredTeam {
    /// Its team at the provider, if it has one yet.
    pub(crate) id: Option<TeamId>,
    /// Whether the resource is Ready.
    pub(crate) is_ready: bool,
}

/// Where references are looked up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    /// In the cluster: something that is missing may be created there.
    Cluster,
    /// Among manifests.
    Manifests,
}

/// A reference that leads to nothing that can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct UnresolvedReference {
    /// What it names.
    pub(crate) referent: Referent,
    /// The reason that the resource shows.
    pub(crate) reason: Reason,
    /// One sentence: what is wrong and, in the cluster, what to do.
    pub(crate) message: String,
}

impl UnresolvedReference {
    /// A key of a Secret is missing.
    pub(crate) fn missing_secret(reference: &SecretKeyRef, message: String) -> Self {
        Self { referent: Referent::Secret(reference.clone()), reason: Reason::SecretNotFound, message }
    }

    /// The operator asks for a label that the Secret lacks.
    pub(crate) fn unlabelled_secret(reference: &SecretKeyRef) -> Self {
        let message = format!(
            "Secret '{}' may not be used: this operator runs with --require-secret-label, and the Secret lacks the label \
             {USABLE_LABEL} with the value \"true\"; add it, it is read again every 5 s",
            reference.name
        );
        Self::missing_secret(reference, message)
    }
}

/// What a reference names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Referent {
    /// A config.
    Config(ResourceKey),
    /// A Team.
    Team(TeamRef),
    /// A key of a Secret.
    Secret(SecretKeyRef),
}

impl Source {
    /// The config that a resource names, if it is for the resource's provider.
    ///
    /// # Errors
    /// There is no such config, or it is for the other provider, or has an annotation that the operator does not know.
    pub(crate) fn config<C: Deref<Target = ConfigView>>(
        self,
        key: &ResourceKey,
        found: Option<C>,
        needed: Provider,
    ) -> Result<C, UnresolvedReference> {
        let ResourceKey { kind, namespace: _, name } = key;
        let config = found.ok_or_else(|| self.no_config(key))?;
        let unusable =
            |reason, message| UnresolvedReference { referent: Referent::Config(key.clone()), reason, message };
        if let Some(invalid) = &config.invalid_annotation {
            return Err(unusable(Reason::InvalidPolicy, format!("{kind} '{name}': {invalid}")));
        }
        if config.provider == needed {
            return Ok(config);
        }
        let mismatch = format!("is for {}, and this kind needs one for {}", config.provider.name(), needed.name());
        let message = match self {
            Self::Cluster => format!("{kind} '{name}' {mismatch}: correct `providerConfigRef`"),
            Self::Manifests => format!("the config '{name}' {mismatch}"),
        };
        Err(unusable(Reason::WrongProvider, message))
    }

    /// There is no such config.
    pub(crate) fn no_config(self, key: &ResourceKey) -> UnresolvedReference {
        let ResourceKey { kind, namespace: _, name } = key;
        let message = match self {
            Self::Cluster => format!("{kind} '{name}' does not exist: create it, or correct `providerConfigRef`"),
            Self::Manifests => format!("the config '{name}' is not among the manifests"),
        };
        UnresolvedReference { referent: Referent::Config(key.clone()), reason: Reason::ReferenceNotFound, message }
    }

    /// The operator has no right to read configs of this kind.
    pub(crate) fn unread_config(self, key: &ResourceKey) -> UnresolvedReference {
        let ResourceKey { kind, namespace: _, name } = key;
        let message = format!(
            "{kind} '{name}' cannot be used: the operator has rights in namespaces only; let `providerConfigRef` name a ProviderConfig of \
             this namespace, or give the operator the right to list and watch {kind}s and restart it"
        );
        UnresolvedReference { message, ..self.no_config(key) }
    }

    /// The id of a Team's team. A resource that is bound to it already continues while the Team is not Ready.
    ///
    /// # Errors
    /// There is no such Team, or it is not Ready.
    pub(crate) fn team(
        self,
        reference: &TeamRef,
        found: Option<ReferredTeam>,
        is_bound: bool,
    ) -> Result<TeamId, UnresolvedReference> {
        let name = &reference.name;
        let unresolved =
            |reason, message| UnresolvedReference { referent: Referent::Team(reference.clone()), reason, message };
        let Some(ReferredTeam { id, is_ready }) = found else {
            let message = match self {
                Self::Cluster => format!("Team '{name}' does not exist: create it, or correct the reference"),
                Self::Manifests => format!("the Team '{name}' is not among the manifests"),
            };
            return Err(unresolved(Reason::ReferenceNotFound, message));
        };
        id.filter(|_| is_ready || is_bound).ok_or_else(|| {
            let message = match self {
                Self::Cluster => format!("Team '{name}' is not Ready yet: its own conditions say why"),
                Self::Manifests => format!("the Team '{name}' would not be Ready"),
            };
            unresolved(Reason::ReferenceNotReady, message)
        })
    }

    /// The value of a Secret's key.
    ///
    /// # Errors
    /// There is no such Secret, or it lacks the key.
    pub(crate) fn secret(
        self,
        reference: &SecretKeyRef,
        found: Option<SecretValue>,
    ) -> Result<SecretValue, UnresolvedReference> {
        found.ok_or_else(|| {
            let SecretKeyRef { name, key } = reference;
            let message = match self {
                Self::Cluster => missing_key(name, key),
                Self::Manifests => lacks_key(name, key),
            };
            UnresolvedReference::missing_secret(reference, message)
        })
    }
}

/// The sentence about a key of a Secret that the cluster does not have.
pub(crate) fn missing_key(name: &str, key: &str) -> String {
    format!(
        "Secret '{name}' with the key '{key}' does not exist, is empty or is no text in UTF-8: create it; it is read again every 5 s"
    )
}

/// The sentence about a key that a Secret among the manifests does not have.
pub(crate) fn lacks_key(name: &str, key: &str) -> String {
    format!("the Secret '{name}' has no key '{key}'")
}
