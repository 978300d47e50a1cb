//! What the provider, and people, may do to a schedule besides the faults of its reconciles. No IO.

/// One move.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Move {
    /// A gateway answers the next write with its own 404 page; the provider never hears of it.
    PageOnWrite,
    /// A gateway answers the next two writes in the same way.
    PagesOnWrites,
    /// The next delete is refused.
    DeleteRefused,
    /// Every delete is refused from now on.
    DeletesRefused,
    /// Every change is refused from now on.
    UpdatesRefused,
    /// Every create is refused from now on.
    CreatesRefused,
    /// The next write is forbidden, and nothing else is.
    WriteForbidden,
    /// From now on, nothing is done that is to reach a person, and the answers to it are lost.
    NoticesLost,
    /// From now on, it is forbidden to reach a person.
    NoticesForbidden,
    /// The answer to the next create has the id of an object that somebody else made long before.
    OtherId,
    /// The answer to the next create has the id of an object that somebody else made long before, where no list shows it.
    UnlistedId,
    /// The next reads, three of them, have an item that cannot be read.
    ItemUnreadable,
    /// What somebody else made cannot be read from now on.
    OthersUnreadable,
    /// The next reads, three of them, show half of the list, and say that there is more.
    ListCut,
    /// The next reads, three of them, come in two pages, and what stood between them is on neither.
    PagesShift,
    /// Names and addresses are shown otherwise than they were sent, from now on.
    Masked,
    /// Of no address anything is shown, from now on.
    Hidden,
    /// Addresses are shown in a form that nobody knows, from now on.
    Reworded,
    /// What a deleted resource refers to is gone.
    ReferencesGone,
    /// The next wait for a permit is so long that the token opens another account when it is over.
    OtherToken,
    /// The object is deleted by hand; a second later somebody asks for a reconcile, and nobody ever asks again.
    DeletedByHand,
    /// The spec gets a name that a person's object has, and the resource is deleted before it was reconciled.
    NewNameTaken,
    /// The same; the resource adopts what has its name.
    NewNameAdoptable,
    /// The resource only observes, until the schedule's events are over.
    Observed,
    /// The resource is suspended, until the schedule's events are over.
    Suspended,
    /// The resource only reports drift, until the schedule's events are over.
    Reports,
    /// The invitation disappears, and nobody answered it.
    InvitationLapses,
    /// The person has another address from now on, and only listed people may be in the team.
    AddressChanges,
    /// The spec says nothing of members any more.
    MembersAbsent,
    /// The process is frozen when it is about to record the next call. Another one leads meanwhile, and then the first one wakes.
    FrozenBeforeRecord,
    /// The same when it is about to send the call.
    FrozenBeforeCall,
    /// The same when it was about to hear the answer.
    FrozenAfterCall,
    /// An operator with `--dry-run` works beside the other one, until the schedule's events are over.
    DryRunBeside,
}

impl Move {
    /// All of them, and how often each is drawn in proportion to the others.
    const WEIGHTS: [(Self, u32); 33] = [
        (Self::PageOnWrite, 3),
        (Self::PagesOnWrites, 1),
        (Self::DeleteRefused, 2),
        (Self::DeletesRefused, 1),
        (Self::UpdatesRefused, 1),
        (Self::CreatesRefused, 1),
        (Self::WriteForbidden, 1),
        (Self::NoticesLost, 1),
        (Self::NoticesForbidden, 1),
        (Self::OtherId, 2),
        (Self::UnlistedId, 2),
        (Self::ItemUnreadable, 2),
        (Self::OthersUnreadable, 1),
        (Self::ListCut, 2),
        (Self::PagesShift, 2),
        (Self::Masked, 2),
        (Self::Hidden, 2),
        (Self::Reworded, 1),
        (Self::ReferencesGone, 2),
        (Self::OtherToken, 2),
        (Self::DeletedByHand, 2),
        (Self::NewNameTaken, 2),
        (Self::NewNameAdoptable, 2),
        (Self::Observed, 2),
        (Self::Suspended, 2),
        (Self::Reports, 2),
        (Self::InvitationLapses, 2),
        (Self::AddressChanges, 2),
        (Self::MembersAbsent, 2),
        (Self::FrozenBeforeRecord, 2),
        (Self::FrozenBeforeCall, 2),
        (Self::FrozenAfterCall, 2),
        (Self::DryRunBeside, 2),
    ];
    /// What any provider may do.
    const BY_PROVIDER: [Self; 12] = [
        Self::PageOnWrite,
        Self::PagesOnWrites,
        Self::DeleteRefused,
        Self::DeletesRefused,
        Self::UpdatesRefused,
        Self::CreatesRefused,
        Self::WriteForbidden,
        Self::ItemUnreadable,
        Self::OthersUnreadable,
        Self::ListCut,
        Self::PagesShift,
        Self::Masked,
    ];
    /// What concerns calls that reach a person.
    const OF_NOTICES: [Self; 2] = [Self::NoticesLost, Self::NoticesForbidden];
    /// What concerns one object that has a name and an id.
    const OF_ONE_OBJECT: [Self; 8] = [
        Self::OtherId,
        Self::OtherToken,
        Self::DeletedByHand,
        Self::NewNameTaken,
        Self::NewNameAdoptable,
        Self::Observed,
        Self::Suspended,
        Self::Reports,
    ];

    /// What a second process does.
    const OF_PROCESSES: [Self; 4] =
        [Self::FrozenBeforeRecord, Self::FrozenBeforeCall, Self::FrozenAfterCall, Self::DryRunBeside];
    /// What a process does that is frozen.
    const OF_FROZEN: [Self; 3] = [Self::FrozenBeforeRecord, Self::FrozenBeforeCall, Self::FrozenAfterCall];
    /// What a resource does that writes less.
    pub(crate) const OF_POLICIES: [Self; 3] = [Self::Observed, Self::Suspended, Self::Reports];
    /// What concerns an object that is there before its resource.
    const OF_WHAT_IS_THERE: [Self; 4] = [Self::OtherToken, Self::Observed, Self::Suspended, Self::Reports];

    /// The moves in a schedule of a service.
    pub(crate) fn of_service() -> Vec<Self> {
        [&Self::of_one_object()[..], &[Self::UnlistedId]].concat()
    }

    /// The moves in a schedule of a sub-account.
    pub(crate) fn of_one_object() -> Vec<Self> {
        [&Self::BY_PROVIDER[..], &Self::OF_ONE_OBJECT, &Self::OF_PROCESSES].concat()
    }

    /// The moves in a schedule of an account.
    pub(crate) fn of_what_is_there() -> Vec<Self> {
        [&Self::BY_PROVIDER[..], &Self::OF_WHAT_IS_THERE, &Self::OF_PROCESSES].concat()
    }

    /// The moves in a schedule of a customer.
    pub(crate) fn of_customer() -> Vec<Self> {
        [&Self::of_what_is_there()[..], &Self::OF_NOTICES].concat()
    }

    /// The moves in a schedule of a team.
    pub(crate) fn of_team() -> Vec<Self> {
        let of_people = [Self::InvitationLapses, Self::AddressChanges, Self::MembersAbsent];
        [&Self::BY_PROVIDER[..], &Self::OF_ONE_OBJECT, &Self::OF_PROCESSES, &Self::OF_NOTICES, &of_people].concat()
    }

    /// The moves in a schedule of channels.
    pub(crate) fn of_channels() -> Vec<Self> {
        let is_of_named = |one: &Self| *one == Self::OthersUnreadable;
        let of_addresses = [Self::Hidden, Self::Reworded, Self::ReferencesGone];
        let all =
            [&Self::BY_PROVIDER[..], &Self::OF_NOTICES, &Self::OF_FROZEN, &Self::OF_POLICIES, &of_addresses].concat();
        all.into_iter().filter(|one| !is_of_named(one)).collect()
    }

    /// The moves in a schedule of a person who is moved: what is over after a while.
    pub(crate) fn of_move() -> Vec<Self> {
        vec![
            Self::PageOnWrite,
            Self::PagesOnWrites,
            Self::WriteForbidden,
            Self::ItemUnreadable,
            Self::ListCut,
            Self::PagesShift,
        ]
    }

    /// The moves in a schedule of two configs of one account.
    pub(crate) fn of_two_configs() -> Vec<Self> {
        [&Self::of_move()[..], &Self::OF_FROZEN].concat()
    }

    /// Draws one of these.
    pub(crate) fn drawn(allowed: &[Self], random: &mut fastrand::Rng) -> Option<Self> {
        let weighted = || Self::WEIGHTS.into_iter().filter(|(one, _)| allowed.contains(one));
        let total = weighted().map(|(_, weight)| weight).sum::<u32>();
        let mut at = random.u32(0..total.max(1));
        let found = weighted().find(|(_, weight)| {
            let is_it = at < *weight;
            at = at.saturating_sub(*weight);
            is_it
        });
        found.map(|(one, _)| one)
    }
}
