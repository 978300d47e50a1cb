//! A model of one customer's notification channels: positions close up when one is deleted, and reads lag behind our own writes.

use serde_json::{Value, json};

use super::operator::Outside;
use crate::api::provider_config::{DeletionGuard, RecentDeletion};
use crate::pinghome::Call;
use crate::wire;

/// One channel: its address, and whether a person made it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) value: String,
    pub(super) is_theirs: bool,
}

#[derive(Default)]
pub(super) struct Board {
    pub(super) entries: Vec<Entry>,
    /// What was before our own writes, and until when.
    past: Vec<(i64, Vec<Entry>)>,
    /// How many channels the operator has deleted.
    pub(super) deleted: usize,
    pub(super) reservations: Vec<RecentDeletion>,
}

/// So few that stories run into it.
pub(super) const GUARD: DeletionGuard = DeletionGuard { max_deletions: 1, window_seconds: 300 };

impl Board {
    /// A person's change, which every read shows at once.
    pub(super) fn by_hand(&mut self, change: impl FnOnce(&mut Vec<Entry>)) {
        self.past.clear();
        change(&mut self.entries);
    }

    /// What a read shows that looks `back` seconds into the past.
    fn seen(&self, now: i64, back: i64) -> &[Entry] {
        let at = now - back;
        self.past.iter().find(|(until, _)| *until > at).map_or(&self.entries, |(_, entries)| entries)
    }

    fn write(&mut self, now: i64, call: &Call) -> (u16, Value) {
        let before = self.entries.clone();
        let place = |priority: i64| usize::try_from(priority - 1).ok().filter(|place| *place < before.len());
        let done = match call {
            Call::CreateChannel { value, .. } if before.iter().any(|entry| entry.value == value.expose()) => {
                return (409, Value::Null);
            }
            Call::CreateChannel { value, .. } => {
                self.entries.push(Entry { value: value.expose().to_owned(), is_theirs: false });
                true
            }
            Call::UpdateChannel { value, priority, .. } => place(*priority).is_some_and(|place| {
                self.entries[place].value = value.expose().to_owned();
                true
            }),
            Call::DeleteChannel { priority, .. } => place(*priority).is_some_and(|place| {
                self.entries.remove(place);
                self.deleted += 1;
                true
            }),
            _ => false,
        };
        if done {
            self.past.push((now, before));
        }
        if done { (200, json!({"message": "done"})) } else { (404, Value::Null) }
    }
}

impl Outside for Board {
    fn answer(&mut self, now: i64, call: &wire::Call, back: i64) -> (u16, Value) {
        let wire::Call::Pinghome(call) = call else { return (404, Value::Null) };
        match call {
            Call::ReadCustomer => (200, json!({"customer_id": "c-own", "email": "own@x.org"})),
            Call::ListChannels { .. } => {
                let item = |(entry, priority): (&Entry, i64)| json!({"type": "webhook", "value": entry.value, "priority": priority, "enabled": true, "verified": true});
                (200, self.seen(now, back).iter().zip(1_i64..).map(item).collect())
            }
            write => self.write(now, write),
        }
    }

    fn reservations(&mut self) -> Option<(&mut Vec<RecentDeletion>, DeletionGuard)> {
        Some((&mut self.reservations, GUARD))
    }
}
