//! What one visit of one resource knows besides the desired state and the inventory. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::annotations::{AllowDeletion, Annotations};
use crate::inventory::collection::{Collection, Need};
use crate::plan::absence::Absence;
use crate::plan::attempts::{Attempts, CallResult};
use crate::plan::mention::OtherMention;

/// How old a list may be by which a deletion is held, or not.
const LAST_LOOK: SignedDuration = SignedDuration::from_secs(10);

/// How often a Secret is looked at while its code is awaited.
const CODE: SignedDuration = SignedDuration::from_secs(5);

/// What one visit of one resource knows besides the desired state and the inventory.
#[derive(Clone)]
pub(crate) struct PlanContext<'a> {
    /// The one time of this visit.
    pub(crate) as_of: Timestamp,
    /// The moment of this plan: what is recorded is recorded now, however long the visit has waited for its turn.
    pub(crate) now: Timestamp,
    /// How old a list may be that is only looked at: lists from before are read again.
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
    /// What is remembered of earlier visits.
    pub(crate) attempts: &'a Attempts,
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
}

#[cfg(test)]
impl<'a> PlanContext<'a> {
    /// A visit of a resource of which nothing is recorded, alone in the world; any list is young enough.
    pub(crate) fn alone(as_of: Timestamp, annotations: &'a Annotations, attempts: &'a Attempts) -> Self {
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
            other_mentions: &|_| Vec::new(),
        }
    }
}

impl PlanContext<'_> {
    /// How old a list may be from which the absence of a name is concluded (design §3.2).
    pub(crate) fn create_freshness(&self) -> Timestamp {
        let age = SignedDuration::from_secs(30).min(self.read_lag / 4);
        self.not_before.max(self.as_of.saturating_sub(age).unwrap_or(self.as_of))
    }

    /// How long ago a call may have been recorded that is sent now.
    pub(crate) fn write_ahead_valid_since(&self) -> Timestamp {
        write_ahead_valid_since(self.now, self.read_lag)
    }

    /// Whether a call that is made once needs nothing more: `status` records it, and no promise of it is left to keep.
    pub(crate) fn is_done(&self, is_recorded: bool, key: &str) -> bool {
        is_recorded && !self.attempts.is_pending(key)
    }

    /// When a Secret is looked at again whose code is awaited.
    pub(crate) fn next_look_for_code(&self) -> Option<Timestamp> {
        self.as_of.checked_add(CODE).ok()
    }

    /// From when on lists tell whether a call took effect that was recorded at a time: it may have left, or been carried out, a while after.
    pub(crate) fn resolvable_at(&self, known_id: Timestamp) -> Timestamp {
        let latest = self.read_lag.saturating_add(margin(self.read_lag));
        known_id.saturating_add(latest).unwrap_or(known_id)
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

    /// Whether an object is gone of which only reads from `provable_at` on tell; the last read of `collection` began at `read_at`.
    ///
    /// # Errors
    /// It can be proven now, by a read that must come first.
    pub(crate) fn absence_provable_at(
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

    /// How old a list may be from which it is concluded that nothing hangs on what is to be deleted:
    /// it was read after the resource was deleted, and a moment ago: what held the deletion may be gone by now.
    pub(crate) fn delete_freshness(&self) -> Timestamp {
        let deleted = self.deleted_at.unwrap_or(self.as_of);
        // The API server writes the second that had begun.
        let surely_after = deleted.saturating_add(SignedDuration::from_secs(1)).unwrap_or(deleted);
        let a_moment_ago = self.as_of.saturating_sub(LAST_LOOK).unwrap_or(self.as_of);
        self.not_before.max(self.as_of.min(surely_after)).max(a_moment_ago)
    }

    /// Whether the create of this nonce was surely refused: there is nothing to resolve.
    pub(crate) fn is_void(&self, nonce: &str) -> bool {
        self.attempts.outcome(nonce) == Some(CallResult::Refused)
    }

    /// Whether a person lets deletion pass a guard.
    pub(crate) fn passes_guards(&self) -> bool {
        self.annotations.allow_deletion == Some(AllowDeletion::PastGuards)
    }
}

/// How long before `now` a call may have been recorded to be sent.
pub(crate) fn write_ahead_valid_since(as_of: Timestamp, read_lag: SignedDuration) -> Timestamp {
    as_of.saturating_sub(margin(read_lag)).unwrap_or(as_of)
}

/// Between the record of a call and its effect: a quarter of the lag, which by default is a request's time limit; a second where hardly anything lags.
fn margin(read_lag: SignedDuration) -> SignedDuration {
    (read_lag / 4).max(SignedDuration::from_secs(1))
}
