//! The real binary against a real API server and the emulator. One namespace, one emulator and one operator a test.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "what is not as expected fails the test")]

mod adoption;
mod bad_input;
mod deletion;
mod dialects;
mod drift;
mod failures;
mod harness;
mod kubectl;
mod lifecycle;
mod references;
mod restart;
