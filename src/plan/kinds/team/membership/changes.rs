//! What is to be done for the members of one team: gathered person by person, then added to the team's plan. No IO.

use jiff::Timestamp;

use crate::api::reason::Reason;
use crate::api::team::members::MemberStatus;
use crate::api::team::{MOST_RECORDED, TeamFacts};
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
    pub(crate) entries: Vec<MemberStatus>,
    /// What steps record of one person each.
    pub(crate) recorded: Vec<RecordedEntry>,
    /// Whether steps may be missing because a list has an item that cannot be read.
    pub(crate) is_doubtful: bool,
    /// Calls for people whom the spec lists.
    pub(crate) steps: Vec<Step>,
    /// Calls that take people out of the team; they come last.
    pub(crate) removals: Vec<Step>,
    /// The recorded people whom `removals` take out, as status names them.
    pub(crate) leaving: Vec<String>,
    /// Whether status does not say of all of them yet that they leave, or said so too long ago.
    pub(crate) is_leaving_unrecorded: bool,
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

/// What one step records of a person.
pub(crate) struct RecordedEntry {
    /// The key of the step.
    pub(crate) key: String,
    /// The person's entry in `status.members`.
    pub(crate) entry: MemberStatus,
}

/// Something that must be awaited.
#[derive(Clone)]
pub(crate) struct Wait {
    /// When it is over.
    pub(crate) until: Timestamp,
    /// What is awaited.
    pub(crate) reason: WaitReason,
}

/// What is awaited.
#[derive(Clone)]
pub(crate) enum WaitReason {
    /// Other Teams may change together with this one, and have not been seen yet.
    OtherTeamsMayChange,
    /// A person may still be in the previous team.
    PreviousTeamUncertain,
    /// A person was to be taken out, and is listed again.
    RemovalUncertain {
        /// The person.
        email: String,
    },
    /// A person is to be moved from or to the team of another Team, with this name, which writes nothing now.
    TeamIsPassive {
        /// The other Team, as `namespace/name`.
        name: String,
        /// The person.
        email: String,
    },
    /// Status has no place for these people.
    NoPlace(Vec<String>),
}

impl WaitReason {
    fn message(&self) -> String {
        let text = match self {
            Self::OtherTeamsMayChange => {
                "people are moved or taken out a few seconds after a change, so that other Teams that change with it are seen"
            }
            Self::PreviousTeamUncertain => {
                "it is not certain whether a person is still in the previous team; the lists show it once the read lag is over"
            }
            Self::RemovalUncertain { email } => {
                return format!(
                    "'{email}' was to be taken out of the team, and is listed again; the lists show once the read lag is over whether the \
                     person is still there or is to be invited"
                );
            }
            Self::TeamIsPassive { name, email } => {
                return format!(
                    "'{email}' is moved once the Team '{name}' writes again: it is suspended, only observes or only reports, so nobody is \
                     moved into its team or out of it"
                );
            }
            Self::NoPlace(people) => {
                return format!(
                    "`status.members` has place for {MOST_RECORDED} people, those among them who are still to leave the team; these people are \
                     invited once others have left: {}",
                    named(people, ", ")
                );
            }
        };
        text.to_owned()
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
        self.entries.push(entry);
    }

    /// Whether an entry so far presumes that its person has this address now.
    pub(crate) fn presumes(&self, email: &str) -> bool {
        let recorded = self.recorded.iter().map(|RecordedEntry { key: _, entry }| entry);
        self.entries.iter().chain(recorded).any(|entry| entry.current_email.as_deref() == Some(email))
    }

    /// The step with this key records this entry; without it, it stays as it was `before`.
    pub(crate) fn record(&mut self, key: &str, before: Option<MemberStatus>, entry: MemberStatus) {
        self.entries.extend(before);
        self.recorded.push(RecordedEntry { key: key.to_owned(), entry });
    }

    /// Adds the changes to the team's plan, at `now`. Of several states the one that only a person can end comes first.
    pub(crate) fn add_to(self, now: Timestamp, mut plan: Plan<TeamFacts>) -> Plan<TeamFacts> {
        let Self {
            entries,
            recorded,
            is_doubtful,
            steps,
            removals,
            leaving,
            is_leaving_unrecorded,
            check_again_at,
            refused,
            wait,
            unresolved_until,
            last_manager,
            unknown_roles,
        } = self;
        plan.facts.members = sorted(entries);
        for RecordedEntry { key, entry } in recorded {
            plan.recording(Some(&key), move |record| replace(&mut record.facts.members, entry.clone()));
        }
        plan.is_recorded_first |= is_leaving_unrecorded;
        record_leaving(&mut plan, leaving, now);
        // Who is told to be refused, or kept, does not end what is awaited for the others.
        plan.is_settling = wait.as_ref().is_some_and(|wait| matches!(wait.reason, WaitReason::OtherTeamsMayChange));
        plan.is_partial = is_doubtful || wait.is_some() || unresolved_until.is_some();
        plan.steps.extend(steps.into_iter().chain(removals));
        let waits = wait.as_ref().map(|wait| wait.until);
        plan.again = [check_again_at, waits, unresolved_until].into_iter().flatten().min();
        plan.state = if let Some(email) = last_manager {
            blocked_by_last_manager(&email)
        } else if !refused.is_empty() {
            // Who was refused may be in the team already: the lists show it later.
            return Plan { state: stalled_by_refusal(&refused), ..plan };
        } else if let Some(Wait { until, reason }) = wait {
            waiting(Reason::Progressing, &reason.message(), until)
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

/// The calls that take people out record first that these people leave.
fn record_leaving(plan: &mut Plan<TeamFacts>, leaving: Vec<String>, now: Timestamp) {
    plan.recording(None, move |record| {
        let members = record.facts.members.iter_mut().filter(|entry| leaving.contains(&entry.email));
        members.for_each(|entry| entry.leaving_time = Some(now));
    });
}

/// Puts a person's entry in the place of the one that was there.
fn replace(entries: &mut Vec<MemberStatus>, entry: MemberStatus) {
    entries.retain(|known| email_key(&known.email) != email_key(&entry.email));
    entries.push(entry);
    entries.sort_by_key(|entry| email_key(&entry.email));
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
            "'{email}' is the last manager of the team: make another person a manager first, list the person again as a manager, or set the \
             annotation ping-operator.dev/allow-deletion to 'true'"
        ),
    )
}
