//! The APIs of the two providers: their calls as values, the HTTP request of each call, and the reading of answers.
//! No IO: `connection/` sends the requests.
//!
//! Imports run one way: `model`, `proof` <- `answer`, `request`, `failure` <- `pinghome`, `nodeping` <- `call`.

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod envelope;
pub(crate) mod failure;
pub(crate) mod json;
pub(crate) mod model;
pub(crate) mod nodeping;
pub(crate) mod pinghome;
pub(crate) mod proof;
pub(crate) mod quote;
pub(crate) mod request;
#[cfg(test)]
mod tests;
