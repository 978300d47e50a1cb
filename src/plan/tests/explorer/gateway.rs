//! What stands between the operator and a model of a provider: it plays moves, and holds what every call must keep to. No IO.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::inventory::collection::Collection;
use crate::plan::tests::explorer::bounds::Bounds;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::shown::{
    HIDDEN, change_addresses, cut, id_in, in_pages, make_unreadable, mask, set_id,
};
use crate::provider::call::Call;
use crate::provider::pinghome::call::PinghomeCall;
use crate::provider::request::Method;

/// What a gateway sends that does not find its way.
const PAGE: &str = "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>";

/// A model of a provider, and what happens to calls on their way to it.
pub(crate) struct Gateway<O> {
    model: O,
    /// The account of the other token.
    elsewhere: O,
    /// How many tokens there have been before this one.
    pub(crate) token: u32,
    /// Whether a list was read with this token.
    has_read: bool,
    /// The moves that were made, in order.
    played: Vec<Move>,
    /// For how many calls each move still lasts that ends by itself.
    lasting: Vec<(Move, u8)>,
    /// An object that somebody else made long ago.
    others: Option<String>,
    /// An object that somebody else made long ago, where no list shows it.
    unlisted: Option<String>,
    /// Whether a read has shown what somebody else made in the lists.
    has_shown_others: bool,
    /// Whether the resource of the present reconcile only observes.
    pub(crate) only_observes: bool,
    pub(crate) bounds: Bounds,
    /// The writes that were begun, in order, whatever came of them.
    pub(crate) sent: Vec<String>,
    /// The ids of what creates made.
    pub(crate) created: Vec<String>,
}

impl<O: ProviderModel> Gateway<O> {
    pub(crate) fn new(mut model: O) -> Self {
        let elsewhere = model.other_account();
        let (others, unlisted) = (model.make_by_hand(-1000, "Another"), model.make_unlisted(-1000));
        Self {
            model,
            elsewhere,
            token: 0,
            has_read: true,
            played: Vec::new(),
            lasting: Vec::new(),
            others,
            unlisted,
            has_shown_others: false,
            only_observes: false,
            bounds: Bounds::default(),
            sent: Vec::new(),
            created: Vec::new(),
        }
    }

    /// A move is made.
    pub(crate) fn play(&mut self, a_move: Move) {
        // There is one other account: who comes back would find what was made before.
        if a_move == Move::OtherToken && self.has_played(a_move) {
            return;
        }
        self.played.push(a_move);
        let times = match a_move {
            Move::ItemUnreadable | Move::ListCut | Move::PagesShift => 3,
            Move::PagesOnWrites => 2,
            _ => 1,
        };
        self.lasting.push((a_move, times));
        self.bounds.restart();
    }

    /// Whether a move was made.
    pub(crate) fn has_played(&self, a_move: Move) -> bool {
        self.played.contains(&a_move)
    }

    /// What ends by itself has ended; returns it.
    pub(crate) fn calm(&mut self) -> Vec<(Move, u8)> {
        std::mem::take(&mut self.lasting)
    }

    /// What had ended begins again, in the same account.
    pub(crate) fn resume(&mut self, lasting: Vec<(Move, u8)>) {
        self.lasting.extend(lasting.into_iter().filter(|(a_move, _)| *a_move != Move::OtherToken));
    }

    /// Whether the provider never lets the resource become what its spec says.
    pub(crate) fn is_hindered(&self) -> bool {
        let for_ever = [
            Move::DeletesRefused,
            Move::UpdatesRefused,
            Move::CreatesRefused,
            Move::NoticesLost,
            Move::NoticesForbidden,
            Move::Masked,
            Move::Hidden,
            Move::Reworded,
        ];
        for_ever.into_iter().any(|one| self.has_played(one))
    }

    /// Whether the move is in force for this call; a move that ends by itself is used up by it.
    pub(crate) fn takes(&mut self, a_move: Move) -> bool {
        let Some(place) = self.lasting.iter().position(|(known, times)| *known == a_move && *times > 0) else {
            return false;
        };
        self.lasting[place].1 -= 1;
        true
    }

    /// Another process starts: it knows nothing of what was shown before.
    pub(crate) fn process_starts(&mut self) {
        self.bounds.process_starts();
        self.has_shown_others = false;
    }

    /// Another process does something beside this one, which learns nothing of it.
    pub(crate) fn beside<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> R {
        let known = (self.has_read, self.has_shown_others);
        let done = act(self);
        (self.has_read, self.has_shown_others) = known;
        done
    }

    /// The wait for a permit is over: the token may be another one.
    pub(crate) fn after_wait(&mut self) {
        if self.takes(Move::OtherToken) {
            std::mem::swap(&mut self.model, &mut self.elsewhere);
            (self.token, self.has_read, self.has_shown_others) = (self.token + 1, false, false);
        }
    }

    /// Answers a call: status and body.
    pub(crate) fn answer(&mut self, now: i64, call: &Call, back: i64) -> (u16, String) {
        if Collection::read_by(call).is_some() {
            return self.read(now, call, back);
        }
        let operation = call.operation();
        if self.only_observes {
            self.bounds.break_off(format!("'{operation}' was sent for a resource that only observes"));
        }
        if !self.has_read {
            self.bounds.break_off(format!("'{operation}' was sent to an account of which no list was read"));
        }
        let method = call.request().method;
        if let Some(refused) = self.unheard(call).or_else(|| self.hindered(method)) {
            return refused;
        }
        let (status, mut body) = self.model.answer(now, call, back);
        self.created.extend(id_in(&body).filter(|_| method == Method::Post));
        if method == Method::Post && id_in(&body).is_some() {
            self.show_another_id(&mut body);
        }
        text(status, &body)
    }

    /// The answer to a create has the id of another object, if a move says so.
    fn show_another_id(&mut self, body: &mut Value) {
        let listed = self.others.clone().filter(|_| self.has_shown_others && self.takes(Move::OtherId));
        let another = listed.or_else(|| self.unlisted.clone().filter(|_| self.takes(Move::UnlistedId)));
        if let Some(id) = another {
            set_id(body, &id);
        }
    }

    /// The answer to a call that does not reach its person.
    fn unheard(&self, call: &Call) -> Option<(u16, String)> {
        let Call::Pinghome(
            PinghomeCall::Invite { .. }
            | PinghomeCall::RemindInvited { .. }
            | PinghomeCall::UpdateChannel { .. }
            | PinghomeCall::VerifyChannel { .. }
            | PinghomeCall::TestChannel { .. }
            | PinghomeCall::ChangeUsername { .. }
            | PinghomeCall::ConfirmUsername { .. },
        ) = call
        else {
            return None;
        };
        let moves = [(Move::NoticesLost, 502), (Move::NoticesForbidden, 403)];
        let played = moves.into_iter().find(|(one, _)| self.has_played(*one));
        played.map(|(_, status)| text(status, &Value::Null))
    }

    /// The answer to a write that does not reach the provider, or is refused.
    fn hindered(&mut self, method: Method) -> Option<(u16, String)> {
        if self.takes(Move::PageOnWrite) || self.takes(Move::PagesOnWrites) {
            return Some((404, PAGE.to_owned()));
        }
        let refused = |status| Some(text(status, &Value::Null));
        if self.takes(Move::WriteForbidden) {
            return refused(403);
        }
        match method {
            Method::Delete if self.has_played(Move::DeletesRefused) || self.takes(Move::DeleteRefused) => refused(409),
            Method::Put | Method::Patch if self.has_played(Move::UpdatesRefused) => refused(422),
            Method::Post if self.has_played(Move::CreatesRefused) => refused(422),
            Method::Get | Method::Post | Method::Put | Method::Patch | Method::Delete => None,
        }
    }

    fn read(&mut self, now: i64, call: &Call, back: i64) -> (u16, String) {
        self.has_read = true;
        let (status, mut body) = self.model.answer(now, call, back);
        if !(200..300).contains(&status) {
            return text(status, &body);
        }
        if self.has_played(Move::Masked) {
            mask(&mut body);
        }
        if self.has_played(Move::Reworded) {
            change_addresses(&mut body, |address| address.chars().rev().collect());
        }
        if self.has_played(Move::Hidden) {
            change_addresses(&mut body, |_| HIDDEN.to_owned());
        }
        if self.has_played(Move::OthersUnreadable) {
            make_unreadable(&mut body, |item| item["name"].as_str().is_some_and(|name| name.starts_with("Another")));
        }
        if self.takes(Move::ItemUnreadable) {
            let mut is_first = true;
            make_unreadable(&mut body, |_| std::mem::replace(&mut is_first, false));
        }
        self.has_shown_others |= self.others.as_ref().is_some_and(|id| body.to_string().contains(&format!("\"{id}\"")));
        if body.is_array() && self.takes(Move::ListCut) {
            cut(&mut body);
        }
        if body.as_array().is_some_and(|items| items.len() > 1) && self.takes(Move::PagesShift) {
            in_pages(&mut body);
        }
        text(status, &body)
    }
}

/// An error says so in its body, as both providers do.
fn text(status: u16, body: &Value) -> (u16, String) {
    let is_bare_error = status >= 400 && body.is_null();
    let body = if is_bare_error { json!({"message": "no", "error": "no"}).to_string() } else { body.to_string() };
    (status, body)
}

impl<O> Deref for Gateway<O> {
    type Target = O;

    fn deref(&self) -> &O {
        &self.model
    }
}

impl<O> DerefMut for Gateway<O> {
    fn deref_mut(&mut self) -> &mut O {
        &mut self.model
    }
}
