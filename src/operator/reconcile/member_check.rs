//! The check before a person is removed from a team. Another Team may list the person already, and the cache may not have it
//! yet. A person who is removed gets a new invitation by e-mail, so the API server is asked first.

use crate::api::resource_key::ResourceKey;
use crate::operator::interrupt::Interrupt;
use crate::operator::reconcile::pass::Pass;
use crate::plan::managed::Managed;

/// Passes if the plan knew of every Team that lists the person by one of these addresses. The API server is asked again, once for all of
/// them, if its last answer is not recent.
pub(crate) async fn ensure_indexed<T: Managed>(pass: &mut Pass<'_, T>, subjects: &[String]) -> Result<(), Interrupt> {
    let listed = pass.context.shared.listed_people.recent(pass.listed.as_ref()).await?;
    let listed = pass.listed.insert(listed);
    // Not what the index has by now: a watch may have told it of the Team since the plan was made.
    let is_known = |subject: &String| {
        let known = |team: &ResourceKey| pass.wanting.get(subject).is_some_and(|wanting| wanting.contains(team));
        listed.value.teams(subject).iter().filter(|team| **team != pass.key).all(known)
    };
    if subjects.iter().all(is_known) { Ok(()) } else { Err(Interrupt::Later) }
}
