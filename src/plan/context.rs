//! What the planner knows of one resource besides its spec. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::{AllowDeletion, Annotations, Intent};
use crate::api::reason::Reason;
use crate::inventory::Inventory;
use crate::inventory::collection::{Collection, Need};
use crate::plan::absence::Absence;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::mention::OtherMention;
use crate::plan::state::State;
use crate::provider::call::WRITE_TIMEOUT;

/// How old a list may be by which a guard decides whether it blocks a deletion.
const GUARD_FRESHNESS: SignedDuration = SignedDuration::from_secs(10);

/// The shortest and the longest time after which a read is repeated that could not show what is absent.
const SHORTEST_DOUBT: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_DOUBT: SignedDuration = SignedDuration::from_secs(30);

/// How long the write-ahead of a call may take, however small the read lag is: a call that was written ahead earlier is not sent.
const WRITE_AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// How long a call may take once it is sent.
const WRITE_LIMIT: SignedDuration = SignedDuration::from_secs(WRITE_TIMEOUT.as_secs().cast_signed());

/// How often a Secret is checked while a code is awaited in it.
const CODE_CHECK: SignedDuration = SignedDuration::from_secs(5);

/// What the planner knows of one resource besides its spec.
#[derive(Clone)]
pub(crate) struct PlanContext<'a> {
    /// The time of this reconcile, or of its last write.
    pub(crate) as_of: Timestamp,
    /// The present time: what is written ahead is written now, however long the reconcile waited for its permit.
    pub(crate) now: Timestamp,
    /// Lists that were read before are read again.
    pub(crate) not_before: Timestamp,
    /// When the lock was taken under which positions are read and written, if it was.
    pub(crate) locked_at: Option<Timestamp>,
    /// For how long a read may miss a write.
    pub(crate) read_lag: SignedDuration,
    /// When the resource was deleted, to the second, if it was.
    pub(crate) deleted_at: Option<Timestamp>,
    /// The resource's annotations.
    pub(crate) annotations: &'a Annotations,
    /// `status.externalId`.
    pub(crate) known_id: Option<&'a str>,
    /// The other resource that claims an external id, if there is one.
    pub(crate) claimed_by: &'a (dyn Fn(&str) -> Option<Claimant> + Send + Sync),
    /// What was tried before.
    pub(crate) attempts: &'a Attempts,
    /// What is known of the provider.
    pub(crate) inventory: &'a Inventory,
    /// What other resources of the account say of a subject that this one mentions.
    pub(crate) other_mentions: &'a (dyn Fn(&str) -> Vec<OtherMention> + Send + Sync),
}

/// Another resource that claims the same external object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Claimant {
    /// `namespace/name`.
    pub(crate) name: String,
    /// Whether it is older than this one, and so wins.
    pub(crate) wins: bool,
    /// Whether it is not being deleted: then it gets the object when this one goes.
    pub(crate) is_living: bool,
    /// Whether it takes over what this resource stands for, by the annotation `moved-from`.
    pub(crate) is_heir: bool,
}

impl Claimant {
    /// Whether the object is left to it when this resource is deleted: an older one owns it, and a living one takes it over.
    pub(crate) fn inherits(&self) -> bool {
        self.wins || self.is_living
    }
}

#[cfg(test)]
impl<'a> PlanContext<'a> {
    /// The context of a resource of which nothing is recorded, and that is the only one; any list is fresh enough.
    pub(crate) fn alone(
        as_of: Timestamp,
        annotations: &'a Annotations,
        attempts: &'a Attempts,
        inventory: &'a Inventory,
    ) -> Self {
        Self {
            as_of,
            now: as_of,
            not_before: Timestamp::MIN,
            locked_at: None,
            deleted_at: None,
            read_lag: SignedDuration::ZERO,
            annotations,
            known_id: None,
            claimed_by: &|_| None,
            attempts,
            inventory,
            other_mentions: &|_| Vec::new(),
        }
    }
}

impl PlanContext<'_> {
    /// A list that was read at or after this time proves that a name is free.
    pub(crate) fn create_freshness(&self) -> Timestamp {
        let age = SignedDuration::from_secs(30).min(self.read_lag / 4);
        self.not_before.max(self.as_of.saturating_sub(age).unwrap_or(self.as_of))
    }

    /// A call may be sent now if it was written ahead at or after this time.
    pub(crate) fn write_ahead_valid_since(&self) -> Timestamp {
        write_ahead_valid_since(self.now, self.read_lag)
    }

    /// Whether nothing is left to do for a call that is made once: `status` records it, and it is not pending.
    pub(crate) fn is_done(&self, is_recorded: bool, key: &str) -> bool {
        is_recorded && !self.attempts.is_pending(key)
    }

    /// When to check a Secret again in which a code is awaited.
    pub(crate) fn next_code_check(&self) -> Option<Timestamp> {
        self.as_of.checked_add(CODE_CHECK).ok()
    }

    /// From when on lists show whether a call took effect that was written ahead at a time: it may have been sent, or carried out, later.
    pub(crate) fn resolvable_at(&self, written_ahead_at: Timestamp) -> Timestamp {
        let latest = self.read_lag.saturating_add(margin(self.read_lag));
        written_ahead_at.saturating_add(latest).unwrap_or(written_ahead_at)
    }

    /// Whether an object is gone that no read has shown since `since`; the last read of `collection` began at `read_at`.
    ///
    /// # Errors
    /// It can be proven now, by a read that must come first.
    pub(crate) fn proof_of_absence(
        &self,
        since: Timestamp,
        read_at: Timestamp,
        collection: &Collection,
    ) -> Result<Absence, Need> {
        self.absence_provable_at(since.saturating_add(self.read_lag).unwrap_or(since), read_at, collection)
    }

    /// Whether an object is gone whose absence only reads from `provable_at` on can prove; the last read of `collection` began at `read_at`.
    ///
    /// # Errors
    /// It can be proven now, by a read that must come first.
    pub(crate) fn absence_provable_at(
        &self,
        provable_at: Timestamp,
        read_at: Timestamp,
        collection: &Collection,
    ) -> Result<Absence, Need> {
        match self.doubtful(collection)? {
            Some(doubtful) => Ok(doubtful),
            None => self.reads_span(provable_at, read_at, collection),
        }
    }

    /// Whether the reads of a collection, whatever they show, reach up to `provable_at`.
    ///
    /// # Errors
    /// They can now, by a read that must come first.
    pub(crate) fn reads_span(
        &self,
        provable_at: Timestamp,
        read_at: Timestamp,
        collection: &Collection,
    ) -> Result<Absence, Need> {
        if read_at >= provable_at {
            Ok(Absence::Proven)
        } else if self.as_of >= provable_at {
            Err(Need { collection: collection.clone(), not_before: provable_at })
        } else {
            Ok(Absence::NotBefore(provable_at))
        }
    }

    /// Whether an object is gone that no read has shown since `since`, although a create or a change of this resource may have made it.
    ///
    /// # Errors
    /// It can be proven now, by a read that must come first.
    pub(crate) fn absence_after_create(
        &self,
        since: Timestamp,
        read_at: Timestamp,
        collection: &Collection,
    ) -> Result<Absence, Need> {
        let made = self.annotations.intent.as_ref().map_or(Timestamp::MIN, |intent| intent.time);
        let unseen = since.saturating_add(self.read_lag).unwrap_or(since);
        self.absence_provable_at(unseen.max(self.resolvable_at(made)), read_at, collection)
    }

    /// The state to report while the last read of a collection cannot show what is absent; `None` if it can.
    ///
    /// # Errors
    /// The collection must be read again.
    pub(crate) fn doubt(&self, collection: &Collection) -> Result<Option<State>, Need> {
        Ok(self.doubtful(collection)?.and_then(|doubtful| doubtful.awaited(Reason::ProviderUnavailable, "")))
    }

    fn doubtful(&self, collection: &Collection) -> Result<Option<Absence>, Need> {
        let Some(doubt) = self.inventory.doubt(collection) else { return Ok(None) };
        let pause = (self.read_lag / 4).clamp(SHORTEST_DOUBT, LONGEST_DOUBT);
        let until = self.next_read(collection, pause)?;
        Ok(Some(Absence::Doubtful { message: doubt.to_string(), until }))
    }

    /// When a collection is read again: this long after its last read.
    ///
    /// # Errors
    /// It is read now.
    pub(crate) fn next_read(&self, collection: &Collection, pause: SignedDuration) -> Result<Timestamp, Need> {
        let read_at = self.inventory.read_at(collection).unwrap_or(self.as_of);
        let next = read_at.saturating_add(pause).unwrap_or(read_at);
        if self.as_of < next { Ok(next) } else { Err(Need { collection: collection.clone(), not_before: self.as_of }) }
    }

    /// A list that was read at or after this time proves that nothing belongs to what is to be deleted: it was read after the
    /// resource was deleted, and recently, since what blocked the deletion may be gone by now.
    pub(crate) fn delete_freshness(&self) -> Timestamp {
        let deleted = self.deleted_at.unwrap_or(self.as_of);
        // The API server writes the second that had begun.
        let after_deletion = deleted.saturating_add(SignedDuration::from_secs(1)).unwrap_or(deleted);
        let recently = self.as_of.saturating_sub(GUARD_FRESHNESS).unwrap_or(self.as_of);
        self.not_before.max(self.as_of.min(after_deletion)).max(recently)
    }

    /// Whether the recorded create was surely refused, so that there is nothing to resolve.
    pub(crate) fn is_void(&self, intent: &Intent) -> bool {
        intent.refused || self.attempts.outcome(&intent.nonce) == Some(CallResult::Refused)
    }

    /// Whether an annotation allows the deletion past the guards.
    pub(crate) fn passes_guards(&self) -> bool {
        self.annotations.allow_deletion == Some(AllowDeletion::PastGuards)
    }
}

/// A call may be sent at `as_of` if it was written ahead at or after this time.
pub(crate) fn write_ahead_valid_since(as_of: Timestamp, read_lag: SignedDuration) -> Timestamp {
    let longest = margin(read_lag).saturating_sub(WRITE_LIMIT);
    as_of.saturating_sub(longest).unwrap_or(as_of)
}

/// The longest time between the write-ahead of a call and its effect: a quarter of the read lag, and at least what the write-ahead may
/// take and the time limit of the call.
fn margin(read_lag: SignedDuration) -> SignedDuration {
    (read_lag / 4).max(WRITE_AHEAD.saturating_add(WRITE_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_judged_before_its_own_read_lag_is_over_however_long_its_write_ahead_took() {
        let (annotations, attempts, inventory) = (Annotations::default(), Attempts::default(), Inventory::default());
        let written_ahead = Timestamp::UNIX_EPOCH;
        for lag in [0, 1, 4, 20, 40, 60, 61, 120, 600].map(SignedDuration::from_secs) {
            let context =
                PlanContext { read_lag: lag, ..PlanContext::alone(written_ahead, &annotations, &attempts, &inventory) };
            // The latest moment at which the call may be sent, and its latest effect.
            let sent = written_ahead + written_ahead.duration_since(write_ahead_valid_since(written_ahead, lag));
            let effect = sent + SignedDuration::try_from(WRITE_TIMEOUT).unwrap();
            assert!(sent >= written_ahead + WRITE_AHEAD, "{lag}");
            assert!(context.resolvable_at(written_ahead) >= effect + lag, "{lag}");
        }
    }
}
