//! The reasons of conditions, events and metrics, as enums: no code compares texts. No IO.

pub(crate) mod action;

use crate::api::words::words;

words! { parsed
    /// The reason of a condition. It is also the reason of the event and a label of metrics (docs/conditions.md).
    Reason {
        /// The token opens another account than before.
        AccountChanged,
        /// Nobody has an open invitation.
        AllAnswered,
        /// Several external objects can be the result of one create.
        AmbiguousCreate,
        /// People have not answered their invitations yet.
        AnswersAwaited,
        /// Calls wait until a person approves their plan.
        ApprovalRequired,
        /// The external object equals the spec.
        Available,
        /// The provider has not finished a deletion yet.
        AwaitingRemoval,
        /// The operator waits for a verification code in a Secret.
        CodeAwaited,
        /// The submitted code did not verify the address.
        CodeRejected,
        /// An older resource claims the same external object.
        Conflict,
        /// There is no credential for the deletion.
        CredentialsMissing,
        /// The provider rejects the token.
        CredentialsRejected,
        /// A person declined an invitation.
        Declined,
        /// The external object differs from the spec, and the policies forbid a correction.
        Drifted,
        /// The operator was not started with `--allow-endpoint` for this host.
        EndpointNotAllowed,
        /// An invitation disappeared without an answer, or has an unknown status.
        Expired,
        /// The external object that an annotation names, or that is to be observed, does not exist.
        ExternalNotFound,
        /// The API server refuses a request of the operator: a right is missing, or a policy of the cluster forbids it.
        Forbidden,
        /// The external object disappeared between a read and a call.
        Gone,
        /// The deletion guard blocks more deletions.
        GuardExceeded,
        /// Other resources refer to this one.
        HasDependents,
        /// The provider rejects the spec, or the spec is inconsistent.
        Invalid,
        /// An annotation has an unknown value.
        InvalidPolicy,
        /// The API server failed, did not respond, or responded with something that the operator cannot read.
        KubernetesUnavailable,
        /// The change would remove the last manager of a team.
        LastManager,
        /// A person left a team.
        Left,
        /// A member of a team has another address than the listed one.
        MemberChanged,
        /// An external object with this name exists already.
        NameTaken,
        /// The `ClusterProviderConfig` does not select this namespace.
        NamespaceNotAllowed,
        /// The same difference remains after three accepted writes.
        NotConverging,
        /// The external object to delete is not empty.
        NotEmpty,
        /// The customer that the token belongs to is in the team to delete.
        OwnTeam,
        /// Reads do not show the last write yet.
        Progressing,
        /// The provider failed, or did not respond.
        ProviderUnavailable,
        /// The provider asked for fewer calls.
        RateLimited,
        /// The external object is gone. The operator creates it again when the lists agree.
        Recreating,
        /// A resource that the spec refers to does not exist.
        ReferenceNotFound,
        /// A resource that the spec refers to is not Ready.
        ReferenceNotReady,
        /// NodePing rejects a deletion, and its list still shows the sub-account.
        RemovalRefused,
        /// The result of a create is not known yet.
        ResolvingCreate,
        /// Everything is read again less often than the config asks for, because the rate does not allow more.
        ResyncStretched,
        /// A Secret or its key does not exist.
        SecretNotFound,
        /// Another operator serves the config.
        ServedElsewhere,
        /// `spec.suspend` is set.
        Suspended,
        /// The provider asked for fewer calls: no call to the account is sent for a while.
        Throttled,
        /// The provider does not show it.
        Unknown,
        /// Pinghome enables a channel only after its address is verified.
        VerificationRequired,
        /// The address is verified.
        Verified,
        /// Reads still show the old value after the read lag.
        WriteNotVisible,
        /// The config is for the other provider.
        WrongProvider,
    }
}

impl Reason {
    /// Whether it tells of people, so that an event tells it, too, although nothing is wrong with the resource.
    pub(crate) fn is_about_people(self) -> bool {
        matches!(self, Self::Expired | Self::MemberChanged)
    }
}

words! {
    /// The reasons of events about completed actions. Events about problems use a [`Reason`].
    EventReason {
        /// The resource adopted an external object.
        AdoptedExternalResource,
        /// The operator created an external object.
        CreatedExternalResource,
        /// The operator deleted an external object.
        DeletedExternalResource,
        /// The operator orphaned an external object.
        OrphanedExternalResource,
        /// The provider accepted a call that contacts a person.
        ReachedPerson,
        /// The operator changed an external object.
        UpdatedExternalResource,
        /// The calls of an approved plan are made from now on.
        UsedApproval,
    }
}
