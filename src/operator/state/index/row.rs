//! What the index keeps of one resource.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;

use crate::api::conditions::ConditionSummary;
use crate::api::provider_config::view::ConfigView;
use crate::api::resource_key::ResourceKey;
use crate::operator::state::index::claim::{Claim, ClaimBasis};
use crate::operator::state::index::moved::Moved;
use crate::plan::mention::Mention;

/// The key of a resource; it is in memory once, however many tables name the resource.
pub(crate) type Key = Arc<ResourceKey>;

/// What others need to know of a resource that they refer to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RefSummary {
    /// The recorded id.
    pub(crate) external_id: Option<Arc<str>>,
    /// Whether it is Ready.
    pub(crate) is_ready: bool,
    /// Of a config, whose spec others depend on; 0 for the rest.
    pub(crate) generation: i64,
}

/// How old a resource is: of several that claim one object the oldest wins, and the uid decides between equals.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Age {
    /// `metadata.creationTimestamp`.
    pub(crate) created: Timestamp,
    /// `metadata.uid`.
    pub(crate) uid: Arc<str>,
}

impl Age {
    /// The age of a resource.
    pub(crate) fn of(resource: &impl Resource) -> Self {
        Self::of_meta(resource.meta())
    }

    /// The age in metadata.
    pub(crate) fn of_meta(meta: &ObjectMeta) -> Self {
        let created = meta.creation_timestamp.as_ref().map_or(Timestamp::MAX, |time| time.0);
        Self { created, uid: meta.uid.as_deref().unwrap_or_default().into() }
    }
}

/// What the index takes from one resource.
pub(crate) struct IndexRow {
    /// What it refers to, its config included; each once.
    pub(crate) uses: Vec<Key>,
    /// The external objects that it claims.
    pub(crate) claims: Vec<Claim>,
    /// Whether it waits until another resource gives up a claim.
    pub(crate) awaits_claim: bool,
    /// Whether the operator manages its external object: not a config, and not `managementPolicy: Observe`.
    pub(crate) is_managed: bool,
    /// Whether it is being deleted: it inherits nothing.
    pub(crate) is_deleted: bool,
    /// Its age.
    pub(crate) age: Age,
    /// What others need to know of it.
    pub(crate) referent: RefSummary,
    /// Of a config: what it says.
    pub(crate) config: Option<Arc<ConfigView>>,
    /// Why the types cannot read it; absent: they can.
    pub(crate) unreadable: Option<String>,
    /// Its conditions.
    pub(crate) conditions: Vec<ConditionSummary>,
    /// What it names that other resources of the account may name, too.
    pub(crate) mentions: Vec<Mention>,
    /// What it says of its move; most resources say nothing.
    pub(crate) moved: Option<Box<Moved>>,
}

impl IndexRow {
    /// The config that it uses.
    pub(crate) fn config_key(&self) -> Option<&ResourceKey> {
        self.uses.iter().map(Arc::as_ref).find(|used| used.kind.is_config())
    }

    /// The resource that stood for its object before.
    pub(super) fn moved_from(&self) -> Option<&ResourceKey> {
        self.moved.as_ref()?.from.as_ref()
    }

    /// The resource that may take its object over.
    pub(super) fn moved_to(&self) -> Option<&ResourceKey> {
        self.moved.as_ref()?.to.as_ref()
    }

    /// Whether it has an object.
    pub(super) fn has_object(&self, id: &str) -> bool {
        self.claims.iter().any(|claim| *claim.id == *id && claim.has_object())
    }

    /// The id of its object: what a reconcile found last, and `status` does not show yet, or what `status` shows.
    pub(super) fn recorded(&self) -> Option<&str> {
        let of = |basis| self.claims.iter().find(|claim| claim.basis == basis);
        of(ClaimBasis::Reconcile).or_else(|| of(ClaimBasis::Status)).map(|claim| claim.id.as_ref())
    }

    /// Claims an object that a reconcile found or created. Says whether that is new.
    pub(super) fn claim(&mut self, id: &str) -> bool {
        if self.has_object(id) {
            return false;
        }
        self.claims.retain(|claim| *claim.id != *id);
        self.claims.push(Claim { id: id.into(), basis: ClaimBasis::Reconcile });
        true
    }

    /// Claims what it has not got in a conflict, and nothing else that it claimed so before. Says whether that is new.
    pub(super) fn contend(&mut self, id: Option<&str>) -> bool {
        let is_other = |claim: &Claim| claim.basis == ClaimBasis::Conflict && Some(claim.id.as_ref()) != id;
        let had_other = self.claims.iter().any(is_other);
        self.claims.retain(|claim| !is_other(claim));
        let missing = id.filter(|id| self.claims.iter().all(|claim| *claim.id != **id));
        self.claims.extend(missing.map(|id| Claim { id: id.into(), basis: ClaimBasis::Conflict }));
        had_other || missing.is_some()
    }

    /// Whether another version of it claims the same with the same weight.
    pub(super) fn claims_like(&self, other: &Self) -> bool {
        let is_like =
            |one: &Claim, other: &Claim| one.id == other.id && one.is_by_annotation() == other.is_by_annotation();
        let all_in = |one: &Self, other: &Self| {
            one.claims.iter().all(|claim| other.claims.iter().any(|theirs| is_like(claim, theirs)))
        };
        let is_same = self.age == other.age && self.config_key() == other.config_key();
        is_same && all_in(self, other) && all_in(other, self)
    }

    /// The row with the claims of a reconcile whose `status` the watch has not delivered yet. `before` is the row until now.
    pub(super) fn with_early_claims(mut self, before: &Self) -> Self {
        let recorded = |row: &Self| row.claims.iter().find(|claim| claim.basis == ClaimBasis::Status).cloned();
        if self.age.uid == before.age.uid && recorded(&self) == recorded(before) {
            for claim in &before.claims {
                match claim.basis {
                    ClaimBasis::Reconcile => self.claim(&claim.id),
                    ClaimBasis::Conflict => self.contend(Some(&claim.id)),
                    ClaimBasis::Status | ClaimBasis::Annotation => false,
                };
            }
        }
        self
    }

    /// Its mention of a subject.
    pub(super) fn mention(&self, subject: &str) -> Option<&Mention> {
        self.mentions.iter().find(|mention| mention.subject == subject)
    }
}
