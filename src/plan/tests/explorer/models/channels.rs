//! A model of one customer's notification channels: positions close up when one is deleted, and reads lag behind our own writes.

use serde_json::{Value, json};

use crate::api::provider_config::RecentDeletion;
use crate::api::provider_config::settings::DeletionGuard;
use crate::plan::tests::explorer::history::History;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;

/// One channel: its address, and whether a person created it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelChannel {
    pub(crate) value: String,
    pub(crate) is_by_people: bool,
}

#[derive(Default)]
pub(crate) struct ChannelsModel {
    pub(crate) channels: History<Vec<ModelChannel>>,
    /// How many channels the operator has deleted.
    pub(crate) deleted: usize,
    /// An address that got a second code although the channel had it already.
    pub(crate) mailed_again: Option<String>,
    pub(crate) reservations: Vec<RecentDeletion>,
}

/// So few that scenarios reach the limit.
pub(crate) const GUARD: DeletionGuard = DeletionGuard { max_deletions: 1, window_seconds: 300 };

impl ChannelsModel {
    fn write(&mut self, now: i64, call: &PinghomeCall) -> (u16, Value) {
        let count = self.channels.len();
        let place = |priority: i64| usize::try_from(priority - 1).ok().filter(|place| *place < count);
        match call {
            PinghomeCall::CreateChannel { value, .. }
                if self.channels.iter().any(|channel| channel.value == value.expose()) =>
            {
                self.mailed_again.get_or_insert_with(|| value.expose().to_owned());
                return (409, Value::Null);
            }
            PinghomeCall::CreateChannel { value, .. } => {
                let channel = ModelChannel { value: value.expose().to_owned(), is_by_people: false };
                self.channels.change(now, |channels| channels.push(channel));
            }
            PinghomeCall::UpdateChannel { value, priority, .. } => {
                let Some(place) = place(*priority) else { return (404, Value::Null) };
                let has_it = self.channels.get(place).is_some_and(|channel| channel.value == value.expose());
                self.mailed_again = self.mailed_again.take().or(has_it.then(|| value.expose().to_owned()));
                self.channels.change(now, |channels| value.expose().clone_into(&mut channels[place].value));
            }
            PinghomeCall::DeleteChannel { priority, .. } => {
                let Some(place) = place(*priority) else { return (404, Value::Null) };
                self.channels.change(now, |channels| channels.remove(place));
                self.deleted += 1;
            }
            _ => return (404, Value::Null),
        }
        (200, json!({"message": "done"}))
    }
}

impl ProviderModel for ChannelsModel {
    fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, Value) {
        let Call::Pinghome(call) = call else { return (404, Value::Null) };
        match call {
            PinghomeCall::ReadCustomer => (200, json!({"customer_id": "c-own", "email": "own@x.org"})),
            PinghomeCall::ListChannels { .. } => {
                let item = |(channel, priority): (&ModelChannel, i64)| json!({"type": "webhook", "value": channel.value, "priority": priority, "enabled": true, "verified": true});
                (200, self.channels.seen(now, back).iter().zip(1_i64..).map(item).collect())
            }
            write => self.write(now, write),
        }
    }

    fn other_account(&self) -> Self {
        Self::default()
    }

    fn make_by_hand(&mut self, _now: i64, _name: &str) -> Option<String> {
        None
    }

    fn has(&self, _id: &str) -> bool {
        false
    }

    fn remove_by_hand(&mut self, _now: i64, _id: &str) {}

    fn reservations(&mut self) -> Option<(&mut Vec<RecentDeletion>, DeletionGuard)> {
        Some((&mut self.reservations, GUARD))
    }
}
