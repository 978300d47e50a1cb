//! The addresses that an answer may name although the request does not. No IO.

use crate::inventory::Inventory;
use crate::inventory::channels::Channels;
use crate::provider::call::Call;

impl Inventory {
    /// The addresses of channels that the answer to a call may name although the request does not, as they were last read.
    pub(crate) fn addresses_behind(&self, call: &Call) -> Vec<String> {
        let owner = match call {
            Call::Pinghome(call) => call.channel_owner(),
            Call::NodePing(_) => None,
        };
        let channels = owner.and_then(|owner| self.channels.get(&owner));
        channels.into_iter().flat_map(Channels::items).map(|channel| channel.value.expose().to_owned()).collect()
    }
}
