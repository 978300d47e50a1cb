//! Pinghome's wire: its 34 calls as values, and what its answers say. No IO.

pub mod answer;
mod call;
mod request;

pub use call::Call;
