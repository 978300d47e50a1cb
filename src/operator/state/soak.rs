//! A hundred thousand resources that come and go leave nothing behind in memory.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::api::annotations::Annotations;
use crate::api::approval::PendingPlan;
use crate::api::kinds::Kind;
use crate::api::reason::Reason;
use crate::api::resource_key::ResourceKey;
use crate::api::team::Team;
use crate::inventory::Inventory;
use crate::operator::state::awaited_approvals::AwaitedApprovals;
use crate::operator::state::backoff::Backoff;
use crate::operator::state::dropped_records::DroppedRecords;
use crate::operator::state::index::claim::Claim;
use crate::operator::state::index::row::{Age, IndexRow, RefSummary};
use crate::operator::state::index::tables::each_once;
use crate::operator::state::index::{Index, Triggers};
use crate::operator::state::inputs::Inputs;
use crate::operator::state::kept_attempts::KeptAttempts;
use crate::operator::state::read_your_writes::ReadYourWrites;
use crate::operator::state::reported_failures::{Failing, ReportedFailures};
use crate::plan::approval::told::Approval;
use crate::plan::mention::Mention;
use crate::provider::answer::Answer;
use crate::provider::model::ids::{ChannelOwner, ServiceId, TeamId};
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::model::team::{ObservedTeam, TeamSettings};
use crate::provider::pinghome::call::PinghomeCall;

const READ_LAG: i64 = 120;

/// What is kept in memory.
struct Memory {
    index: Index,
    attempts: KeptAttempts,
    failures: ReportedFailures,
    backoff: Backoff,
    writes: ReadYourWrites<Team>,
    inputs: Inputs,
    awaited: AwaitedApprovals,
    records: DroppedRecords,
    inventory: Inventory,
}

impl Memory {
    fn new() -> Self {
        let mut inventory = Inventory::default();
        inventory.set_read_lag(SignedDuration::from_secs(READ_LAG));
        Self {
            index: Index::new(Triggers::default()),
            attempts: KeptAttempts::default(),
            failures: ReportedFailures::default(),
            backoff: Backoff::default(),
            writes: ReadYourWrites::default(),
            inputs: Inputs::default(),
            awaited: AwaitedApprovals::default(),
            records: DroppedRecords::default(),
            inventory,
        }
    }

    /// Entries of everything.
    fn size(&self) -> usize {
        let by_uid =
            [self.attempts.len(), self.backoff.len(), self.writes.len(), self.records.len(), self.awaited.len()];
        let inputs = self.inputs.len() + self.failures.len();
        self.index.size() + self.inventory.size() + by_uid.iter().sum::<usize>() + inputs
    }

    /// A Team is made, fails for a while, and goes, as its team does.
    fn round(&mut self, second: i64) {
        let (uid, now) = (format!("uid-{second}"), at(second));
        let (key, id) = (key(&uid), TeamId::parse(&format!("team-{second}")).unwrap());
        self.index.put(&key, row(&uid, now));
        let mut attempts = self.attempts.take(&uid, 0);
        attempts.on_generation(1, false, now, &Annotations::default());
        self.attempts.keep(&uid, 0, attempts);
        self.backoff.failed(&uid);
        self.failures.fails(&uid, Failing::new(Reason::Forbidden, 1, "x"), now);
        let pending = Some(Box::new(PendingPlan { hash: uid.clone(), calls: Vec::new() }));
        self.awaited.planned(&uid, &key, &Approval { pending, ..Approval::default() });
        self.records.keep(&uid, "{}".to_owned());
        self.inputs.seen(self.writes.wrote(team(&uid)).as_ref());
        assert!(self.inputs.is_news(&team(&uid)) && !self.inputs.is_news(&team(&uid)));
        self.outside(&id, now);
        self.index.set_reaching(&key, true);
        self.index.claim(&key, id.as_str());
        // What happens when the watch delivers the end of a resource.
        self.index.forget(&key);
        self.attempts.forget(&uid);
        self.failures.forget(&uid);
        self.backoff.succeeded(&uid);
        self.records.forget(&uid);
        self.writes.forget(&uid);
        self.inputs.forget(&uid);
        self.awaited.forget(&uid);
    }

    /// What is read and written at the provider meanwhile.
    fn outside(&mut self, id: &TeamId, now: Timestamp) {
        let team = ObservedTeam {
            id: id.clone(),
            settings: TeamSettings { name: id.to_string() },
            member_count: None,
            created: None,
        };
        let service = ServiceId::parse(&format!("service-of-{id}")).unwrap();
        let settings = ServiceSettings { name: "S".to_owned() };
        let listed =
            ObservedService { id: service.clone(), settings, resources: None, heartbeats: None, is_assumed: false };
        let owner = ChannelOwner::Team(id.clone());
        let channels = PinghomeCall::ListChannels { owner, include: Vec::new(), exclude: Vec::new() };
        self.read(PinghomeCall::ListTeams, &Answer::Teams(Vec::new().into()), now);
        let create = PinghomeCall::CreateTeam { settings: team.settings.clone() };
        self.read(create, &Answer::CreatedTeam(team.clone()), now);
        self.read(PinghomeCall::ListTeams, &Answer::Teams(vec![team].into()), now);
        self.read(PinghomeCall::ListMembers { team: id.clone() }, &Answer::Members(Vec::new().into()), now);
        self.read(PinghomeCall::ListInvitations { team: id.clone() }, &Answer::Invitations(Vec::new().into()), now);
        self.read(PinghomeCall::ListServices { team: id.clone() }, &Answer::Services(vec![listed].into()), now);
        self.read(channels, &Answer::Channels(Vec::new().into()), now);
        self.read(PinghomeCall::ReadService { service: service.clone() }, &Answer::Service(None), now);
        self.read(PinghomeCall::DeleteService { service }, &Answer::Done, now);
        self.read(PinghomeCall::DeleteTeam { team: id.clone() }, &Answer::Done, now);
        self.read(PinghomeCall::ListMembers { team: id.clone() }, &Answer::NotListed, now);
    }

    fn read(&mut self, call: PinghomeCall, answer: &Answer, now: Timestamp) {
        self.inventory.record(&call.into(), answer, now);
    }

    /// The list of teams is read when everything is long gone.
    fn days_later(&mut self, now: Timestamp) {
        for days in 1..=3 {
            let later = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap();
            self.read(PinghomeCall::ListTeams, &Answer::Teams(Vec::new().into()), later);
        }
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn key(name: &str) -> ResourceKey {
    ResourceKey { kind: Kind::Team, namespace: "n".to_owned(), name: name.to_owned() }
}

fn team(uid: &str) -> Team {
    let metadata = json!({ "name": uid, "namespace": "n", "uid": uid, "resourceVersion": "1" });
    let team = json!({ "apiVersion": "ping-operator.dev/v1alpha1", "kind": "Team", "metadata": metadata, "spec": { "name": "T" } });
    serde_json::from_value(team).unwrap()
}

fn row(uid: &str, created: Timestamp) -> IndexRow {
    let config = ResourceKey { kind: Kind::ProviderConfig, namespace: "n".to_owned(), name: "default".to_owned() };
    IndexRow {
        uses: each_once([config]),
        claims: Claim::all(Some("annotated"), Some(&uid.into())),
        awaits_claim: true,
        is_managed: true,
        is_deleted: false,
        age: Age { created, uid: uid.into() },
        referent: RefSummary::default(),
        config: None,
        unreadable: None,
        conditions: Vec::new(),
        mentions: vec![Mention {
            subject: format!("{uid}@example.com"),
            is_wanted: true,
            role: None,
            customer_id: None,
            is_passive: false,
        }],
        moved: None,
    }
}

/// Plays rounds, one each so many seconds, and returns the most entries that there were. In the end none is left.
fn most_entries(rounds: i64, seconds: i64) -> usize {
    let mut memory = Memory::new();
    memory.round(0);
    memory.days_later(at(0));
    let (before, mut most, start) = (memory.size(), 0, 60_000_000);
    for round in 1..=rounds {
        memory.round(start + round * seconds);
        most = most.max(memory.size());
    }
    memory.days_later(at(start + rounds * seconds));
    assert_eq!(memory.size(), before);
    most
}

#[test]
fn resources_that_come_and_go_leave_nothing_in_memory() {
    // The ids of what is gone outside are remembered for a day: 144 rounds.
    let most = most_entries(100_000, 600);
    assert!(most < 1_000, "{most}");
}

#[test]
fn however_many_resources_come_and_go_in_a_day_a_bounded_number_of_ids_stays_in_memory() {
    // The rest is remembered for a few minutes: 300 rounds.
    let most = most_entries(20_000, 1);
    assert!(most < 10_000, "{most}");
}
