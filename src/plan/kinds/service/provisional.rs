//! The id that the answer to a create had: it may be that of another service, so nothing is changed or deleted until a read has shown
//! that it is the new one. No IO.

use crate::api::annotations::Intent;
use crate::api::reason::Reason;
use crate::api::service::{Service, ServiceFacts};
use crate::inventory::collection::{Collection, Need};
use crate::inventory::created::may_be_new;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::plan::context::PlanContext;
use crate::plan::identity::{bound_id, conflict};
use crate::plan::kinds::service::in_team::{ServicePlan, require_later_list};
use crate::plan::managed::{Managed, catching_up};
use crate::plan::resource_plan::Plan;
use crate::plan::state::State;
use crate::plan::step::Why;
use crate::provider::json::is_same_name;
use crate::provider::model::ids::{ServiceId, TeamId};
use crate::provider::model::service::ObservedService;

/// What reads say of the id in the answer to a create.
pub(crate) enum Provisional {
    /// It is recorded that a read has shown it; or the recorded id is no such id.
    Confirmed,
    /// A read has shown that it is the new service. That is recorded before anything is changed: later reads may show less.
    Recognised,
    /// No read has shown it yet, and a later one may: this collection.
    Unseen(Collection),
    /// No read has shown it yet, and what is known of it is lost: this is awaited.
    Awaited(State),
    /// It is another service, or what the create made bears another id.
    Refuted(Refuted),
    /// Neither it nor anything else that the create may have made is there.
    Absent,
}

/// What was found in place of the created service.
pub(crate) struct Refuted {
    /// What it is, in one sentence.
    found: String,
    /// Which create it was.
    nonce: String,
}

impl Refuted {
    /// The state of a resource that is not deleted.
    pub(crate) fn stalled(&self) -> State {
        let Self { found, nonce } = self;
        let message = format!(
            "{found}: name the right one by the annotation ping-operator.dev/external-id, or create another one by the annotation \
             ping-operator.dev/retry-create: {nonce}"
        );
        State::stalled(Reason::NotConverging, message)
    }

    /// The state of a deleted resource.
    fn deletion_blocked(&self) -> State {
        let Self { found, nonce: _ } = self;
        let message = format!(
            "{found}, so it is not known which one to delete: delete it at Pinghome, and set the annotation \
             ping-operator.dev/allow-deletion: orphan, which deletes nothing"
        );
        State::deletion_blocked(Reason::NotConverging, message)
    }
}

/// An id that only the answer to a create says.
struct ProvisionalId<'a> {
    id: ServiceId,
    /// Where it was created.
    team: TeamId,
    /// The record of the create.
    intent: &'a Intent,
}

impl ProvisionalId<'_> {
    /// Whether a service that bears the id may be what the create made: its name is the one that was asked for, or the one of the spec by
    /// now, and it was not there before.
    fn may_be(&self, service: &ObservedService, name: &str) -> bool {
        let names = [Some(name), self.intent.name.as_deref()];
        let is_named = names.into_iter().flatten().any(|asked| is_same_name(service.name(), asked));
        is_named && may_be_new(service, &self.intent.ids, self.intent.time)
    }
}

impl Service {
    /// What reads say of the recorded id, if only the answer to a create says that it is this resource's.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn provisional(&self, context: &PlanContext) -> Result<Provisional, Need> {
        let Some(provisional) = self.provisional_id(context) else { return Ok(Provisional::Confirmed) };
        let ProvisionalId { id, team, intent } = &provisional;
        let Some(list) = context.inventory.services(team, context.not_before)? else {
            return self.provisional_by_id(&provisional, context);
        };
        let collection = Collection::Services(team.clone());
        match list.get(id.as_str()) {
            Some(service) if !service.is_assumed && provisional.may_be(service, &self.spec.name) => {
                return Ok(Provisional::Recognised);
            }
            Some(service) if !service.is_assumed => return Ok(Provisional::Refuted(anothers(&provisional))),
            Some(_) if context.as_of < context.resolvable_at(intent.time) => {
                return Ok(Provisional::Unseen(collection));
            }
            Some(_) | None => {}
        }
        if let Some(state) = awaited(intent, collection, context)? {
            return Ok(Provisional::Awaited(state));
        }
        if context.inventory.service(id, context.create_freshness())?.value.is_some() {
            return Ok(Provisional::Refuted(anothers(&provisional)));
        }
        Ok(match made_otherwise(list, intent, context) {
            Some(made) => Provisional::Refuted(bears_another_id(&provisional, made)),
            None => Provisional::Absent,
        })
    }

    /// The same where the provider shows services by their ids only: the name tells whether it is the new one. A new team may not be seen
    /// yet: only after the read lag it is clear that its services are not listed.
    fn provisional_by_id(&self, provisional: &ProvisionalId, context: &PlanContext) -> Result<Provisional, Need> {
        let ProvisionalId { id, team, intent } = provisional;
        let collection = Collection::Service(id.clone());
        let until = context.resolvable_at(intent.time);
        let shown = context.inventory.service(id, context.not_before)?.value.as_ref();
        match shown {
            Some(service) if !service.is_assumed && provisional.may_be(service, &self.spec.name) => {
                return Ok(Provisional::Recognised);
            }
            Some(service) if service.is_assumed && context.as_of < until => return Ok(Provisional::Unseen(collection)),
            Some(_) | None => {}
        }
        if context.as_of >= until {
            // The team's services may be listed by now, whatever is to be thought of what reads by the id said.
            require_later_list(team, intent.time, context)?;
        }
        if let Some(state) = awaited(intent, collection, context)? {
            return Ok(Provisional::Awaited(state));
        }
        Ok(if shown.is_some() { Provisional::Refuted(anothers(provisional)) } else { Provisional::Absent })
    }

    /// The recorded id, if only the answer to a create says that it is this resource's. What a person names is.
    fn provisional_id<'a>(&self, context: &PlanContext<'a>) -> Option<ProvisionalId<'a>> {
        let ServiceFacts { team_external_id, resource_count: _, heartbeat_count: _, unconfirmed } =
            self.recorded_facts();
        let intent = context.annotations.intent.as_ref().filter(|intent| unconfirmed && !context.is_void(intent))?;
        let is_named = |id: &str| context.annotations.external_id.as_deref() == Some(id);
        let id = bound_id(context).filter(|id| !is_named(id) && conflict(context, id).is_none())?;
        Some(ProvisionalId { id: ServiceId::parse(id)?, team: TeamId::parse(&team_external_id?)?, intent })
    }

    /// The plan of a service that no read has shown yet: nothing is changed until one has.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn until_shown(
        plan: ServicePlan,
        collection: Collection,
        context: &PlanContext,
    ) -> Result<ServicePlan, Need> {
        if plan.steps.is_empty() {
            let time = context.annotations.intent.as_ref().map(|intent| context.resolvable_at(intent.time));
            return Ok(Plan { again: [plan.again, time].into_iter().flatten().min(), ..plan });
        }
        let state = shown_later(collection, context)?;
        Ok(Plan { state, ..plan.limited_to(Vec::new()) })
    }

    /// A person names another service in place of the one that bears the id in the answer to the create, or asks for one.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn plan_another(&self, team: &TeamId, context: &PlanContext) -> Result<ServicePlan, Need> {
        let mut plan = self.plan_in(team, &PlanContext { known_id: None, ..context.clone() })?;
        for step in &mut plan.steps {
            if let Why::Create(creation) = &mut step.why {
                creation.ids.extend(context.known_id.map(str::to_owned));
            }
        }
        Ok(plan)
    }

    /// What to do for a deleted resource while its id is provisional; `None`: it is not.
    ///
    /// # Errors
    /// A read that must come first.
    pub(crate) fn provisional_deletion(&self, context: &PlanContext) -> Result<Option<ServicePlan>, Need> {
        let state = match self.provisional(context)? {
            Provisional::Confirmed | Provisional::Recognised => return Ok(None),
            Provisional::Unseen(collection) => shown_later(collection, context)?,
            Provisional::Awaited(state) => state,
            Provisional::Refuted(refuted) => refuted.deletion_blocked(),
            Provisional::Absent => State::Gone,
        };
        Ok(Some(Plan::ending_in(state)))
    }
}

/// What is awaited until reads surely show what the create made; `None`: they do.
fn awaited(intent: &Intent, collection: Collection, context: &PlanContext) -> Result<Option<State>, Need> {
    let until = context.resolvable_at(intent.time);
    if context.as_of < until {
        let message = "no read has shown the created service yet; it is known once the read lag is over whether it is this resource's";
        return Ok(Some(State::waiting(Reason::Progressing, message, until)));
    }
    if context.inventory.read_at(&collection).is_none_or(|read_at| read_at < until) {
        return Err(Need { collection, not_before: until });
    }
    context.doubt(&collection)
}

/// What is awaited until a read shows the created service. One from before the create says nothing.
fn shown_later(collection: Collection, context: &PlanContext) -> Result<State, Need> {
    let began = context.annotations.intent.as_ref().map(|intent| intent.time);
    let read_at = context.inventory.read_at(&collection).filter(|read_at| Some(*read_at) > began);
    let Some(read_at) = read_at else { return Err(Need { collection, not_before: context.as_of }) };
    catching_up(context, collection, read_at)
}

/// A service in the list that the create may have made, although its answer had another id.
fn made_otherwise<'a>(
    list: &'a Listing<ObservedService>,
    intent: &Intent,
    context: &PlanContext,
) -> Option<&'a ObservedService> {
    let alike = list.alike(intent.name.as_deref()?).filter(|id| (context.claimed_by)(id).is_none());
    alike.filter_map(|id| list.get(id)).find(|service| may_be_new(*service, &intent.ids, intent.time))
}

fn anothers(ProvisionalId { id, team, intent }: &ProvisionalId) -> Refuted {
    let found = format!(
        "the create was answered with the id '{id}', which seems to be another service than the one that was asked for in the team '{team}', \
         and is neither changed nor deleted"
    );
    Refuted { found, nonce: intent.nonce.clone() }
}

fn bears_another_id(ProvisionalId { id, team, intent }: &ProvisionalId, made: &ObservedService) -> Refuted {
    let (name, made) = (made.name(), &made.id);
    let found = format!(
        "the create was answered with the id '{id}', which the list of the team '{team}' does not show, and it shows '{name}' ({made}), which may \
         be what was made"
    );
    Refuted { found, nonce: intent.nonce.clone() }
}
