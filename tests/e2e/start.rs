//! The start anywhere: flags, rights in one namespace only, proxies and private CAs, and which of several operators serves a config.

mod flags;
mod herd;
mod namespaced;
mod network;
mod proxy;
mod serving;
