//! The connections to accounts: HTTP, rate limiter, circuit breakers, locks, and what was observed. All provider IO is here.
//!
//! What belongs to an account is in [`account`], whatever tokens and configs lead to it. [`credential`] is one token,
//! [`basis`] is what a plan is based on: a token, and what a user says in a resource.
//!
//! [`reader`] only reads; only [`writer`] can send a call that changes something.

pub(crate) mod account;
pub(crate) mod basis;
pub(crate) mod cause;
pub(crate) mod circuit_breaker;
pub(crate) mod clock;
pub(crate) mod credential;
pub(crate) mod endpoints;
pub(crate) mod error;
pub(crate) mod http;
pub(crate) mod keyed_lock;
pub(crate) mod lane;
pub(crate) mod network;
pub(crate) mod next_page;
pub(crate) mod options;
pub(crate) mod rate_limiter;
pub(crate) mod reader;
pub(crate) mod shared_lane;
pub(crate) mod single_flight;
#[cfg(test)]
mod tests;
pub(crate) mod way;
pub(crate) mod writer;
