//! One reconcile of one resource: what is known when it begins, and what it did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use kube::{Api, ResourceExt};
use parking_lot::Mutex;

use crate::api::annotations::origin::Origin;
use crate::api::annotations::{Annotations, CREATE_INTENT, InvalidAnnotation};
use crate::api::conditions::Condition;
use crate::api::finalizer::has_finalizer;
use crate::api::policies::ManagementPolicy;
use crate::api::reason::EventReason;
use crate::api::resource_key::ResourceKey;
use crate::api::status::Status;
use crate::connection::basis::BasedOn;
use crate::connection::lane::Lane;
use crate::inventory::collection::Need;
use crate::operator::context::Context;
use crate::operator::kubernetes::listed_people::PeopleRead;
use crate::operator::reconcile::approvals::{await_approval, current_approvals};
use crate::operator::reconcile::lost_object::LostObject;
use crate::operator::reconcile::target::Target;
use crate::operator::state::index::row::Age;
use crate::operator::state::trigger::Trigger;
use crate::operator::telemetry::log::reconcile::About;
use crate::plan::attempts::Attempts;
use crate::plan::decide::{DecisionInputs, decide};
use crate::plan::managed::{Managed, config_key};
use crate::plan::resource_plan::Plan;

/// A change at the provider, to be published as an event.
pub(crate) struct PendingEvent {
    /// The event's reason.
    pub(crate) reason: EventReason,
    /// The event's message.
    pub(crate) message: String,
    /// The object that was changed. `None`: its id was not known then.
    pub(crate) external_id: Option<String>,
}

/// One reconcile in progress.
pub(crate) struct Pass<'a, T: Managed> {
    /// What all reconciles of this controller share.
    pub(crate) context: &'a Context<T>,
    /// The resource as it was read or written last.
    pub(crate) resource: Arc<T>,
    /// Kind, namespace and name.
    pub(crate) key: ResourceKey,
    /// The generation of the copy that this reconcile began with: its result is reported for that. A write of this reconcile may return a
    /// newer one, of which it has checked nothing.
    pub(crate) generation: i64,
    /// Creation time and uid: the oldest resource wins a claim.
    pub(crate) age: Age,
    /// Where this reconcile writes and reads the create record. The account is known once the config is resolved.
    pub(crate) origin: Origin,
    /// Why this reconcile runs.
    pub(crate) trigger: Trigger,
    /// The annotations of the operator; if one of them is invalid, only the request for a reconcile.
    pub(crate) annotations: Annotations,
    /// The annotation that is invalid.
    pub(crate) invalid_annotation: Option<InvalidAnnotation>,
    /// The known id: `status.externalId`, or what this reconcile found out.
    pub(crate) known_id: Option<String>,
    /// The kind's own part of status when this reconcile began.
    pub(crate) reported_facts: T::Facts,
    /// What was changed at the provider and is not published yet.
    pub(crate) pending_events: Vec<PendingEvent>,
    /// Which hold of the shard of its account by this process it is.
    pub(crate) term: u64,
    /// What was tried so far, in earlier reconciles and this one.
    pub(crate) attempts: Attempts,
    /// Whom Teams listed when the API server was asked last; absent: it was not asked yet.
    pub(crate) listed: Option<PeopleRead>,
    /// Which resources wanted the subjects that the last plan asked about, as the index had it then.
    pub(crate) wanting: BTreeMap<String, BTreeSet<ResourceKey>>,
    /// Whether the last plan had steps: what the provider has is known to differ from what is wanted.
    pub(crate) has_steps: bool,
    /// Whether the last plan asked which other resource claims an object that is not known as the own one.
    pub(crate) asked_for_claims: bool,
    /// The time of this reconcile, or of its last write.
    pub(crate) as_of: Timestamp,
    /// Since when this reconcile has the lock for reading and writing positions.
    pub(crate) locked_at: Option<Timestamp>,
    /// What the user says in the copy that this reconcile began with: references, policies, blocked deletions were checked for it.
    pub(crate) input: BasedOn,
}

impl<'a, T: Managed> Pass<'a, T> {
    /// Begins a reconcile.
    pub(crate) fn new(context: &'a Context<T>, resource: Arc<T>, trigger: Trigger) -> Self {
        let (age, key) = (Age::of(resource.as_ref()), ResourceKey::of(resource.as_ref()));
        let origin = Origin {
            cluster: context.shared.cluster_id.known().map(str::to_owned),
            account: None,
            resource: Some(key.to_string()),
        };
        let all = annotations_of(context, resource.as_ref(), &age.uid);
        let (annotations, invalid_annotation) = match Annotations::parse(&all) {
            Ok(annotations) => (annotations, None),
            Err(invalid) => (Annotations::despite_invalid(&all), Some(invalid)),
        };
        let (term, attempts) = earlier(context, resource.as_ref(), &key.namespace, &age.uid);
        let mut pass = Self {
            trigger,
            generation: resource.metadata().generation.unwrap_or(0),
            input: context.shared.inputs.begin(resource.as_ref()),
            key,
            annotations: annotations.within(&origin),
            origin,
            age,
            term,
            attempts,
            reported_facts: resource.recorded_facts(),
            known_id: resource.status().and_then(|status| status.common.external_id.clone()),
            invalid_annotation,
            pending_events: Vec::new(),
            listed: None,
            wanting: BTreeMap::new(),
            has_steps: false,
            asked_for_claims: false,
            as_of: context.shared.clock.now(),
            locked_at: None,
            resource,
            context,
        };
        pass.resume_attempts();
        pass
    }

    /// What was tried for another generation, or before a person asked to try again, does not count.
    fn resume_attempts(&mut self) {
        let (now, is_ready) = (self.as_of, self.is_ready_for_generation());
        self.attempts.on_generation(self.generation, is_ready, now, &self.annotations);
        if self.is_reconcile_requested() {
            let request = self.annotations.reconcile_requested_at.as_deref().unwrap_or_default();
            self.attempts.retry(request, &self.annotations);
        }
    }

    /// The API of the resource's namespace.
    pub(crate) fn api(&self) -> Api<T> {
        Api::namespaced(self.context.shared.client.clone(), &self.key.namespace)
    }

    /// The resource's uid.
    pub(crate) fn uid(&self) -> &str {
        &self.age.uid
    }

    /// The resource's status; absent: it was never written.
    pub(crate) fn status(&self) -> Option<&Status<T::Facts>> {
        self.resource.status()
    }

    /// The conditions that are reported now.
    pub(crate) fn conditions(&self) -> &[Condition] {
        self.status().map(|status| status.common.conditions.as_slice()).unwrap_or_default()
    }

    /// Whether the resource is being deleted.
    pub(crate) fn is_deleted(&self) -> bool {
        self.resource.metadata().deletion_timestamp.is_some()
    }

    /// Takes what a write of this reconcile returned.
    pub(crate) fn wrote(&mut self, written: T) {
        self.resource = self.context.read_your_writes.wrote(written);
        self.context.shared.inputs.seen(self.resource.as_ref());
    }

    /// Whether the operator's finalizer is on the resource.
    pub(crate) fn has_finalizer(&self) -> bool {
        has_finalizer(self.resource.as_ref())
    }

    /// Whether the resource was Ready at its current generation.
    pub(crate) fn is_ready_for_generation(&self) -> bool {
        self.resource.is_ready_for_generation()
    }

    /// Whether the provider may not be written to.
    pub(crate) fn only_observes(&self) -> bool {
        self.resource.policies().management_policy == ManagementPolicy::Observe || self.context.shared.dry_run
    }

    /// The priority of this reconcile's calls.
    pub(crate) fn lane(&self) -> Lane {
        self.trigger.lane()
    }

    /// The resource, for the log.
    pub(crate) fn about(&self) -> About<'_> {
        About { uid: self.uid(), generation: self.generation, external_id: self.known_id.as_deref(), is_config: false }
    }

    /// Whether a user requested a reconcile by annotation, and none was done since.
    fn is_reconcile_requested(&self) -> bool {
        let handled = self.status().and_then(|status| status.common.last_handled_reconcile_at.as_ref());
        self.annotations.reconcile_requested_at.as_ref().is_some_and(|asked| handled != Some(asked))
    }

    /// The config leads to this account, by this route: a create record of another account binds nothing here, and what was refused on
    /// another route was not refused here.
    pub(crate) fn enter(&mut self, account: Option<&str>, route: u64) {
        self.origin.account = account.map(str::to_owned);
        self.annotations = std::mem::take(&mut self.annotations).within(&self.origin);
        self.attempts.on_route(route, &self.annotations);
    }

    /// Records the object's id and claims the object, so that no other resource adopts it.
    pub(crate) fn set_known_id(&mut self, id: &str) {
        self.known_id = Some(id.to_owned());
        self.context.shared.index.claim(&self.key, id);
    }

    /// Records the id of the object that was just created. The facts of its plan replace those of an earlier object.
    pub(crate) fn created(&mut self, id: &str, facts: T::Facts) {
        self.set_known_id(id);
        Arc::make_mut(&mut self.resource).status_mut().get_or_insert_default().facts = facts;
    }

    /// Adds an event to be published.
    pub(crate) fn add_event(&mut self, reason: EventReason, message: &str) {
        let external_id = self.known_id.clone();
        self.pending_events.push(PendingEvent { reason, message: message.to_owned(), external_id });
    }

    /// Plans from what is known now, within the policies and what was tried before.
    pub(crate) fn plan(&mut self, target: &Target<T>) -> Result<Plan<T::Facts>, Need> {
        let (shared, not_before) = (&self.context.shared, self.not_before(target));
        let (own, asked, lost) = (self.known_id.as_deref(), AtomicBool::new(false), LostObject::default());
        let claimed_by = |id: &str| {
            asked.fetch_or(own != Some(id), Ordering::Relaxed);
            lost.noting(id, shared.index.claimant(id, &self.key, &self.age))
        };
        let (approvals, wanting) = (current_approvals(shared, &target.config), Mutex::new(BTreeMap::new()));
        let other_mentions = |subject: &str| {
            wanting.lock().insert(subject.to_owned(), shared.index.wanting(subject));
            shared.index.other_mentions(subject, &self.key, &target.config.key)
        };
        let planned = target.writer.reader().known(|inventory| {
            decide(DecisionInputs {
                resource: self.resource.as_ref(),
                resolved: target.resolved.as_ref(),
                inventory,
                as_of: self.as_of,
                now: shared.clock.now(),
                not_before,
                locked_at: self.locked_at,
                deleted_at: self.resource.metadata().deletion_timestamp.as_ref().map(|time| time.0),
                read_lag: target.read_lag,
                annotations: &self.annotations,
                known_id: self.known_id.as_deref(),
                claimed_by: &claimed_by,
                other_mentions: &other_mentions,
                attempts: &mut self.attempts,
                is_dry_run: shared.dry_run,
                approvals: &approvals,
            })
        });
        if let Ok(plan) = &planned {
            shared.index.contend(&self.key, lost.contended(plan).as_deref());
            await_approval(shared, (&self.key, &self.age.uid), &target.config, &approvals, &plan.approval);
        }
        self.asked_for_claims = asked.into_inner();
        self.wanting = wanting.into_inner();
        planned
    }

    /// The oldest observation that a check of the provider may use.
    fn not_before(&self, target: &Target<T>) -> Timestamp {
        if self.is_reconcile_requested() {
            return self.as_of;
        }
        match target.interval() {
            SignedDuration::ZERO => Timestamp::MIN,
            interval => self.as_of.saturating_sub(interval).unwrap_or(Timestamp::MIN),
        }
    }
}

/// Which hold of the shard of a resource's account by this process it is, and what was tried in it so far.
fn earlier<T: Managed>(context: &Context<T>, resource: &T, namespace: &str, uid: &str) -> (u64, Attempts) {
    let key = config_key(resource, namespace);
    let term = context.shared.services.term(&key, context.shared.index.config(&key).as_deref());
    (term, context.attempts.take(uid, term))
}

/// The annotations of a resource. A create record that somebody dropped counts until it is put back.
fn annotations_of<T: Managed>(context: &Context<T>, resource: &T, uid: &str) -> BTreeMap<String, String> {
    let mut all = resource.annotations().clone();
    if let Some(record) = context.dropped_records.of(uid) {
        all.entry(CREATE_INTENT.to_owned()).or_insert(record);
    }
    all
}
