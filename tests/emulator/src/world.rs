//! What the providers hold: accounts by token, with the past that lagging reads show.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::faults::{Fault, Tap};
use crate::journal::Entry;
use crate::settings::Settings;

/// A notification channel.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Channel {
    pub(crate) type_: String,
    pub(crate) value: String,
    pub(crate) priority: i64,
    pub(crate) enabled: bool,
    pub(crate) verified: bool,
    /// The code that was sent to the address last.
    pub(crate) code: String,
    pub(crate) tests: u32,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Member {
    pub(crate) customer_id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Invitation {
    pub(crate) channel: String,
    pub(crate) channel_type: String,
    pub(crate) status: String,
    pub(crate) created_at: String,
    pub(crate) reminded_at: Option<String>,
    pub(crate) reminders: u32,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Team {
    pub(crate) name: String,
    pub(crate) created_at: String,
    pub(crate) members: Vec<Member>,
    pub(crate) invitations: Vec<Invitation>,
    pub(crate) channels: Vec<Channel>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) team_id: String,
    pub(crate) resource_count: i64,
    pub(crate) heartbeat_count: i64,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) surname: String,
    pub(crate) email: String,
    pub(crate) pending_email: Option<String>,
    pub(crate) code: String,
    pub(crate) channels: Vec<Channel>,
    /// The team that P1 tells.
    pub(crate) team: Option<String>,
    pub(crate) closed: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct NodeAccount {
    pub(crate) name: String,
    pub(crate) created: i64,
    pub(crate) status: String,
    pub(crate) timezone: f64,
    pub(crate) location: String,
    pub(crate) email_me: bool,
    pub(crate) auto_diag: bool,
    pub(crate) suppressed: Option<bool>,
    pub(crate) parent: Option<String>,
    pub(crate) count: i64,
    #[serde(skip)]
    pub(crate) deleted_at: Option<Instant>,
}

/// What one token opens.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Account {
    pub(crate) customer: Customer,
    pub(crate) teams: BTreeMap<String, Team>,
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) primary: String,
    pub(crate) accounts: BTreeMap<String, NodeAccount>,
}

/// The present of an account, and what reads may still show of its past.
struct Timeline {
    now: Account,
    past: Vec<(Instant, Account)>,
}

pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) journal: Vec<Entry>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) tap: Option<Tap>,
    pub(crate) started: Instant,
    timelines: Vec<Timeline>,
    /// Whoever has no account has this.
    nobody: Account,
    made: u64,
    /// When the requests of the last second came, by account.
    taken: BTreeMap<usize, Vec<Instant>>,
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        let mut world = Self {
            settings,
            journal: Vec::new(),
            faults: Vec::new(),
            tap: None,
            started: Instant::now(),
            timelines: Vec::new(),
            nobody: Account::default(),
            made: 0,
            taken: BTreeMap::new(),
        };
        for place in 0..world.settings.tokens.len() {
            let account = world.fresh_account(place);
            world.timelines.push(Timeline { now: account, past: Vec::new() });
        }
        world
    }

    fn fresh_account(&mut self, place: usize) -> Account {
        let customer = Customer {
            id: self.uuid(),
            name: "Ada".to_owned(),
            surname: "Lovelace".to_owned(),
            email: format!("owner-{place}@example.com"),
            ..Customer::default()
        };
        let primary = self.node_id();
        let mut account = Account { customer, primary: primary.clone(), ..Account::default() };
        account.accounts.insert(primary, NodeAccount::new("Primary", None));
        account
    }

    /// Which account a token opens; one that was closed is opened by none.
    pub(crate) fn place(&self, token: &str) -> Option<usize> {
        let is_revoked = self.settings.revoked.iter().any(|revoked| revoked == token);
        self.place_of(token).filter(|place| !is_revoked && !self.now(*place).customer.closed)
    }

    /// Which account a token opened, closed or not.
    pub(crate) fn place_of(&self, token: &str) -> Option<usize> {
        let token = self.settings.same_account.get(token).map_or(token, String::as_str);
        self.settings.tokens.iter().position(|known| known == token)
    }

    /// Counts a request of an account; whether it is one too many within a second.
    pub(crate) fn is_one_too_many(&mut self, place: usize) -> bool {
        let most = self.settings.per_second;
        let taken = self.taken.entry(place).or_default();
        taken.retain(|at| at.elapsed() < Duration::from_secs(1));
        let is_too_many = most > 0 && taken.len() >= most;
        if !is_too_many {
            taken.push(Instant::now());
        }
        is_too_many
    }

    /// What a query sees, which may be the past.
    pub(crate) fn seen(&mut self, place: usize) -> Option<&Account> {
        let lag = Duration::from_millis(self.settings.read_lag);
        let timeline = self.timelines.get_mut(place)?;
        timeline.past.retain(|(until, _)| until.elapsed() < lag);
        Some(timeline.past.first().map_or(&timeline.now, |(_, account)| account))
    }

    /// Milliseconds since it started.
    pub(crate) fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The present, which queries may not show yet.
    pub(crate) fn now(&self, place: usize) -> &Account {
        self.timelines.get(place).map_or(&self.nobody, |timeline| &timeline.now)
    }

    /// The present, to be changed. What queries show until the lag is over is remembered first.
    pub(crate) fn change(&mut self, place: usize, is_seen_at_once: bool) -> &mut Account {
        let lag = self.settings.read_lag;
        let Some(timeline) = self.timelines.get_mut(place) else { return &mut self.nobody };
        if is_seen_at_once {
            timeline.past.clear();
        } else if lag > 0 {
            timeline.past.push((Instant::now(), timeline.now.clone()));
        }
        &mut timeline.now
    }

    /// A new id in the form of Pinghome's.
    pub(crate) fn uuid(&mut self) -> String {
        self.made += 1;
        format!("{:08x}-5eed-4000-8000-{:012x}", self.made, self.made)
    }

    /// A new id in the form of NodePing's.
    pub(crate) fn node_id(&mut self) -> String {
        self.made += 1;
        let digit = |place: u32| char::from_digit(u32::try_from(self.made / 36_u64.pow(place) % 36).unwrap_or(0), 36);
        let tail: String = (0..5).rev().filter_map(digit).collect::<String>().to_uppercase();
        format!("{}{tail}", jiff::Timestamp::now().strftime("%Y%m%d%H%M"))
    }

    /// A new code of six digits.
    pub(crate) fn code(&mut self) -> String {
        self.made += 1;
        format!("{:06}", self.made * 7919 % 1_000_000)
    }
}

impl NodeAccount {
    pub(crate) fn new(name: &str, parent: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            created: jiff::Timestamp::now().as_millisecond(),
            status: "Active".to_owned(),
            timezone: 0.0,
            location: "nam".to_owned(),
            email_me: false,
            auto_diag: false,
            suppressed: None,
            parent,
            count: 0,
            deleted_at: None,
        }
    }
}
