//! The start anywhere: flags, rights in one namespace only, proxies and private CAs, and which of several operators serves a config.

mod cluster_configs;
mod flags;
mod herd;
mod namespaced;
mod network;
mod proxy;
mod serving;
