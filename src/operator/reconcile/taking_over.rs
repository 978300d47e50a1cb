//! Taking over what another resource stands for, by the annotation `moved-from`: its record is copied, and nothing is called. It is copied
//! whole, so that nobody is invited again, no code is sent again, and the result of a create is still found.
//!
//! From the moment at which the index knows the heir, the source plans nothing. So what its status says is final once no reconcile of it is
//! under way that began before.

use jiff::SignedDuration;
use kube::{Api, Resource, ResourceExt};

use crate::api::annotations::origin::Origin;
use crate::api::annotations::{AllowDeletion, Annotations, Intent};
use crate::api::finalizer::has_finalizer;
use crate::api::lenient::Lenient;
use crate::api::reason::{EventReason, Reason};
use crate::api::resource_key::ResourceKey;
use crate::operator::interrupt::Interrupt;
use crate::operator::kubernetes::serving::ServedBy;
use crate::operator::reconcile::pass::Pass;
use crate::operator::reconcile::status;
use crate::operator::reconcile::unseen::{ensure_all_of_the_kind, ensure_delivered};
use crate::operator::reconcile::write_ahead::protect;
use crate::operator::state::index::heirs::MoveSource;
use crate::operator::state::secrets::FRESH;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::elsewhere::is_recorded_elsewhere;
use crate::plan::managed::Managed;
use crate::plan::moved::{Bar, Standing};
use crate::plan::state::State;

/// How often a resource looks again that waits for another one.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Takes over what the source stands for that the annotation `moved-from` names. Passes if there is nothing to take over.
///
/// # Errors
/// It cannot be taken over now, or the API server failed.
pub(crate) async fn take_over<T: Managed>(pass: &mut Pass<'_, T>) -> Result<(), Interrupt> {
    let Some(named) = pass.annotations.moved_from.clone() else { return Ok(()) };
    if pass.is_deleted() || pass.known_id.is_some() {
        return Ok(());
    }
    ensure_all_of_the_kind(pass)?;
    let source_key = named.key(T::KIND);
    // Nothing is moved from itself.
    if source_key == pass.key {
        return Ok(());
    }
    if pass.annotations.has_record() && !is_copied_from(pass, &source_key).await? {
        // Its own create may have made an object.
        return Ok(());
    }
    let Some((standing, source)) = pass.context.shared.index.standing(&pass.key) else {
        return Err(Interrupt::Later);
    };
    if let Some(state) = standing.state(&source_key, &pass.key) {
        return Err(looked_at_again(pass, state));
    }
    match (standing, source) {
        (Standing::Takes(id), Some(source)) => take(pass, &source_key, &source, &id).await,
        _ if read::<T>(pass, &source_key).await?.is_some() => {
            let message = format!(
                "the operator has not seen '{source_key}' yet: does it watch the namespace '{}' (--watch-namespaces)?",
                source_key.namespace
            );
            Err(waiting(pass, message))
        }
        _ => Ok(()),
    }
}

/// Copies the record of the source.
async fn take<T: Managed>(
    pass: &mut Pass<'_, T>,
    source_key: &ResourceKey,
    source: &MoveSource,
    id: &str,
) -> Result<(), Interrupt> {
    if pass.context.shared.dry_run {
        let message =
            format!("dry run: it would take over the external object '{id}' of '{source_key}' without a call");
        return Err(waiting(pass, message));
    }
    ensure_at_rest(pass, source_key, source)?;
    let found = match read::<T>(pass, source_key).await? {
        Some(Lenient::Readable(found)) => found,
        Some(Lenient::Unreadable(_)) => {
            let message = format!("this version of the operator cannot read '{source_key}', to take over its object");
            return Err(waiting(pass, message));
        }
        None => return Err(Interrupt::Later),
    };
    // Its object is deleted, or left to nobody: only others keep it here.
    if found.meta().deletion_timestamp.is_some() && !has_finalizer(&found) {
        return Ok(());
    }
    let is_same = found.uid().as_deref() == Some(source.uid.as_ref()) && consents(&found, &pass.key);
    let recorded = found.status().map(|status| &status.common);
    if !is_same || recorded.and_then(|common| common.external_id.as_deref()) != Some(id) {
        return Err(Interrupt::Later);
    }
    if is_recorded_elsewhere(recorded, pass.origin.account.as_deref()) {
        let state = Standing::Barred(Bar::OtherAccount).state(source_key, &pass.key);
        return state.map_or(Ok(()), |state| Err(looked_at_again(pass, state)));
    }
    if !pass.only_observes() {
        let record = create_record(pass, source_key, &found).map(|record| pass.origin.sign(record));
        protect(pass, record).await?;
    }
    let facts = found.recorded_facts();
    status::record(pass, Some(id), Some(&facts), None).await?;
    pass.set_known_id(id);
    pass.reported_facts = facts;
    let message = format!("the external object of '{source_key}' belongs to this resource now; nothing was called");
    pass.add_event(EventReason::AdoptedExternalResource, &message);
    Ok(())
}

/// Passes if no reconcile of the source is under way that began before the heir was known, here or in another operator.
fn ensure_at_rest<T: Managed>(
    pass: &Pass<'_, T>,
    source_key: &ResourceKey,
    source: &MoveSource,
) -> Result<(), Interrupt> {
    let shared = &pass.context.shared;
    let config = source.config.as_ref().and_then(|config| shared.index.config(config));
    if config.is_none_or(|config| shared.services.of(&config) != ServedBy::Here) {
        let message = format!("another operator serves '{source_key}', so its object is not taken over");
        return Err(waiting(pass, message));
    }
    if pass.context.shared.inputs.interrupt(&source.uid) { Err(Interrupt::Later) } else { Ok(()) }
}

/// Whether another resource has taken over the object of a deleted one.
///
/// # Errors
/// One takes it over and has not recorded it yet, which a person may end; or the API server failed.
pub(crate) async fn is_taken_over<T: Managed>(pass: &Pass<'_, T>) -> Result<bool, Interrupt> {
    if pass.known_id.is_none() || pass.annotations.allow_deletion == Some(AllowDeletion::Orphan) {
        return Ok(false);
    }
    ensure_delivered(pass)?;
    let Some(heir) = pass.context.shared.index.heir(&pass.key) else {
        return ensure_no_unseen_heir(pass).await.map(|()| false);
    };
    let found = read::<T>(pass, &heir).await?.filter(|found| found.meta().deletion_timestamp.is_none());
    let Some(found) = found else { return Err(Interrupt::Later) };
    let recorded = match &found {
        Lenient::Readable(found) => found.status().and_then(|status| status.common.external_id.clone()),
        Lenient::Unreadable(unreadable) => unreadable.external_id().map(str::to_owned),
    };
    if recorded == pass.known_id {
        return Ok(true);
    }
    let message = format!(
        "'{heir}' takes over the external object and has not recorded it yet: see what it waits for, or remove its annotation \
         ping-operator.dev/moved-from"
    );
    Err(looked_at_again(pass, State::waiting(Reason::HasDependents, message, None)))
}

/// Passes unless the resource in another namespace that a deleted one names takes over from it: the watches of two namespaces deliver in
/// any order.
async fn ensure_no_unseen_heir<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    let to = pass.annotations.moved_to.as_ref().map(|to| to.key(T::KIND));
    let Some(to) = to.filter(|to| pass.context.shared.index.standing(to).is_none()) else { return Ok(()) };
    let found = read::<T>(pass, &to).await?.filter(|found| found.meta().deletion_timestamp.is_none());
    let named = found.and_then(|found| Annotations::parse(found.meta().annotations.as_ref()?).ok()?.moved_from);
    let is_heir = named.is_some_and(|from| from.key(T::KIND) == pass.key);
    if is_heir {
        let message = format!(
            "the operator has not seen '{to}' yet, which takes over the external object: does it watch the namespace '{}' \
             (--watch-namespaces)? If not, remove the annotation ping-operator.dev/moved-to",
            to.namespace
        );
        return Err(looked_at_again(pass, State::waiting(Reason::HasDependents, message, None)));
    }
    Ok(())
}

/// Whether the create record of this resource is that of its source: then it was copied, and the id was not recorded any more.
async fn is_copied_from<T: Managed>(pass: &Pass<'_, T>, source_key: &ResourceKey) -> Result<bool, ApiTrouble> {
    let Some(Lenient::Readable(found)) = read::<T>(pass, source_key).await? else { return Ok(false) };
    let (own, its) = (pass.annotations.intent.as_ref(), create_record(pass, source_key, &found));
    Ok(own.zip(its).is_some_and(|(own, its)| own.nonce == its.nonce))
}

/// The create record of a source, if it counts here.
fn create_record<T: Managed>(pass: &Pass<'_, T>, source_key: &ResourceKey, source: &T) -> Option<Intent> {
    let all = source.annotations();
    let annotations = Annotations::parse(all).unwrap_or_else(|_| Annotations::despite_invalid(all));
    let origin = Origin { resource: Some(source_key.to_string()), ..pass.origin.clone() };
    annotations.within(&origin).intent
}

/// A resource of the kind as the API server has it now.
async fn read<T: Managed>(pass: &Pass<'_, T>, key: &ResourceKey) -> Result<Option<Lenient<T>>, ApiTrouble> {
    let api = Api::<Lenient<T>>::namespaced(pass.context.shared.client.clone(), &key.namespace);
    Asked::to::<T>(Verb::Get, &key.namespace).check(api.get_opt(&key.name).await)
}

/// Whether a resource, as the API server has it now, lets another one take over from it.
fn consents<T: Managed>(source: &T, heir: &ResourceKey) -> bool {
    let all = source.annotations();
    let annotations = Annotations::parse(all).unwrap_or_else(|_| Annotations::despite_invalid(all));
    source.namespace().as_deref() == Some(heir.namespace.as_str())
        || annotations.moved_to.is_some_and(|to| to.key(T::KIND) == *heir)
}

/// A wait that ends by what others do: the index tells of it, and it is looked at again in any case.
fn looked_at_again<T: Managed>(pass: &Pass<'_, T>, state: State) -> Interrupt {
    match state {
        State::Waiting { reason, message, until: None } => {
            let until = pass.context.shared.clock.now().checked_add(PAUSE).ok();
            State::waiting(reason, message, until).into()
        }
        other => other.into(),
    }
}

fn waiting<T: Managed>(pass: &Pass<'_, T>, message: String) -> Interrupt {
    let until = pass.context.shared.clock.now().checked_add(FRESH).ok();
    State::waiting(Reason::ReferenceNotReady, message, until).into()
}
