//! The moves of a scenario about one resource: what the provider does, and what people do to the object and to the spec. No IO.

use serde_json::{Value, json};

use crate::api::reason::Reason;
use crate::plan::managed::Managed;
use crate::plan::scope::Scope;
use crate::plan::state::State;
use crate::plan::tests::explorer::clock::at;
use crate::plan::tests::explorer::environment::Environment;
use crate::plan::tests::explorer::faults::FaultChoice;
use crate::plan::tests::explorer::moves::Move;
use crate::plan::tests::explorer::mutants::{Mutant, edited};
use crate::plan::tests::explorer::operator::Process;
use crate::plan::tests::explorer::provider_model::ProviderModel;
use crate::plan::tests::explorer::stored::Stored;

/// So many reconciles a resource may ask for before it rests.
const VISITS: usize = 24;

/// Sets the policy that a move is about, or sets it back when the schedule's events are over.
pub(crate) fn set_policy<T: Managed>(stored: &mut Stored<T>, a_move: Move, is_over: bool) {
    let (field, value) = match a_move {
        Move::Observed => ("managementPolicy", json!(if is_over { "Manage" } else { "Observe" })),
        Move::Suspended => ("suspend", json!(!is_over)),
        Move::Reports => ("driftPolicy", json!(if is_over { "Correct" } else { "Report" })),
        _ => return,
    };
    stored.edit(|resource| *resource = edited(resource, |whole| whole["spec"][field] = value));
}

fn without_members(spec: &mut Value) {
    spec.as_object_mut().map(|spec| spec.remove("members"));
}

impl<T: Managed, O: ProviderModel> Environment<T, O> {
    /// A move is made.
    pub(crate) fn happens(&mut self, a_move: Move, mutant: Option<Mutant>) {
        self.provider.play(a_move);
        match a_move {
            Move::PageOnWrite
            | Move::PagesOnWrites
            | Move::DeleteRefused
            | Move::DeletesRefused
            | Move::UpdatesRefused
            | Move::CreatesRefused
            | Move::WriteForbidden
            | Move::NoticesLost
            | Move::NoticesForbidden
            | Move::OtherId
            | Move::UnlistedId
            | Move::ItemUnreadable
            | Move::OthersUnreadable
            | Move::ListCut
            | Move::PagesShift
            | Move::Masked
            | Move::Hidden
            | Move::Reworded
            | Move::ReferencesGone
            | Move::OtherToken
            | Move::FrozenBeforeRecord
            | Move::FrozenBeforeCall
            | Move::FrozenAfterCall => {}
            Move::DryRunBeside => self.beside = Some(self.provider.beside(Process::start_dry)),
            Move::DeletedByHand => self.deleted_by_hand(mutant),
            Move::NewNameTaken => self.deleted_with_new_name("Never"),
            Move::NewNameAdoptable => self.deleted_with_new_name("IfUnique"),
            Move::Observed | Move::Suspended | Move::Reports => set_policy(&mut self.stored, a_move, false),
            // What nobody has seen is as if it had not been sent.
            Move::InvitationLapses => self.happens_to_person(a_move, "Invited"),
            Move::AddressChanges => {
                // What nobody has seen cannot be known again.
                self.happens_to_person(a_move, "Active");
                self.edit_spec(|spec| spec["membershipPolicy"] = json!("Authoritative"));
            }
            Move::MembersAbsent => self.edit_spec(without_members),
        }
    }

    /// A move concerns the first member, if status says that it is in this state.
    fn happens_to_person(&mut self, a_move: Move, state: &str) {
        if self.member_state() == state {
            self.provider.happens_to_person(self.now, a_move);
        }
    }

    /// What status says of the first member; nothing while it is not certain.
    pub(crate) fn member_state(&self) -> String {
        let whole = serde_json::to_value(&self.stored.resource).unwrap_or_default();
        let member = &whole["status"]["members"][0];
        let state = member["state"].as_str().filter(|_| member["unconfirmed"] != true);
        state.unwrap_or_default().to_owned()
    }

    /// A person changes the spec.
    fn edit_spec(&mut self, change: impl FnOnce(&mut Value)) {
        self.stored.edit(|resource| *resource = edited(resource, |whole| change(&mut whole["spec"])));
    }

    /// A person deletes the object and asks for a reconcile; then only the operator's own word leads to another one.
    fn deleted_by_hand(&mut self, mutant: Option<Mutant>) {
        let is_there = !self.stored.is_gone;
        let Some(id) = self.stored.external_id().map(str::to_owned).filter(|_| is_there) else { return };
        self.provider.remove_by_hand(self.now, &id);
        self.process.asked_at = Some(at(self.now + 1));
        let rest = self.comes_to_rest(mutant);
        self.process.asked_at = None;
        match rest {
            Some(state) => self.check_shown(Some(&state)),
            None if self.stored.is_gone || self.stored.scope() == Scope::Suspended => {}
            None => self.provider.bounds.break_off(format!("{VISITS} reconciles, and no rest")),
        }
    }

    /// Reconciles as often as the operator itself wants to; the last state, unless it never rests.
    fn comes_to_rest(&mut self, mutant: Option<Mutant>) -> Option<State> {
        let mut last = None;
        for _ in 0..VISITS {
            self.now += 1;
            last = self.reconcile(FaultChoice::None, mutant).or(last);
            match self.process.next_visit.filter(|_| !self.stored.is_gone) {
                Some(next) => self.now = self.now.max(next.as_second() - at(0).as_second()),
                None => return last,
            }
        }
        // What fails is tried again without end.
        last.filter(|state| matches!(state, State::Waiting { reason: Reason::ProviderUnavailable, .. }))
    }

    /// The resource rests: if it is Ready, its object must be there.
    fn check_shown(&mut self, state: Option<&State>) {
        let id = self.stored.external_id().map(str::to_owned);
        let is_there = id.as_deref().is_some_and(|id| self.provider.has(id));
        if state == Some(&State::Available) && !is_there && !self.stored.is_deleted {
            self.provider.bounds.break_off(format!("it rests and says Ready, and {id:?} is not there"));
        }
    }

    /// A person's object has the name that the spec gets, and the resource is deleted at once.
    fn deleted_with_new_name(&mut self, adoption: &str) {
        let name = "Taken";
        self.provider.make_by_hand(self.now, name);
        self.edit_spec(|spec| {
            spec["name"] = json!(name);
            spec["adoptionPolicy"] = json!(adoption);
        });
        self.stored.is_deleted = true;
    }

    /// What ends by itself has ended, and the resource writes again.
    pub(crate) fn events_end(&mut self) {
        self.provider.calm();
        self.beside = None;
        for a_move in Move::OF_POLICIES.into_iter().filter(|one| self.provider.has_played(*one)) {
            set_policy(&mut self.stored, a_move, true);
        }
    }

    /// Whether the provider never lets the resource be as its spec says, or did not for as often as it is tried, and the resource tells so;
    /// or the object stays by a policy.
    pub(crate) fn is_told(&self, state: Option<&State>) -> bool {
        let says_done = self.stored.is_gone || state == Some(&State::Available);
        let gave_up = matches!(state, Some(State::Stalled { .. })) && self.provider.bounds.is_spent();
        // What is not listed may be the item that cannot be read; what was found before is known by its id.
        let is_listed = self.stored.external_id().is_some_and(|id| self.provider.has(id));
        let is_in_doubt = self.provider.has_played(Move::OthersUnreadable) && (self.stored.is_deleted || !is_listed);
        self.stored.is_kept || gave_up || (is_in_doubt && !says_done) || (self.provider.is_hindered() && !says_done)
    }

    /// How many objects may be there: no list shows what came of a create that was not answered where names are shown otherwise.
    pub(crate) fn most_objects(&self) -> usize {
        if self.provider.has_played(Move::Masked) { 3 } else { 1 }
    }

    /// Whether a person's object of the new name keeps the resource from its deletion, with which it has nothing to do.
    pub(crate) fn is_held_by_new_name(&self, state: Option<&State>) -> bool {
        let is_held = matches!(state, Some(State::Stalled { reason: Reason::NameTaken, .. }));
        is_held && [Move::NewNameTaken, Move::NewNameAdoptable].into_iter().any(|one| self.provider.has_played(one))
    }
}
