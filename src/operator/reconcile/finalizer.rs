//! The end of a deletion: the finalizer is removed, and the API server removes the resource.

use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::patch::{MetadataPatch, is_not_found};
use crate::operator::reconcile::pass::Pass;
use crate::operator::state::tombstones::Tombstone;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::attempts::Attempts;
use crate::plan::managed::Managed;

/// Removes the finalizer, and what is kept in memory of the resource.
pub(crate) async fn remove_finalizer<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    if !pass.has_finalizer() {
        return Ok(());
    }
    // Before the patch: the watch may deliver the end of the resource first, and then asks whether this was the operator.
    pass.context.tombstones.reached(pass.uid(), Tombstone::Deleted);
    match MetadataPatch::new(pass.resource.as_ref()).finalizer(false).send(&pass.api()).await {
        Err(error) if is_not_found(&error) => {}
        result => drop(Asked::to::<T>(Verb::Patch, &pass.key.namespace).check(result)?),
    }
    pass.context.tombstones.reached(pass.uid(), Tombstone::Released);
    pass.context.forget(pass.uid());
    pass.attempts = Attempts::default();
    Ok(())
}
