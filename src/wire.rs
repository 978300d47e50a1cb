//! What the two providers' wires share: the shape of a request, of a failure, and tolerant reading. No IO.

pub mod answer;
pub mod failure;
pub mod json;
pub mod request;

pub use answer::Answer;
pub use failure::{Class, Failure};
pub use request::{Call, Host, Method, Request};

#[cfg(test)]
mod tests;
