//! NodePing accounts as manifests. No IO.

use serde_json::json;

use crate::cli::export::DeletionArg;
use crate::cli::export::manifest::{Export, ExportedManifest, Fields, Names, fields};
use crate::provider::model::account::{AccountDetail, AccountEntry, NodePingStatus, same_hours};

/// The name of the config: `default` is Pinghome's.
pub(crate) const CONFIG: &str = "nodeping";

/// An account as the list and as its own page show it.
pub(crate) struct SeenAccount {
    pub(crate) entry: AccountEntry,
    pub(crate) detail: Option<AccountDetail>,
}

/// Writes the manifests.
pub(crate) fn manifests(seen: &[SeenAccount], policy: DeletionArg) -> Export {
    let (mut output, mut names) = (Export::default(), Names::default());
    let (primary, others): (Vec<_>, Vec<_>) = seen.iter().partition(|account| account.entry.primary);
    for account in primary.into_iter().chain(others) {
        let name = || account.entry.name.clone();
        let made = match &account.detail {
            None => Err("NodePing does not show its settings"),
            Some(detail) if account.entry.primary => Ok(primary_account(&account.entry, detail)),
            Some(detail) => sub_account(&account.entry, detail, policy).map(|spec| ExportedManifest {
                kind: "SubAccount",
                plural: "subaccounts",
                name: names.give(&name(), "account"),
                id: Some(account.entry.id.to_string()),
                spec,
            }),
        };
        match made {
            Ok(manifest) => output.manifests.push(manifest),
            Err(why) => output.left_out.push(format!("account '{}' ({}): {why}", name(), account.entry.id)),
        }
    }
    output
}

/// Only what is shown: what the spec leaves open is left alone.
fn primary_account(entry: &AccountEntry, detail: &AccountDetail) -> ExportedManifest {
    let mut spec = shared(detail);
    spec.extend(fields([
        ("name", detail.name.as_ref().filter(|name| is_name(name)).map(|name| json!(name))),
        ("timezone", zone(detail).map(|zone| json!(zone))),
        ("location", location(detail).map(|location| json!(location))),
    ]));
    let id = Some(entry.id.to_string());
    ExportedManifest { kind: "Account", plural: "accounts", name: "primary".to_owned(), id, spec }
}

fn sub_account(entry: &AccountEntry, detail: &AccountDetail, policy: DeletionArg) -> Result<Fields, &'static str> {
    if entry.deleting {
        return Err("it is being deleted");
    }
    let is_suspended = match detail.status.as_ref().or(entry.status.as_ref()) {
        Some(NodePingStatus::Delete) => return Err("it is being deleted"),
        Some(NodePingStatus::Other(_)) => return Err("its status is neither Active nor Suspend"),
        Some(NodePingStatus::Suspend) => true,
        Some(NodePingStatus::Active) | None => false,
    };
    let name = detail.name.as_ref().filter(|name| is_name(name)).ok_or("its name is not shown, or too long")?;
    let zone = zone(detail).ok_or("its time zone is none that a SubAccount may have")?;
    let location = location(detail).ok_or("its location is none that a SubAccount may have")?;
    let mut spec = shared(detail);
    spec.extend(fields([
        ("name", Some(json!(name))),
        ("timezone", Some(json!(zone))),
        ("location", Some(json!(location))),
        // NodePing never shows these two, and takes them only when it makes an account: this one exists.
        ("contactName", Some(json!("unknown"))),
        ("email", Some(json!("unknown@example.invalid"))),
        ("status", is_suspended.then(|| json!("Suspend"))),
        ("deletionPolicy", (policy == DeletionArg::Delete).then(|| json!("Delete"))),
    ]));
    Ok(spec)
}

/// What both kinds have, as far as it is not the default.
fn shared(detail: &AccountDetail) -> Fields {
    let on = |is_on: bool| is_on.then_some(json!(true));
    fields([
        ("providerConfigRef", Some(json!({ "name": CONFIG }))),
        ("emailMe", on(detail.email_me)),
        ("suppressNotifications", on(detail.suppressed)),
        ("autoDiagNotifications", on(detail.auto_diag == Some(true))),
    ])
}

fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.chars().count())
}

/// The offset as a number, in the fewest digits: `-7.0` is `-7`.
fn zone(detail: &AccountDetail) -> Option<String> {
    let text = detail.timezone.as_deref()?;
    let hours: f64 = text.trim().parse().ok().filter(|hours| (-12.0..=14.0).contains(hours))?;
    let short = hours.to_string();
    (short.len() <= 6 && same_hours(Some(text), &short)).then_some(short)
}

fn location(detail: &AccountDetail) -> Option<&str> {
    detail.location.as_deref().filter(|word| ["nam", "lam", "eur", "eao", "wlw"].contains(word))
}
