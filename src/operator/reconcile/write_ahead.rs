//! Write-ahead: what must be recorded in the resource before a call is sent. The finalizer, and for a create its record, are
//! written by one compare-and-swap patch.

use crate::api::annotations::{CREATE_INTENT, Intent};
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::patch::MetadataPatch;
use crate::operator::reconcile::deletion::leave_elsewhere;
use crate::operator::reconcile::pass::Pass;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::managed::Managed;
use crate::plan::step::{Step, Why};

/// Records in the resource what the step is about to do.
pub(crate) async fn write_ahead<T: Managed>(pass: &mut Pass<'_, T>, step: &Step) -> Result<(), Interrupt> {
    match &step.why {
        Why::Create(creation) => {
            let nonce = format!("{:016x}", fastrand::u64(..));
            let tries = pass.attempts.next_create(&pass.annotations, &creation.name);
            let now = pass.context.shared.clock.now();
            let intent = pass.origin.sign(creation.record(nonce, now, tries, pass.known_id.as_deref()));
            let record = written(pass, &intent)?;
            leave_elsewhere(pass).await?;
            patch(pass, Some(&record)).await?;
            (pass.annotations.intent, pass.annotations.sent_elsewhere) = (Some(intent), None);
            Ok(())
        }
        Why::Update(_) | Why::Notify(_) => ensure_finalizer(pass).await,
        Why::Delete => Ok(()),
    }
}

/// Adds the finalizer to a resource that stands for an external object, puts back a create record that somebody dropped, and notes
/// in the record what came of its create.
pub(crate) async fn ensure_finalizer<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    if let Some(amended) = pass.attempts.amended_record(&pass.annotations) {
        let record = written(pass, &amended)?;
        patch(pass, Some(&record)).await?;
        pass.annotations.intent = Some(amended);
        return Ok(());
    }
    let dropped = pass.context.dropped_records.of(pass.uid());
    if pass.is_deleted() || (pass.has_finalizer() && dropped.is_none()) {
        return Ok(());
    }
    patch(pass, dropped.as_deref()).await
}

/// Adds the finalizer to a resource that takes over an external object, and with it the record of the create that made it.
pub(crate) async fn protect<T: Managed>(pass: &mut Pass<'_, T>, record: Option<Intent>) -> Result<(), Interrupt> {
    let text = record.as_ref().map(|record| written(pass, record)).transpose()?;
    patch(pass, text.as_deref()).await?;
    pass.annotations.intent = record.or(pass.annotations.intent.take());
    Ok(())
}

/// A create record as text.
fn written<T: Managed>(pass: &Pass<'_, T>, record: &Intent) -> Result<String, ApiTrouble> {
    let text = serde_json::to_string(record).map_err(kube::Error::SerdeError);
    Asked::to::<T>(Verb::Patch, &pass.key.namespace).check(text)
}

async fn patch<T: Managed>(pass: &mut Pass<'_, T>, record: Option<&str>) -> Result<(), Interrupt> {
    let mut patch = MetadataPatch::new(pass.resource.as_ref()).finalizer(true);
    if let Some(record) = record {
        patch = patch.annotation(CREATE_INTENT, record);
    }
    let _permit = pass.context.shared.write_permit().await;
    let written = Asked::to::<T>(Verb::Patch, &pass.key.namespace).check(patch.send(&pass.api()).await)?;
    pass.context.dropped_records.forget(pass.uid());
    // The patch fails if the resource was written since it was read, so it cannot return another spec.
    pass.wrote(written);
    Ok(())
}
