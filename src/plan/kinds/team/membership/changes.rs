//! What is to be done for the members of one team: gathered person by person, then added to the team's plan. No IO.

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::api::team::TeamFacts;
use crate::api::team::members::MemberStatus;
use crate::plan::kinds::team::membership::reported::named;
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::Step;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::member::{ObservedMember, email_key};

/// What is to be done for the members of one team.
#[derive(Default)]
pub(crate) struct Changes {
    /// `status.members` while no step is made: what was observed, and what was recorded before.
    entries: Vec<MemberStatus>,
    /// `status.members` with what the steps record.
    ahead: Vec<MemberStatus>,
    /// Whether a step records anything.
    is_recording: bool,
    /// Calls for people whom the spec lists.
    pub(crate) steps: Vec<Step>,
    /// Calls that take people out of the team; they come last.
    pub(crate) removals: Vec<Step>,
    /// When to check again although nothing is awaited.
    pub(crate) check_again_at: Option<Timestamp>,
    /// The people whom Pinghome refused to invite.
    pub(crate) refused: Vec<String>,
    /// What must be awaited before a person is moved, taken out or invited.
    pub(crate) wait: Option<Wait>,
    /// When the lists show whether an invitation was sent.
    pub(crate) unresolved_until: Option<Timestamp>,
    /// The team's last manager, whom a guard keeps in the team.
    pub(crate) last_manager: Option<String>,
    /// People who would be changed or taken out if their roles were known: e-mail and role, for a message.
    pub(crate) unknown_roles: Vec<String>,
}

/// Something that must be awaited.
#[derive(Clone, Copy)]
pub(crate) struct Wait {
    /// When it is over.
    pub(crate) until: Timestamp,
    /// What is awaited.
    pub(crate) reason: WaitReason,
}

/// What is awaited.
#[derive(Clone, Copy)]
pub(crate) enum WaitReason {
    /// Other Teams may change together with this one, and have not been seen yet.
    OtherTeamsMayChange,
    /// A person may still be in the previous team.
    PreviousTeamUncertain,
}

impl WaitReason {
    fn message(self) -> &'static str {
        match self {
            Self::OtherTeamsMayChange => {
                "people are moved or taken out a few seconds after a change, so that other Teams that change with it are seen"
            }
            Self::PreviousTeamUncertain => {
                "it is not certain whether a person is still in the previous team; the lists show it once the read lag is over"
            }
        }
    }
}

impl Changes {
    /// Plans another check at this time, or earlier.
    pub(crate) fn check_again(&mut self, at: Timestamp) {
        self.check_again_at = Some(self.check_again_at.map_or(at, |known| known.min(at)));
    }

    /// Notes that this member is left alone because the role is unknown, if it is that.
    pub(crate) fn note_role(&mut self, member: &ObservedMember, own: &ObservedCustomer) {
        if let Some(role) = member.unknown_role(own) {
            self.unknown_roles.push(format!("'{}' (role '{role}')", member.email));
        }
    }

    /// This entry is so, whether the steps are made or not.
    pub(crate) fn keep(&mut self, entry: MemberStatus) {
        self.entries.push(entry.clone());
        self.ahead.push(entry);
    }

    /// Whether an entry so far presumes that its person has this address now.
    pub(crate) fn presumes(&self, email: &str) -> bool {
        self.ahead.iter().any(|entry| entry.current_email.as_deref() == Some(email))
    }

    /// A step records this entry; without it, it stays as it was `before`.
    pub(crate) fn record(&mut self, before: Option<MemberStatus>, entry: MemberStatus) {
        self.entries.extend(before);
        self.ahead.push(entry);
        self.is_recording = true;
    }

    /// Adds the changes to the team's plan. Of several states the one that only a person can end comes first.
    pub(crate) fn add_to(self, mut plan: Plan<TeamFacts>) -> Plan<TeamFacts> {
        let Self {
            entries,
            ahead,
            is_recording,
            steps,
            removals,
            check_again_at,
            refused,
            wait,
            unresolved_until,
            last_manager,
            unknown_roles,
        } = self;
        plan.facts.members = sorted(entries);
        if is_recording {
            plan.recording(|facts| facts.members = sorted(ahead));
        }
        plan.steps.extend(steps);
        plan.steps.extend(removals);
        let waits = wait.as_ref().map(|wait| wait.until);
        plan.again = [check_again_at, waits, unresolved_until].into_iter().flatten().min();
        plan.state = if let Some(email) = last_manager {
            blocked_by_last_manager(&email)
        } else if !refused.is_empty() {
            // Who was refused may be in the team already: the lists show it later.
            return Plan { state: stalled_by_refusal(&refused), ..plan };
        } else if let Some(Wait { until, reason }) = wait {
            waiting(Reason::Progressing, reason.message(), until)
        } else if let Some(until) = unresolved_until {
            let message = "it is not known whether an invitation was sent; the list of invitations shows it once the read lag is over";
            waiting(Reason::ResolvingCreate, message, until)
        } else if !unknown_roles.is_empty() {
            return Plan { state: stalled_by_role(&unknown_roles), ..plan };
        } else {
            return plan;
        };
        Plan { again: None, ..plan }
    }
}

fn sorted(mut entries: Vec<MemberStatus>) -> Vec<MemberStatus> {
    entries.sort_by_key(|entry| email_key(&entry.email));
    entries
}

fn waiting(reason: Reason, message: &str, until: Timestamp) -> State {
    State::waiting(reason, message, until)
}

fn stalled_by_refusal(emails: &[String]) -> State {
    State::stalled(
        Reason::Invalid,
        format!(
            "Pinghome refused to invite: {}. Correct or remove the entry; a person of another team can only be moved, by taking the \
             entry from the Team that lists it now",
            emails.join(", ")
        ),
    )
}

fn stalled_by_role(people: &[String]) -> State {
    State::stalled(
        Reason::NotConverging,
        format!(
            "the operator does not know the role of {}, so it neither changes nor removes the person: give the person a known role \
             ('user' or 'manager') at Pinghome, or list the person without a role",
            named(people, ", ")
        ),
    )
}

fn blocked_by_last_manager(email: &str) -> State {
    State::deletion_blocked(
        Reason::LastManager,
        format!(
            "'{email}' is the last manager of the team: make another person a manager first, list the person again, or set the annotation \
             ping-operator.dev/allow-deletion to 'true'"
        ),
    )
}
