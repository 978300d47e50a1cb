//! The connection of one credential: HTTP, rate limiter, circuit breaker, locks, and what was observed. All provider IO is here.
//!
//! [`reader`] only reads; only [`writer`] can send a call that changes something.

pub(crate) mod circuit_breaker;
pub(crate) mod clock;
pub(crate) mod endpoints;
pub(crate) mod error;
pub(crate) mod http;
pub(crate) mod keyed_lock;
pub(crate) mod options;
pub(crate) mod rate_limiter;
pub(crate) mod reader;
pub(crate) mod single_flight;
mod state;
pub(crate) mod writer;
