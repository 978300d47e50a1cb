//! What must be true of channels: at all times, and in the end. No IO.

use crate::api::notification_channel::NotificationChannel;
use crate::plan::state::State;
use crate::plan::tests::explorer::channels::{ChannelsEnvironment, MANY};
use crate::plan::tests::explorer::models::channels::{GUARD, ModelChannel};
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::stored::Stored;

/// Whether an address is one of those that a resource ever had.
fn is_of(stored: &Stored<NotificationChannel>, value: &str) -> bool {
    let own = stored.resource.spec.value.as_deref().and_then(|own| own.rsplit_once('/'));
    own.is_some_and(|(own, _)| value.rsplit_once('/').is_some_and(|(other, _)| other == own))
}

impl ChannelsEnvironment {
    /// Checks what must be true at all times.
    pub(super) fn check_invariants(&self) -> Result<(), String> {
        self.provider.bounds.check()?;
        // What is shown in a form that nobody knows is asked for again by each process.
        if let Some(value) = self.provider.mailed_again.as_ref().filter(|_| !self.provider.has_played(Move::Reworded)) {
            return Err(format!("the code for {value} was mailed again"));
        }
        let channels: &[ModelChannel] = &self.provider.channels;
        let by_people: Vec<_> = channels.iter().filter(|channel| channel.is_by_people).cloned().collect();
        if by_people != self.by_people {
            return Err(format!("people's channels were touched: {:?} are now {by_people:?}", self.by_people));
        }
        for place in 0..MANY {
            let ours = format!("https://x.org/{place}/");
            let count = channels.iter().filter(|channel| channel.value.starts_with(&ours)).count();
            // One that is shown otherwise than it was sent is not found again when the spec has another address.
            if count > 2 && !self.is_shown_otherwise() {
                return Err(format!("channel {place} is there {count} times: {channels:?}"));
            }
        }
        self.check_told()?;
        let windows = usize::try_from(self.now / i64::from(GUARD.window_seconds)).unwrap_or(0) + 1;
        if self.provider.deleted > windows {
            return Err(format!("{} deletions in {} s", self.provider.deleted, self.now));
        }
        Ok(())
    }

    /// Whether a channel is shown otherwise than it was sent.
    fn is_shown_otherwise(&self) -> bool {
        [Move::Masked, Move::Hidden, Move::Reworded].into_iter().any(|one| self.provider.has_played(one))
    }

    /// Checks that a deletion tells of a channel that it leaves, and of no other.
    fn check_told(&self) -> Result<(), String> {
        let is_there = |stored: &Stored<_>| self.provider.channels.iter().any(|channel| is_of(stored, &channel.value));
        for stored in self.stored.iter().filter(|stored| stored.is_gone && !stored.is_kept) {
            let value = &stored.resource.spec.value;
            if stored.kept.is_some() && !self.is_shown_otherwise() {
                return Err(format!("the deletion of {value:?} tells of a channel that is not its own"));
            }
            let can_tell = ![Move::Masked, Move::Reworded].into_iter().any(|one| self.provider.has_played(one));
            if stored.kept.is_none() && is_there(stored) && can_tell {
                return Err(format!("the deletion of {value:?} left its channel and did not tell"));
            }
        }
        Ok(())
    }

    /// Checks what must be true in the end.
    pub(super) fn check_converged(&self, states: &[Option<State>]) -> Result<(), String> {
        let ours: Vec<_> = self
            .provider
            .channels
            .iter()
            .filter(|channel| !channel.is_by_people)
            .map(|channel| channel.value.clone())
            .collect();
        let says_done =
            |(stored, state): (&Stored<_>, &Option<State>)| stored.is_gone || *state == Some(State::Available);
        if self.provider.is_hindered() && !self.stored.iter().zip(states).all(says_done) {
            return Ok(());
        }
        let gave_up = |state: &Option<State>| matches!(state, Some(State::Stalled { .. }));
        if self.provider.bounds.is_spent() && states.iter().any(gave_up) {
            return Ok(());
        }
        // What is kept by a policy may be there, or not.
        let kept: Vec<_> = self.stored.iter().filter(|stored| stored.is_kept || stored.kept.is_some()).collect();
        let is_kept = |value: &String| kept.iter().any(|stored| is_of(stored, value));
        let alive = || self.stored.iter().filter(|stored| !stored.is_deleted);
        for (stored, state) in self.stored.iter().zip(states) {
            let is_well = if stored.is_deleted { stored.is_gone } else { *state == Some(State::Available) };
            if !is_well {
                return Err(format!("{:?} has not converged: {state:?}", stored.resource.spec.value));
            }
        }
        let mut wanted: Vec<_> = alive().filter_map(|stored| stored.resource.spec.value.clone()).collect();
        let mut seen: Vec<_> = ours.iter().filter(|value| !is_kept(value)).cloned().collect();
        wanted.sort();
        seen.sort();
        // A channel that is shown otherwise than it was sent cannot be told from others once the spec has another address.
        if self.is_shown_otherwise() && wanted.iter().all(|value| seen.contains(value)) {
            return Ok(());
        }
        if wanted == seen { Ok(()) } else { Err(format!("there are {ours:?}, wanted {wanted:?}")) }
    }
}
