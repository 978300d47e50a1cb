//! The three ways to install: Helm, kustomize, and one file. They need no cluster here.

mod equal;
mod rendered;
mod toggles;
mod values;
mod versions;
