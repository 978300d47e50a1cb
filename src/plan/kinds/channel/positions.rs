//! Calls that name a channel by its position: they are planned only from a list that is surely right. No IO.

use jiff::{SignedDuration, Timestamp};

use crate::api::notification_channel::NotificationChannelFacts as Facts;
use crate::api::reason::Reason;
use crate::inventory::channels::Channels;
use crate::inventory::collection::{Collection, Need};
use crate::plan::context::PlanContext;
use crate::plan::kinds::channel::resolved::ResolvedChannel;
use crate::plan::managed::catching_up;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::{Step, Why};
use crate::provider::model::ids::ChannelOwner;
use crate::provider::pinghome::call::PinghomeCall;

/// For how long an owner must have got no further channel before its list is read for those that it got.
const QUIET: SignedDuration = SignedDuration::from_secs(2);

/// For how long at most the list is not read after a create.
const LONGEST_UNREAD: SignedDuration = SignedDuration::from_secs(30);

/// How long after a list with an ambiguous position the next one is read.
const AMBIGUITY_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// The plan of a channel.
pub(crate) type ChannelPlan = Plan<Facts>;

impl ChannelPlan {
    /// Puts a positional step before the others, once the list may be trusted for positions.
    pub(crate) fn preceded_by(mut self, step: Step, context: &PlanContext, list: &Channels) -> Result<Self, Need> {
        let Some(owner) = step.lock.as_deref().and_then(ChannelOwner::parse) else { return Ok(self) };
        let since = context.locked_at.unwrap_or(list.written_at()).max(list.written_at());
        if list.read_at() < since {
            return Err(Need { collection: Collection::Channels(owner), not_before: since });
        }
        if let Some(position) = list.ambiguous_position() {
            let collection = Collection::Channels(owner);
            let until = context.next_read(&collection, AMBIGUITY_PAUSE)?;
            self = self.limited_to(Vec::new());
            self.state = State::waiting(Reason::ProviderUnavailable, ambiguous(position), until);
        } else if list.positions_trusted() {
            self.steps.insert(0, step);
        } else {
            self = self.limited_to(Vec::new());
            self.state = catching_up(context, Collection::Channels(owner), list.read_at())?;
        }
        Ok(self)
    }
}

/// What to report while a position of the list does not say which channel it is.
fn ambiguous(position: i64) -> String {
    let found = if position < 1 { "a channel" } else { "more than one channel" };
    format!(
        "the owner's list shows {found} at position {position}; a call names a channel by its position only, and might reach another \
         one, so none is made: the list is read again"
    )
}

/// The owner of a channel.
///
/// # Errors
/// The customer that the token belongs to must be read first.
pub(crate) fn owner(resolved: &ResolvedChannel, context: &PlanContext) -> Result<ChannelOwner, Need> {
    Ok(match &resolved.team {
        Some(team) => ChannelOwner::Team(team.clone()),
        None => ChannelOwner::Customer(context.inventory.customer(jiff::Timestamp::MIN)?.id.clone()),
    })
}

/// The owner's list, read after our last write to one of its entries. A create appends an entry: no list must be read after it.
pub(crate) fn read_back<'a>(owner: &ChannelOwner, context: &PlanContext<'a>) -> Result<Option<&'a Channels>, Need> {
    match context.inventory.channels(owner, context.not_before)? {
        Some(list) if list.read_at() < list.changed_at() => {
            Err(Need { collection: Collection::Channels(owner.clone()), not_before: list.changed_at() })
        }
        list => Ok(list),
    }
}

/// What to report of a created channel until a list is read that can show it; `None` if one was. The list is read when the owner
/// got no further channel for a moment: one list shows all that were created.
///
/// # Errors
/// The list must be read now.
pub(crate) fn unread(
    owner: &ChannelOwner,
    key: &str,
    context: &PlanContext,
    list: &Channels,
) -> Result<Option<State>, Need> {
    let Some(made) = list.unread_since(key) else { return Ok(None) };
    let after = |time: Timestamp, pause| time.saturating_add(pause).unwrap_or(time);
    let until = after(list.written_at(), QUIET).min(after(made, LONGEST_UNREAD));
    if context.as_of >= until {
        return Err(Need { collection: Collection::Channels(owner.clone()), not_before: made });
    }
    let message =
        "the channel was created; its owner's list is read when the channels that are created with it are there, too";
    Ok(Some(State::waiting(Reason::Progressing, message, Some(until))))
}

/// A call that names a channel by its position: only under the owner's lock.
pub(crate) fn positional(owner: &ChannelOwner, call: PinghomeCall, why: Why) -> Step {
    Step::new(call, why).under(owner.path())
}

/// The deletion of the channel at a position.
pub(crate) fn delete_step(owner: &ChannelOwner, priority: i64) -> Step {
    positional(owner, PinghomeCall::DeleteChannel { owner: owner.clone(), priority }, Why::Delete)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::annotations::Annotations;
    use crate::inventory::Inventory;
    use crate::plan::attempts::Attempts;
    use crate::provider::call::Call;
    use crate::provider::model::ids::CustomerId;
    use crate::provider::model::sensitive::Sensitive;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn owner() -> ChannelOwner {
        ChannelOwner::Customer(CustomerId::parse("c1").unwrap())
    }

    fn record(inventory: &mut Inventory, call: impl Into<Call>, body: &serde_json::Value, second: i64) {
        let call = call.into();
        let answer = call.answer(200, body.to_string().as_bytes()).ok().unwrap();
        inventory.record(&call, &answer, at(second));
    }

    fn read(inventory: &mut Inventory, values: &[&str], second: i64) {
        let entry = |(value, priority): (&&str, i64)| json!({"type": "webhook", "value": value, "priority": priority});
        let list: Vec<_> = values.iter().zip(1..).map(entry).collect();
        record(inventory, Collection::Channels(owner()).call(), &json!(list), second);
    }

    fn create(inventory: &mut Inventory, value: &str, second: i64) {
        let call =
            PinghomeCall::CreateChannel { owner: owner(), value: Sensitive::new(value), type_: "webhook".to_owned() };
        record(inventory, call, &json!({}), second);
    }

    /// When the list must be read next for the channel with this address: now (an error), later, or not at all.
    fn awaited(inventory: &Inventory, value: &str, second: i64) -> Result<Option<Timestamp>, Need> {
        let (annotations, attempts) = (Annotations::default(), Attempts::default());
        let context = PlanContext::alone(at(second), &annotations, &attempts, inventory);
        let list = read_back(&owner(), &context)?.unwrap();
        let state = unread(&owner(), &format!("webhook\0{value}"), &context, list)?;
        Ok(state.and_then(|state| state.until()))
    }

    #[test]
    fn one_list_shows_all_channels_that_were_created_one_after_another() {
        let mut inventory = Inventory::default();
        read(&mut inventory, &["https://x/old"], 0);
        create(&mut inventory, "https://x/a", 1);
        create(&mut inventory, "https://x/b", 2);
        // Who was there before waits for nothing, and a further create needs no list.
        assert_eq!(awaited(&inventory, "https://x/old", 2), Ok(None));
        assert_eq!(awaited(&inventory, "https://x/a", 2), Ok(Some(at(4))));
        assert_eq!(awaited(&inventory, "https://x/b", 3), Ok(Some(at(4))));
        let need = awaited(&inventory, "https://x/a", 4).unwrap_err();
        assert_eq!(need, Need { collection: Collection::Channels(owner()), not_before: at(1) });
        // A list that began before the second create says nothing of it.
        read(&mut inventory, &["https://x/old", "https://x/a"], 1);
        assert_eq!(awaited(&inventory, "https://x/a", 4), Ok(None));
        assert!(awaited(&inventory, "https://x/b", 4).is_err());
        read(&mut inventory, &["https://x/old", "https://x/a", "https://x/b"], 5);
        assert_eq!(awaited(&inventory, "https://x/b", 5), Ok(None));
    }

    #[test]
    fn creates_without_end_put_off_the_list_for_half_a_minute_only() {
        let mut inventory = Inventory::default();
        read(&mut inventory, &[], 0);
        (1..=40).for_each(|second| create(&mut inventory, &format!("https://x/{second}"), second));
        assert_eq!(awaited(&inventory, "https://x/1", 30), Ok(Some(at(31))));
        assert!(awaited(&inventory, "https://x/1", 31).is_err());
    }

    #[test]
    fn a_deletion_and_a_change_still_need_a_list_after_a_create_and_a_create_needs_one_after_them() {
        let mut inventory = Inventory::default();
        read(&mut inventory, &["https://x/old"], 0);
        create(&mut inventory, "https://x/a", 1);
        let (annotations, attempts) = (Annotations::default(), Attempts::default());
        let context = PlanContext::alone(at(2), &annotations, &attempts, &inventory);
        let list = read_back(&owner(), &context).ok().flatten().unwrap();
        let deletion = ChannelPlan::ending_in(State::Gone).preceded_by(delete_step(&owner(), 1), &context, list);
        assert_eq!(deletion.err().map(|need| need.not_before), Some(at(1)));
        record(&mut inventory, PinghomeCall::DeleteChannel { owner: owner(), priority: 1 }, &json!({}), 3);
        assert_eq!(awaited(&inventory, "https://x/a", 3).unwrap_err().not_before, at(3));
    }
}
