//! NodePing's wire: its six account calls as values, and what its answers say. No IO.

pub mod answer;
mod call;

pub use call::{Call, NewAccount, Settings, same_hours};
