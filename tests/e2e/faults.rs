//! The fault runner: the real binary, a real API server and the emulator, with a [`Fuse`] on every line between them.
//!
//! `make test` kills the operator at every recorded boundary of each scenario and plays a few random schedules;
//! `FAULTS=1000 SEED=7 make faults` plays so many, and prints a table. docs/reliability.md says what it stands for.

mod crashes;
mod crew;
mod fuse;
mod gateway;
mod namespaces;
mod neighbour;
mod oracle;
mod outage;
mod report;
mod scenario;
mod schedules;
mod silence;
mod stage;

pub(crate) use crew::Crew;
pub(crate) use fuse::{Fuse, Moment, Plan};
pub(crate) use gateway::{Gateway, Line};
pub(crate) use scenario::Scenario;
pub(crate) use stage::Stage;
