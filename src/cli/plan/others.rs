//! What the resources of a plan must know of each other: which objects they claim, and whom they name. No IO.

use std::collections::HashMap;
use std::sync::Arc;

use crate::api::resource_key::ResourceKey;
use crate::cli::plan::participant::Participant;
use crate::plan::claim_order::{ClaimRank, Rival, rival};
use crate::plan::context::Claimant;
use crate::plan::managed::Managed;
use crate::plan::mention::{Mention, OtherMention};

/// An external object, by the account that has it.
#[derive(Eq, Hash, PartialEq)]
struct ClaimedObject {
    account: ResourceKey,
    id: String,
}

/// The claim of a participant.
struct ClaimedBy {
    rank: ClaimRank<usize>,
    key: ResourceKey,
    is_living: bool,
}

/// What a participant says of a subject.
struct MentionedBy {
    order: usize,
    account: ResourceKey,
    mention: OtherMention,
}

/// Who asks: a participant, by what tells it apart from the others.
pub(crate) struct Asking {
    account: ResourceKey,
    rank: ClaimRank<usize>,
    /// The one that takes over what it stands for.
    heir: Option<ResourceKey>,
}

impl Asking {
    /// The participant that asks.
    pub(crate) fn of<T: Managed>(participant: &Participant<T>) -> Self {
        // What goes leaves its object to one that stays and claims it.
        let lacks_object = participant.result.is_deleted || !participant.simulation.has_object();
        let (account, created, tie) = (participant.account.clone(), participant.created, participant.order);
        let (heir, is_handed_over) = (participant.heir.clone(), participant.heir.is_some());
        Self { account, rank: ClaimRank { created, is_handed_over, lacks_object, tie }, heir }
    }
}

/// Which participants claim which objects, and which name which subjects.
#[derive(Default)]
pub(crate) struct Others {
    claims: HashMap<ClaimedObject, Vec<ClaimedBy>>,
    mentions: HashMap<String, Vec<MentionedBy>>,
    /// Those that are not deleted, for those that are.
    living: Option<Arc<Self>>,
}

impl Others {
    /// What participants of one kind must know of each other, and of those that were simulated before them.
    pub(crate) fn of<T: Managed>(participants: &[Participant<T>], living: Option<Arc<Self>>) -> Self {
        let mut others = Self { living, ..Self::default() };
        for participant in participants {
            if let Some(id) = participant.simulation.external_id() {
                let Asking { account, rank, heir: _ } = Asking::of(participant);
                let is_ending = participant.simulation.resource().metadata().deletion_timestamp.is_some();
                let is_living = !participant.result.is_deleted && !is_ending;
                let key = participant.result.key.clone();
                let object = ClaimedObject { account, id: id.to_owned() };
                others.claims.entry(object).or_default().push(ClaimedBy { rank, key, is_living });
            }
            if !participant.result.is_deleted {
                others.add_mentions(participant);
            }
        }
        others
    }

    fn add_mentions<T: Managed>(&mut self, participant: &Participant<T>) {
        let external_id = participant.simulation.external_id().map(str::to_owned);
        let name = participant.result.key.to_string();
        for Mention { subject, is_wanted, role, customer_id, is_passive } in
            participant.simulation.resource().mentions()
        {
            let (name, external_id) = (name.clone(), external_id.clone());
            let mention = OtherMention { name, external_id, is_wanted, role, customer_id, is_passive };
            let (order, account) = (participant.order, participant.account.clone());
            self.mentions.entry(subject).or_default().push(MentionedBy { order, account, mention });
        }
    }

    /// The other participant that claims an object of the account.
    pub(crate) fn claimant(&self, id: &str, me: &Asking) -> Option<Claimant> {
        let object = ClaimedObject { account: me.account.clone(), id: id.to_owned() };
        let living = self.living.as_ref().and_then(|living| living.claims.get(&object));
        let all = self.claims.get(&object).into_iter().chain(living).flatten();
        let others = all.filter(|other| other.rank.tie != me.rank.tie);
        let ranked = others.map(|other| (&other.rank, (&other.key, other.is_living)));
        let Rival { claim: (key, is_living), wins } = rival(&&me.rank, ranked, |(_, is_living)| *is_living)?;
        Some(Claimant { name: key.to_string(), wins, is_living, is_heir: me.heir.as_ref() == Some(key) })
    }

    /// What other participants of the account say of a subject.
    pub(crate) fn mentions(&self, subject: &str, me: &Asking) -> Vec<OtherMention> {
        let all = self.mentions.get(subject).into_iter().flatten();
        let others = all.filter(|by| by.order != me.rank.tie && by.account == me.account);
        others.map(|by| by.mention.clone()).collect()
    }
}
