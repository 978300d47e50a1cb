//! The values of `--deletion-policy`. No IO.

use clap::ValueEnum;

/// What deleting an exported resource does to the object at the provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum DeletionArg {
    /// The object stays.
    Orphan,
    /// The object is deleted.
    Delete,
}
