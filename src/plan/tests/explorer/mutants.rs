//! The mutants: mistakes that a reconcile may make on purpose, made from outside of the code that is tested. No IO.

mod misread;

use crate::plan::tests::explorer::moves::Move;

pub(crate) use misread::edited;

/// A known mistake, which the explorer must find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mutant {
    /// No create record before a create.
    NoIntent,
    /// The list is believed at once after a create.
    NoLagWait,
    /// One list that lacks the object proves that it is gone.
    AbsentByOneList,
    /// A create whose answer was lost counts as one that did not happen.
    BlindRetry,
    /// An invitation is not recorded before it is sent.
    NoRecord,
    /// That a person leaves is not recorded before the call that takes the person out.
    LeavingUnrecorded,
    /// A position is taken from a list that was read before the owner was locked.
    PriorityRemembered,
    /// The deletion guard's reservations are forgotten with the process.
    GuardInMemory,
    /// Any reconcile of a spec, also one that failed, ends the wait in which nobody is taken out.
    PauseSpent,
    /// While something is awaited, where the object was made is not written down.
    PlaceForgotten,
    /// What is known of an account is kept for each config, and not for the account.
    StatePerConfig,
    /// A page that says 404 proves that what was to be deleted is gone.
    PageIsGone,
    /// A delete that was refused counts as done.
    RefusedIsDone,
    /// Any id in a create's answer is the new object's.
    AnyIdIsOurs,
    /// The id in a create's answer needs no read that shows it.
    AnswerIsProof,
    /// What was tried is forgotten after each reconcile.
    TriesForgotten,
    /// Calls that reach a person are not counted.
    NoticesUncounted,
    /// An item that cannot be read is left out, and the rest is taken for the whole list.
    UnreadableLeftOut,
    /// The first part of a list is taken for the whole.
    PartIsWhole,
    /// Pages that shift while they are read make a whole list all the same.
    ShiftIsWhole,
    /// A spec that says nothing of members wants nobody in the team.
    AbsentIsEmpty,
    /// What the operator made is in every list that it knows, whatever the provider's shows.
    MadeIsThere,
    /// A resource that only observes is planned like any other.
    ObserveIgnored,
    /// A resource that only reports drift corrects it.
    ReportIgnored,
    /// What was planned with one token is sent with another.
    TokenUnchecked,
    /// A deletion searches what a create made by the name that the spec has now.
    DeletedByNewName,
    /// A person is known by the address alone.
    AddressIsPerson,
    /// A create that was refused is one of which nothing is known, once the process that sent it is gone.
    RefusalForgotten,
    /// What a spec leaves open is set to what it is where nobody says anything.
    OpenIsDefault,
    /// The code that was in the Secret before another address was asked for counts as the mailed one.
    OldCodeSubmitted,
    /// An account is closed whatever address the spec confirms.
    ClosureUnconfirmed,
    /// Who was frozen sends the call that it was about to send, although another process leads.
    FenceIgnored,
    /// Who was frozen overwrites the create record that another process wrote meanwhile.
    RecordOverwritten,
    /// An operator with `--dry-run` takes off the finalizer of a deleted resource.
    DryRunReleases,
    /// A claim counts only for resources that use the same config.
    ClaimsPerConfig,
    /// The annotation of a resource whose config opens no account claims an object.
    UnreachedClaimCounts,
    /// Nobody is woken who waits for what another resource claims.
    NobodyWoken,
    /// What is recorded of a closure counts for nothing.
    ClosureForgotten,
    /// A deleted resource deletes what a younger one claims, too.
    HeirIgnored,
    /// A resource whose object another one takes over goes on planning.
    HandedOverPlans,
    /// A resource takes over from another namespace that does not consent.
    ConsentIgnored,
    /// A deleted resource goes before its heir has recorded the object.
    SourceGoesFirst,
    /// What the annotation names is adopted before it is known what a create made.
    AnnotationFirst,
    /// One read that shows the new address ends its change.
    ShownIsDone,
    /// A call that reaches a person counts as done, whatever came of it.
    LostIsDone,
    /// A channel whose address is hidden is none.
    HiddenIsNothing,
    /// Calls are made although nobody has approved them.
    ApprovalIgnored,
    /// Of the hashes that were used only the last one is known.
    UsedApprovalsForgotten,
}

impl Mutant {
    /// What a scenario of a team finds.
    pub(crate) const OF_TEAMS: [Self; 22] = [
        Self::NoIntent,
        Self::NoLagWait,
        Self::AbsentByOneList,
        Self::BlindRetry,
        Self::NoRecord,
        Self::LeavingUnrecorded,
        Self::PageIsGone,
        Self::RefusedIsDone,
        Self::AnyIdIsOurs,
        Self::TriesForgotten,
        Self::NoticesUncounted,
        Self::PartIsWhole,
        Self::ShiftIsWhole,
        Self::AbsentIsEmpty,
        Self::MadeIsThere,
        Self::ObserveIgnored,
        Self::TokenUnchecked,
        Self::AddressIsPerson,
        Self::RefusalForgotten,
        Self::FenceIgnored,
        Self::RecordOverwritten,
        Self::DryRunReleases,
    ];
    /// What a scenario of a team under approval finds.
    pub(crate) const OF_APPROVALS: [Self; 2] = [Self::ApprovalIgnored, Self::UsedApprovalsForgotten];
    /// What a scenario of a move finds.
    pub(crate) const OF_MOVES: [Self; 1] = [Self::PauseSpent];
    /// What a scenario of channels finds.
    pub(crate) const OF_CHANNELS: [Self; 7] = [
        Self::PriorityRemembered,
        Self::GuardInMemory,
        Self::StatePerConfig,
        Self::FenceIgnored,
        Self::NoticesUncounted,
        Self::BlindRetry,
        Self::HiddenIsNothing,
    ];
    /// What a scenario of a service finds.
    pub(crate) const OF_SERVICES: [Self; 10] = [
        Self::NoIntent,
        Self::NoLagWait,
        Self::AbsentByOneList,
        Self::BlindRetry,
        Self::PlaceForgotten,
        Self::PageIsGone,
        Self::RefusedIsDone,
        Self::UnreadableLeftOut,
        Self::DeletedByNewName,
        Self::AnswerIsProof,
    ];
    /// What a scenario of a sub-account finds.
    pub(crate) const OF_SUB_ACCOUNTS: [Self; 6] = [
        Self::NoIntent,
        Self::NoLagWait,
        Self::AbsentByOneList,
        Self::BlindRetry,
        Self::AnyIdIsOurs,
        Self::TokenUnchecked,
    ];

    /// What a scenario of an account finds.
    pub(crate) const OF_ACCOUNTS: [Self; 4] =
        [Self::OpenIsDefault, Self::TriesForgotten, Self::ObserveIgnored, Self::TokenUnchecked];
    /// What a scenario of a customer finds.
    pub(crate) const OF_CUSTOMERS: [Self; 7] = [
        Self::NoRecord,
        Self::OldCodeSubmitted,
        Self::ClosureUnconfirmed,
        Self::ClosureForgotten,
        Self::TokenUnchecked,
        Self::ShownIsDone,
        Self::LostIsDone,
    ];
    /// What a scenario of two configs finds.
    pub(crate) const OF_TWO_CONFIGS: [Self; 5] = [
        Self::ClaimsPerConfig,
        Self::UnreachedClaimCounts,
        Self::NobodyWoken,
        Self::AnnotationFirst,
        Self::HeirIgnored,
    ];

    /// What a scenario of a Team that takes over finds.
    pub(crate) const OF_HANDING_OVER: [Self; 3] = [Self::HandedOverPlans, Self::ConsentIgnored, Self::SourceGoesFirst];

    /// The moves without which the mistake does no harm.
    pub(crate) fn needs(self) -> &'static [Move] {
        match self {
            Self::NoIntent
            | Self::NoLagWait
            | Self::AbsentByOneList
            | Self::BlindRetry
            | Self::NoRecord
            | Self::LeavingUnrecorded
            | Self::PriorityRemembered
            | Self::GuardInMemory
            | Self::PauseSpent
            | Self::PlaceForgotten
            | Self::StatePerConfig
            | Self::RefusalForgotten
            | Self::OpenIsDefault
            | Self::OldCodeSubmitted
            | Self::ClosureUnconfirmed
            | Self::ClaimsPerConfig
            | Self::UnreachedClaimCounts
            | Self::NobodyWoken
            | Self::AnnotationFirst
            | Self::HeirIgnored
            | Self::HandedOverPlans
            | Self::ConsentIgnored
            | Self::SourceGoesFirst
            | Self::ClosureForgotten
            | Self::ShownIsDone
            | Self::LostIsDone
            | Self::ApprovalIgnored
            | Self::UsedApprovalsForgotten => &[],
            Self::FenceIgnored => &[Move::FrozenBeforeCall],
            Self::RecordOverwritten => &[Move::FrozenBeforeRecord],
            Self::DryRunReleases => &[Move::DryRunBeside],
            Self::PageIsGone => &[Move::PageOnWrite],
            Self::RefusedIsDone => &[Move::DeleteRefused],
            Self::AnyIdIsOurs => &[Move::OtherId],
            Self::AnswerIsProof => &[Move::UnlistedId],
            Self::TriesForgotten => &[Move::Masked],
            Self::HiddenIsNothing => &[Move::Hidden],
            Self::NoticesUncounted => &[Move::NoticesLost],
            Self::UnreadableLeftOut => &[Move::ItemUnreadable],
            Self::PartIsWhole => &[Move::ListCut],
            Self::ShiftIsWhole => &[Move::PagesShift],
            Self::AbsentIsEmpty => &[Move::MembersAbsent],
            Self::MadeIsThere => &[Move::DeletedByHand],
            Self::ObserveIgnored => &[Move::Observed],
            Self::ReportIgnored => &[Move::Reports],
            Self::TokenUnchecked => &[Move::OtherToken],
            Self::DeletedByNewName => &[Move::NewNameAdoptable],
            Self::AddressIsPerson => &[Move::AddressChanges],
        }
    }

    /// Whether a delete with this status counts as done by mistake.
    pub(crate) fn takes_for_done(self, status: u16) -> bool {
        (self == Self::PageIsGone && status == 404) || (self == Self::RefusedIsDone && status == 409)
    }
}
