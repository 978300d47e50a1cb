//! What other processes may have written to the account, which this one has not seen. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::inventory::Inventory;

/// The clock of the process that reserved a deletion may be behind the one of this process by so much.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(10);

impl Inventory {
    /// Another process may have written to the account until `now`: what was read before shows nothing of it. It is forgotten, because
    /// it would prove, too, that what the other process made was absent for long.
    pub(crate) fn others_wrote_until(&mut self, now: Timestamp) {
        let Self {
            customer,
            teams,
            members,
            invitations,
            services,
            not_listed,
            service,
            channels,
            accounts,
            account,
            valid_since,
            // What this process did itself, and what it knows of the provider.
            read_lag: _,
            positions_trusted_from: _,
            recent_writes: _,
            searched_at: _,
            missed: _,
            spoken: _,
            stale: _,
        } = self;
        (*customer, *teams, *accounts) = (None, None, None);
        members.clear();
        invitations.clear();
        services.clear();
        not_listed.clear();
        service.clear();
        channels.clear();
        account.clear();
        *valid_since = now.max(*valid_since);
        self.distrust_positions(now);
    }

    /// Status tells at `now` of a deletion that was reserved at this time, perhaps by another process and its clock: that may be ahead,
    /// but the deletion is no later than what tells of it.
    pub(crate) fn deletion_told(&mut self, reserved: Timestamp, now: Timestamp) {
        let latest = reserved.min(now).saturating_add(CLOCK_SLACK).unwrap_or(now);
        self.distrust_positions(latest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::collection::Collection;
    use crate::provider::model::ids::{ChannelOwner, TeamId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn owner() -> ChannelOwner {
        ChannelOwner::Team(TeamId::parse("t1").unwrap())
    }

    fn listed(inventory: &mut Inventory, second: i64) {
        let call = Collection::Channels(owner()).call();
        let answer = call.answer(200, br#"[{"type": "email", "value": "a@x.org", "priority": 1}]"#).ok().unwrap();
        inventory.record(&call, &answer, at(second));
    }

    /// Whether the positions count of a list that was read at a second.
    fn counts(inventory: &mut Inventory, second: i64) -> bool {
        listed(inventory, second);
        inventory.channels(&owner(), Timestamp::MIN).ok().flatten().unwrap().positions_trusted()
    }

    #[test]
    fn positions_are_doubted_after_a_hand_over_however_the_other_clock_differs() {
        let lag = 5;
        for (reserved, told, trusted_from) in [
            // The clock of the other process is right, ahead by a little, or by an hour.
            (0, 1, 15),
            (3, 1, 16),
            (3600, 1, 16),
            // It may be behind by ten seconds.
            (-9, 1, 6),
            (-3600, 1, -3585),
        ] {
            for (second, expected) in [(trusted_from - 1, false), (trusted_from, true)] {
                let mut inventory = Inventory::default();
                inventory.set_read_lag(SignedDuration::from_secs(lag));
                inventory.deletion_told(at(reserved), at(told));
                assert_eq!(counts(&mut inventory, second), expected, "reserved at {reserved}, read at {second}");
            }
        }
    }

    #[test]
    fn nothing_that_was_read_before_counts_when_another_process_may_have_written() {
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(5));
        assert!(counts(&mut inventory, 1));
        inventory.others_wrote_until(at(10));
        let needed = |inventory: &Inventory| inventory.channels(&owner(), Timestamp::MIN).err().map(|n| n.not_before);
        assert_eq!(needed(&inventory), Some(at(10)));
        assert_eq!(inventory.teams(Timestamp::MIN).err().map(|need| need.not_before), Some(at(10)));
        // A read that began before.
        listed(&mut inventory, 9);
        assert_eq!(needed(&inventory), Some(at(10)));
        assert!(!counts(&mut inventory, 11));
        assert!(counts(&mut inventory, 15));
    }

    #[test]
    fn no_read_from_before_proves_that_what_another_process_made_is_absent() {
        let mut inventory = Inventory::default();
        let list = |inventory: &mut Inventory, second| {
            let call = Collection::Teams.call();
            inventory.record(&call, &call.answer(200, b"[]").ok().unwrap(), at(second));
            inventory.teams(Timestamp::MIN).ok().and_then(|teams| teams.absent_since("t1"))
        };
        assert_eq!(list(&mut inventory, 1), Some(at(1)));
        inventory.others_wrote_until(at(10));
        assert_eq!(list(&mut inventory, 9), None, "it began before");
        assert_eq!(list(&mut inventory, 11), Some(at(11)));
    }
}
