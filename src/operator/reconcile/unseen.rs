//! What a reconcile must know of other resources, and cannot know while the API server refuses to show a kind: a resource that is not
//! shown may exist. The reconcile waits, and says for what. Nothing else waits.

use crate::api::kinds::Kind;
use crate::operator::context::Shared;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::pass::Pass;
use crate::operator::state::caches::{WatchedScope, name_of};
use crate::operator::state::secrets::FRESH;
use crate::plan::managed::{Managed, config_key};
use crate::plan::outcome::ApiServerTrouble;
use crate::plan::references::Reference;
use crate::plan::state::State;

/// Passes if the newest copy of the resource is known, and whether its config and the Teams that it refers to exist.
pub(crate) fn ensure_referents<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    let config = config_key(pass.resource.as_ref(), &pass.key.namespace);
    let is_team = |reference: &Reference| matches!(reference, Reference::Team(_));
    let teams = pass.resource.references().iter().any(is_team).then(|| (Kind::Team, pass.key.namespace.clone()));
    let own = (pass.key.kind, pass.key.namespace.clone());
    for place in [own, (config.kind, config.namespace)].into_iter().chain(teams) {
        ensure(&pass.context.shared, &place)?;
    }
    Ok(())
}

/// Passes if the watch has delivered the deletion. A read, and the answer to a write, show it before; what claimed the object before it was deleted
/// is not known then.
pub(crate) fn ensure_delivered<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    let is_delivered = pass.context.shared.index.has_delivered_deletion(&pass.key, pass.uid());
    if is_delivered { Ok(()) } else { Err(Interrupt::Later) }
}

/// Passes if every resource that may refer to this one is known. Only Teams and configs are referred to, and a kind comes after those
/// that it refers to.
pub(crate) fn ensure_dependents<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    let later = Kind::ALL.iter().filter(|kind| pass.key.kind == Kind::Team && **kind > Kind::Team);
    for kind in later {
        ensure(&pass.context.shared, &(*kind, pass.key.namespace.clone()))?;
    }
    Ok(())
}

/// Passes if every resource of the kind is known in every watched namespace: each of them may claim an object, or list a person.
pub(crate) fn ensure_all_of_the_kind<T: Managed>(pass: &Pass<'_, T>) -> Result<(), Interrupt> {
    match pass.context.shared.caches.unknown(T::KIND, None) {
        None => Ok(()),
        Some(why) => Err(waiting(&pass.context.shared, &format!("other resources of the kind {}", T::KIND), &why)),
    }
}

fn ensure(shared: &Shared, place: &WatchedScope) -> Result<(), Interrupt> {
    match shared.caches.unknown(place.0, Some(&place.1)) {
        None => Ok(()),
        Some(why) => Err(waiting(shared, &name_of(place), &why)),
    }
}

fn waiting(shared: &Shared, what: &str, why: &ApiServerTrouble) -> Interrupt {
    let ApiServerTrouble { reason, message } = why;
    let until = shared.clock.now().checked_add(FRESH).ok();
    let message = format!("the operator cannot see {what}, so it does nothing that depends on it: {message}");
    State::waiting(*reason, message, until).into()
}
