//! Both kinds of config as one thing, and their own reconciler: is the credential accepted, and is it in use.

pub(super) mod account;
mod reconcile;
mod view;

pub(super) use reconcile::reconcile;
pub(super) use view::{Config, Scope, View};
