//! The three ways to install, Helm, kustomize and one file, and the archives of a release. They need no cluster here.

mod equal;
mod release;
mod rendered;
mod toggles;
mod values;
mod versions;
