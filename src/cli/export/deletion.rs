//! The values of `--deletion-policy`. No IO.

use clap::ValueEnum;

/// What deleting an exported resource does to its external object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum DeletionArg {
    /// The external object is kept.
    Orphan,
    /// The external object is deleted.
    Delete,
}
