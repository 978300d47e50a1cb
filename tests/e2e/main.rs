//! The real binary against a real API server and the emulator. One namespace, one emulator and one operator a test.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "what is not as expected fails the test")]

mod account;
mod adoption;
mod bad_input;
mod bounded;
mod bounded_people;
mod codes;
mod convergence;
mod coverage;
mod customer;
mod deletion;
mod dialects;
mod drift;
mod ending;
mod export;
mod failures;
mod faults;
mod harness;
mod hostile;
mod kubectl;
mod leader;
mod lifecycle;
mod mass;
mod matrix;
mod members;
mod metrics;
mod modes;
mod moving;
mod once;
mod one_account;
mod ownership;
mod people;
mod plan;
mod proofs;
mod queued;
mod references;
mod restart;
mod soak;
mod terminal;
mod unknown;
mod validate;
