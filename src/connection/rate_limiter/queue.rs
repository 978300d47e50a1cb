//! The calls that wait for a permit, lane by lane in the order in which they came. No IO.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::connection::lane::Lane;

/// For so long the place of a caller is kept who gave up and begins anew: before it asks again, it may wait for others of its config, for a lock,
/// and for a list.
const KEPT: Duration = Duration::from_mins(1);

/// The place of a call in the queue.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct QueuePlace {
    /// The lane.
    pub(super) lane: Lane,
    /// Counts the calls in the order in which they came into their lanes.
    number: u64,
}

/// A call that waits for a permit `P`.
pub(super) struct WaitingCall<P> {
    /// When it came into its lane.
    pub(super) since: Instant,
    /// Where the permit goes.
    pub(super) permit: oneshot::Sender<P>,
    /// Whom the place is kept for if nobody waits for the call any more.
    caller: Option<String>,
    /// Since when nobody waits for it, as far as that was seen.
    left: Option<Instant>,
}

impl<P> WaitingCall<P> {
    /// Whether somebody waits for it.
    pub(super) fn is_awaited(&self) -> bool {
        !self.permit.is_closed()
    }

    /// Keeps its place for a while although nobody waits for it; whether it does still.
    fn keeps_place(&mut self, now: Instant) -> bool {
        self.caller.is_some() && now.saturating_duration_since(*self.left.get_or_insert(now)) < KEPT
    }
}

/// The calls that wait for a permit.
pub(super) struct Queue<P> {
    calls: BTreeMap<QueuePlace, WaitingCall<P>>,
    /// The number of the next call that comes into a lane.
    next: u64,
}

impl<P> Default for Queue<P> {
    fn default() -> Self {
        Self { calls: BTreeMap::new(), next: 0 }
    }
}

impl<P> Queue<P> {
    /// A call begins to wait: where it stood if its caller comes again, else at the end of a lane.
    pub(super) fn enqueue(
        &mut self,
        lane: Lane,
        caller: Option<&str>,
        now: Instant,
    ) -> (QueuePlace, oneshot::Receiver<P>) {
        let (sender, permit) = oneshot::channel();
        if let Some((place, call)) = self.kept_for(caller, lane, now) {
            (call.permit, call.left) = (sender, None);
            return (place, permit);
        }
        let call = WaitingCall { since: now, permit: sender, caller: caller.map(str::to_owned), left: None };
        (self.insert(lane, call), permit)
    }

    /// The call in a lane that this caller gave up.
    fn kept_for(
        &mut self,
        caller: Option<&str>,
        lane: Lane,
        now: Instant,
    ) -> Option<(QueuePlace, &mut WaitingCall<P>)> {
        let caller = caller?;
        let mut calls = self.calls.range_mut(places(lane));
        calls.find_map(|(place, call)| {
            let is_theirs = !call.is_awaited() && call.caller.as_deref() == Some(caller);
            (is_theirs && call.keeps_place(now)).then_some((*place, call))
        })
    }

    /// Puts a call at the end of a lane.
    fn insert(&mut self, lane: Lane, call: WaitingCall<P>) -> QueuePlace {
        let place = QueuePlace { lane, number: self.next };
        self.next = self.next.wrapping_add(1);
        self.calls.insert(place, call);
        place
    }

    /// Moves a call into a better lane: where its caller stood there, else to the end. The same place if it has its permit by now.
    pub(super) fn lift(&mut self, place: QueuePlace, lane: Lane, now: Instant) -> QueuePlace {
        let Some(call) = self.calls.remove(&place) else { return QueuePlace { lane, ..place } };
        let caller = call.caller.clone();
        match self.kept_for(caller.as_deref(), lane, now) {
            Some((place, before)) => {
                *before = WaitingCall { since: before.since, ..call };
                place
            }
            None => self.insert(lane, WaitingCall { since: now, ..call }),
        }
    }

    /// The calls of a lane, in their order.
    pub(super) fn in_lane(&self, lane: Lane) -> impl Iterator<Item = (&QueuePlace, &WaitingCall<P>)> {
        self.calls.range(places(lane))
    }

    /// The first call of a lane that somebody still waits for. Those before it whose places are not kept are forgotten.
    pub(super) fn first(&mut self, lane: Lane, now: Instant) -> Option<QueuePlace> {
        let (mut first, mut forgotten) = (None, Vec::new());
        for (place, call) in self.calls.range_mut(places(lane)) {
            if call.is_awaited() {
                first = Some(*place);
                break;
            }
            forgotten.extend((!call.keeps_place(now)).then_some(*place));
        }
        for place in forgotten {
            self.calls.remove(&place);
        }
        first
    }

    /// Takes a call out.
    pub(super) fn remove(&mut self, place: QueuePlace) -> Option<WaitingCall<P>> {
        self.calls.remove(&place)
    }

    /// Whether no call waits, and no place is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Nobody waits any more.
    pub(super) fn clear(&mut self) {
        self.calls.clear();
    }
}

/// All places in a lane.
fn places(lane: Lane) -> RangeInclusive<QueuePlace> {
    QueuePlace { lane, number: 0 }..=QueuePlace { lane, number: u64::MAX }
}
