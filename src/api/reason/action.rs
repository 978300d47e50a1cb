//! What a person can do about each reason: one sentence, for the command line and the page about conditions, and where that page is. No IO.

use crate::api::reason::Reason;

/// Where docs/conditions.md is served. Who builds the binary may say it; by default it is the path in the repository.
const PAGE: &str = match option_env!("CONDITIONS_URL") {
    Some(address) => address,
    None => "docs/conditions.md",
};

impl Reason {
    /// The section of docs/conditions.md about the reason: an address with an anchor.
    pub(crate) fn section(self) -> String {
        format!("{PAGE}#{}", self.as_str().to_ascii_lowercase())
    }

    /// What to do. docs/conditions.md says the same of the reason, after its cause.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::AccountChanged => "Restore the previous token, or let the annotation name the other account.",
            Self::AllAnswered
            | Self::Available
            | Self::AwaitingRemoval
            | Self::Progressing
            | Self::Verified
            | Self::WriteNotVisible => "No action is needed.",
            Self::AmbiguousCreate => {
                "Name one by `ping-operator.dev/external-id`, or set `ping-operator.dev/retry-create` to the nonce in the message."
            }
            Self::ApprovalRequired => {
                "Set `ping-operator.dev/approved-plan` to the hash in `status.pendingPlan`, or undo the change."
            }
            Self::AnswersAwaited => "Ask the people whom the message names to answer their invitations.",
            Self::CodeAwaited => "Put the code that Pinghome sent last into the Secret that the spec names.",
            Self::CodeRejected => "Put another code into the Secret that the spec names.",
            Self::Conflict => {
                "Delete one of the two resources, or set or remove the annotation that the message names."
            }
            Self::CredentialsMissing => "Restore the Secret, or set `ping-operator.dev/allow-deletion: orphan`.",
            Self::CredentialsRejected => "Put a valid token into the Secret; the operator looks at it every 5 s.",
            Self::Declined | Self::Left => {
                "Ask the people whom the message names, then edit their entries to invite them again."
            }
            Self::Drifted => {
                "Let `driftPolicy: Correct`, `managementPolicy: Manage` or an operator without `--dry-run` correct it, or change the spec to what the provider has."
            }
            Self::EndpointNotAllowed => "Add the flag to the operator, or remove the endpoint from the config.",
            Self::Expired => "Invite the people again as the message says.",
            Self::ExternalNotFound => "Correct the annotation, or create the object.",
            Self::Forbidden => {
                "Give the operator the right that the message names, or let the policy except it; the operator tries again within 20 s."
            }
            Self::Gone => {
                "No action is needed: the operator reads the list again, and the list decides whether the object is gone."
            }
            Self::GuardExceeded => {
                "Raise `deletionGuard` of the config, set `ping-operator.dev/allow-deletion: \"true\"`, or wait."
            }
            Self::HasDependents => "Delete them, or let them refer to another resource.",
            Self::Invalid => "Change the spec.",
            Self::InvalidPolicy => "Correct it as the message says.",
            Self::KubernetesUnavailable | Self::ProviderUnavailable => {
                "No action is needed: the operator retries with backoff."
            }
            Self::LastManager => {
                "Make another person a manager, list the person again as a manager, or set `ping-operator.dev/allow-deletion: \"true\"`."
            }
            Self::MemberChanged => "List the new address instead.",
            Self::NameTaken => {
                "Adopt it by `ping-operator.dev/external-id`, set `adoptionPolicy`, or choose another name."
            }
            Self::NamespaceNotAllowed => "Change `allowedNamespaces` or the labels of the namespace.",
            Self::NotConverging => "Find out who or what reverts it, then change the spec.",
            Self::NotEmpty => "Remove its contents, or set `ping-operator.dev/allow-deletion`.",
            Self::OwnTeam => "Move that customer to another team first.",
            Self::RateLimited => "No action is needed: `status.throttledUntil` of the config says until when.",
            Self::Recreating => {
                "No action is needed: the operator creates it again when the lists agree that it is gone."
            }
            Self::ReferenceNotFound => "Create the Team or config that the message names.",
            Self::ReferenceNotReady => "Look at the conditions of that Team first.",
            Self::RemovalRefused => {
                "If the sub-account remains: let the token delete it, or set `ping-operator.dev/allow-deletion: orphan`."
            }
            Self::ResolvingCreate => {
                "No action is needed: the list of the provider shows the result after the read lag."
            }
            Self::ResyncStretched => "Raise `rateLimit`, if the provider allows it, or `resyncIntervalSeconds`.",
            Self::SecretNotFound => {
                "Create the Secret with that key, or add the label that the message names; the operator checks every 5 s."
            }
            Self::ServedElsewhere => {
                "Stop one of the two operators, or divide the configs by `--selector` or `--watch-namespaces`."
            }
            Self::Suspended => "Set `suspend: false` when the operator may go on.",
            Self::Throttled => "No action is needed: both go away with the pause.",
            Self::Unknown => "No action is needed, unless the message says how to ask again.",
            Self::VerificationRequired => "Verify it, manually or by `verification`.",
            Self::WrongProvider => "Refer to another config.",
        }
    }
}
