//! What is told of a config: its status and its events.

use std::sync::Arc;

use kube::{Api, ResourceExt};

use crate::api::conditions::updated;
use crate::api::provider_config::{AccountIdentity, ProviderConfigStatus};
use crate::operator::context::Context;
use crate::operator::kubernetes::config_api::ConfigApi;
use crate::operator::kubernetes::patch::apply_status;
use crate::operator::trouble::ApiTrouble;
use crate::operator::trouble::asked::{Asked, Verb};
use crate::plan::config_report::{ConfigEvent, ConfigReport};
use crate::plan::outcome::Announcement;

/// Writes a report into status, and publishes what is new of it, if it differs.
pub(crate) async fn tell<C: ConfigApi>(
    config: &Arc<C>,
    context: &Context<C>,
    report: &ConfigReport<'_>,
    account: Option<AccountIdentity>,
    in_use: bool,
) -> Result<(), ApiTrouble> {
    let (before, generation) = (config.status(), report.generation);
    let conditions = before.map(|status| status.conditions.as_slice()).unwrap_or_default();
    let now = context.shared.clock.now();
    let wanted = ProviderConfigStatus {
        conditions: updated(conditions, report.conditions(conditions), generation, now),
        observed_generation: Some(generation),
        account: account.or_else(|| before.and_then(|status| status.account.clone())),
        throttled_until: report.throttled_until,
        in_use: Some(in_use),
        // The deletion guard writes its reservations itself, and the name of the Lease is written when the config changes hands.
        served_by: None,
        recent_deletions: Vec::new(),
    };
    let own_part = |status| ProviderConfigStatus {
        recent_deletions: Vec::new(),
        served_by: None,
        ..ProviderConfigStatus::clone(status)
    };
    if before.map(own_part).as_ref() == Some(&wanted) {
        return Ok(());
    }
    report.events(conditions).iter().for_each(|event| publish(config.as_ref(), context, event));
    let namespace = config.namespace().unwrap_or_default();
    let api: Api<C> = C::api(context.shared.client.clone(), &namespace);
    let written = apply_status(&api, config.as_ref(), &wanted, context.shared.overwrite()).await;
    context.read_your_writes.wrote(Asked::to::<C>(Verb::Patch, &namespace).status().check(written)?);
    Ok(())
}

fn publish<C: ConfigApi>(config: &C, context: &Context<C>, event: &ConfigEvent) {
    let ConfigEvent { announcement, reason, message } = event;
    match announcement {
        Announcement::None => {}
        Announcement::Normal => context.shared.events.waiting(config, *reason, message),
        Announcement::Warning => context.shared.events.warning(config, *reason, message),
    }
}
