//! What the two providers' wires share: the shape of a request, of a failure, and tolerant reading. No IO.

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod failure;
pub(crate) mod json;
pub(crate) mod model;
pub(crate) mod nodeping;
pub(crate) mod pinghome;
pub(crate) mod request;
#[cfg(test)]
mod tests;
