//! Both provider APIs on one loopback port, for tests and the demo. README.md says what is stated and what assumed.
//!
//! Written from the providers' documentation alone: no type of the operator is used here, so that
//! one misreading cannot hide another.

mod control;
mod faults;
mod journal;
mod moves;
mod nodeping;
mod paging;
mod pinghome;
mod serve;
mod settings;
mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use faults::{Edit, Fault, Reply, Tap, Then, Trouble};
pub use journal::Entry;
pub use moves::Move;
pub use settings::{
    ChannelFields, CreateAnswer, CustomerFields, Envelope, ErrorBody, MissingAccount, Paging, PrimarySign,
    ServiceLookup, Settings, TeamDelete,
};

use world::World;

/// A running emulator. It ends when this is dropped.
pub struct Emulator {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    task: JoinHandle<()>,
}

impl Emulator {
    /// Serves on a free loopback port.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(settings: Settings) -> std::io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), settings).await
    }

    /// Serves on this address.
    ///
    /// # Errors
    /// The port cannot be had.
    pub async fn start_on(address: SocketAddr, settings: Settings) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(Mutex::new(World::new(settings)));
        let router = serve::router(Arc::clone(&world));
        let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, world, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time now, as the journal tells it: milliseconds since it started.
    pub fn now(&self) -> u64 {
        self.world().elapsed()
    }

    /// Every request that a provider received, in order. Control and human edits are not among them.
    pub fn journal(&self) -> Vec<Entry> {
        self.world().journal.clone()
    }

    /// Forgets the journal so far.
    pub fn clear_journal(&self) {
        self.world().journal.clear();
    }

    /// Changes switches while it runs.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.world().settings);
    }

    /// Lets something go wrong.
    pub fn fault(&self, fault: Fault) {
        self.world().faults.push(fault);
    }

    /// Lets somebody hear of each request.
    pub fn tap(&self, tap: Tap) {
        self.world().tap = Some(tap);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Does what a person does in the web interface: a request that is not journalled, never fails, and is seen at once.
    pub fn human(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        control::human(&mut self.world(), token, method, path, body)
    }

    /// Everything that an account holds, as JSON.
    pub fn state(&self, token: &str) -> Value {
        control::state(&mut self.world(), token)
    }

    /// Lets the person behind an e-mail answer an invitation: accept it (and join the team), or decline it.
    pub fn answer(&self, token: &str, team: &str, email: &str, accepts: bool) {
        control::answer_invitation(&mut self.world(), token, team, email, accepts);
    }

    /// Lets a person do something in a team that the operator is not told of.
    pub fn act(&self, token: &str, team: &str, act: Move) {
        moves::act(&mut self.world(), token, team, act);
    }

    /// Forgets when people were reminded, as if it was long ago; how often stays.
    pub fn forget_reminders(&self, token: &str) {
        control::forget_reminders(&mut self.world(), token);
    }

    /// Puts the token's customer into a team, as P1 tells; an empty id: into none.
    pub fn set_own_team(&self, token: &str, team: &str) {
        control::set_own_team(&mut self.world(), token, team);
    }

    /// Sets what only monitoring can change: `resource_count` and `heartbeat_count` of a service, `count` of a sub-account.
    pub fn set_counts(&self, token: &str, id: &str, counts: &Value) {
        control::set_counts(&mut self.world(), token, id, counts);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}
