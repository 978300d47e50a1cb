//! The reasons of conditions, events and metrics: one enum, so that nothing compares texts. No IO.

use crate::api::words::words;

words! { parsed
    /// Why a condition has its status; the same word is the reason of the event and a label of metrics (docs/conditions.md).
    Reason {
        /// The token opens another account than before.
        AccountChanged,
        /// Nobody has an open invitation.
        AllAnswered,
        /// Several objects may be the result of one create.
        AmbiguousCreate,
        /// People have not answered their invitations yet.
        AnswersAwaited,
        /// The provider equals the spec.
        Available,
        /// The provider has not finished a deletion yet.
        AwaitingRemoval,
        /// A verification code is awaited in a Secret.
        CodeAwaited,
        /// The submitted code did not verify the address.
        CodeRejected,
        /// An older resource claims the same object.
        Conflict,
        /// There is no credential to delete with.
        CredentialsMissing,
        /// The provider refuses the token.
        CredentialsRejected,
        /// The provider differs, and the policies forbid to change it.
        Drifted,
        /// The operator was not started with `--allow-endpoint` for this host.
        EndpointNotAllowed,
        /// The object that is named or observed does not exist.
        ExternalNotFound,
        /// The object vanished between a read and a call.
        Gone,
        /// The deletion guard allows no more deletions now.
        GuardExceeded,
        /// Other resources refer to this one.
        HasDependents,
        /// The provider refuses the spec, or the spec makes no sense.
        Invalid,
        /// An annotation has a value that the operator does not know.
        InvalidPolicy,
        /// The last manager of a team would leave it.
        LastManager,
        /// An object of this name exists already.
        NameTaken,
        /// The `ClusterProviderConfig` does not choose this namespace.
        NamespaceNotAllowed,
        /// Accepted writes did not remove a difference.
        NotConverging,
        /// Something hangs on the object that would be deleted.
        NotEmpty,
        /// The token's own customer is in the team that would be deleted.
        OwnTeam,
        /// Reads do not show the last write yet.
        Progressing,
        /// The provider failed, or did not answer.
        ProviderUnavailable,
        /// The provider asks for fewer calls.
        RateLimited,
        /// The object vanished and is made again once lists agree.
        Recreating,
        /// What the spec refers to does not exist.
        ReferenceNotFound,
        /// What the spec refers to is not Ready.
        ReferenceNotReady,
        /// NodePing refuses a deletion, and its list still shows the sub-account.
        RemovalRefused,
        /// The result of a create is not known yet.
        ResolvingCreate,
        /// A Secret, or the key in it, does not exist.
        SecretNotFound,
        /// `spec.suspend` is set.
        Suspended,
        /// The provider does not say.
        Unknown,
        /// Pinghome does not enable a channel before its address is verified.
        VerificationRequired,
        /// The address is verified.
        Verified,
        /// Reads still show the old value after the read lag.
        WriteNotVisible,
        /// The config is for the other provider.
        WrongProvider,
    }
}

words! {
    /// The reasons of events about what was done; those about trouble are a [`Reason`].
    EventReason {
        /// An object that existed already belongs to the resource now.
        AdoptedExternalResource,
        /// An object was made.
        CreatedExternalResource,
        /// An object was deleted.
        DeletedExternalResource,
        /// An object stays although its resource goes.
        OrphanedExternalResource,
        /// A call that contacts a person was accepted.
        ReachedPerson,
        /// An object was changed.
        UpdatedExternalResource,
    }
}
