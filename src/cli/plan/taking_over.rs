//! Resources that take over what others stand for, by their annotation `moved-from`. No IO.

use std::collections::BTreeMap;

use crate::api::resource_key::ResourceKey;
use crate::cli::plan::moves::{HowMoved, Move};
use crate::cli::plan::participant::Participant;
use crate::cli::plan::simulate::Simulation;
use crate::plan::managed::Managed;
use crate::plan::moved::{Bond, Heirship, Standing};

impl Simulation<'_> {
    /// Lets resources take over what others stand for, before anything is simulated. What cannot be taken over is told by the resource.
    pub(crate) fn take_over<T: Managed>(&mut self, participants: &mut [Participant<T>]) {
        let keys = participants.iter().map(|one| one.result.key.clone());
        let by_key: BTreeMap<_, _> = keys.zip(0..).collect();
        // An heir that has the object already is the heir, whoever comes before it.
        for has_object in [true, false] {
            for at in 0..participants.len() {
                let Some((heir, source)) = pair(participants, &by_key, at) else { continue };
                if heir.simulation.recorded_id().is_some() == has_object {
                    self.moves.extend(taken_over(heir, source));
                }
            }
        }
    }
}

/// Lets a resource take over from its source, if it is the heir; returns the move, if it is a new one.
fn taken_over<T: Managed>(heir: &mut Participant<T>, source: &mut Participant<T>) -> Option<Move> {
    let (key, from) = (heir.result.key.clone(), source.result.key.clone());
    let recorded = heir.simulation.recorded_id().map(str::to_owned);
    let is_new = recorded.is_none();
    match (standing(heir, source), recorded) {
        (Standing::Takes(id), Some(recorded)) if recorded == id => {}
        // It has another object, and stands for that.
        (_, Some(_)) => return None,
        (Standing::Takes(_), None) => heir.simulation.take_over(&source.simulation),
        (other, None) => {
            other.state(&from, &key).into_iter().for_each(|state| heir.simulation.hold(state));
            return None;
        }
    }
    (heir.created, source.heir) = (heir.created.min(source.created), Some(key.clone()));
    let (kind, from, to) = (T::KIND.to_string(), from.to_string(), key.to_string());
    let external_id = source.simulation.recorded_id().unwrap_or_default().to_owned();
    is_new.then_some(Move { kind, from, to, external_id, how: HowMoved::TakenOver })
}

/// A participant that is not deleted, and the one that it is moved from.
fn pair<'a, T: Managed>(
    participants: &'a mut [Participant<T>],
    by_key: &BTreeMap<ResourceKey, usize>,
    at: usize,
) -> Option<(&'a mut Participant<T>, &'a mut Participant<T>)> {
    let heir = participants.get(at).filter(|one| !one.result.is_deleted)?;
    let from = *by_key.get(&heir.simulation.moved_from()?)?;
    let [heir, source] = participants.get_disjoint_mut([at, from]).ok()?;
    Some((heir, source))
}

/// How the annotation of a resource stands.
fn standing<T: Managed>(heir: &Participant<T>, source: &Participant<T>) -> Standing {
    let (key, from) = (&heir.result.key, &source.result.key);
    let is_younger = (heir.created, heir.order) > (source.created, source.order);
    let bond = Bond {
        in_circle: source.simulation.moved_from().as_ref() == Some(key) && !is_younger,
        consented: key.namespace == from.namespace || source.simulation.is_moved_to(key),
        same_account: Some(heir.account == source.account),
    };
    match (bond.heirship(), &source.heir, source.simulation.recorded_id()) {
        (Heirship::Barred(bar), _, _) => Standing::Barred(bar),
        (Heirship::Pending, _, _) => Standing::Pending,
        (Heirship::Heir, Some(other), _) => Standing::TakenBy(other.to_string()),
        (Heirship::Heir, None, None) => Standing::NothingYet,
        (Heirship::Heir, None, Some(id)) => Standing::Takes(id.to_owned()),
    }
}
