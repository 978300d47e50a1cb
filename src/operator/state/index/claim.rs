//! A claim on an external object, and what it rests on. No IO.

use std::sync::Arc;

/// What a claim rests on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ClaimBasis {
    /// The annotation `external-id` only: anybody who may write the resource can name any id.
    Annotation,
    /// `status.externalId`, which the operator writes.
    Status,
    /// A reconcile found or created the object, and `status` does not show it yet.
    Reconcile,
    /// A reconcile ended in a conflict with an older resource, which has the object.
    Conflict,
}

/// A resource says that an external object belongs to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Claim {
    /// The id of the object.
    pub(crate) id: Arc<str>,
    /// What the claim rests on.
    pub(crate) basis: ClaimBasis,
}

impl Claim {
    /// Whether the resource has the object already.
    pub(crate) fn has_object(&self) -> bool {
        match self.basis {
            ClaimBasis::Status | ClaimBasis::Reconcile => true,
            ClaimBasis::Annotation | ClaimBasis::Conflict => false,
        }
    }

    /// Whether only a person says so.
    pub(crate) fn is_by_annotation(&self) -> bool {
        self.basis == ClaimBasis::Annotation
    }

    /// The claims of a resource with this annotation `external-id` and this `status.externalId`.
    pub(crate) fn all(annotation: Option<&str>, status: Option<&Arc<str>>) -> Vec<Self> {
        let recorded = status.map(|id| Self { id: Arc::clone(id), basis: ClaimBasis::Status });
        let is_other = |id: &&str| status.is_none_or(|status| **status != **id);
        let annotated = annotation.filter(is_other).map(|id| Self { id: id.into(), basis: ClaimBasis::Annotation });
        recorded.into_iter().chain(annotated).collect()
    }
}
