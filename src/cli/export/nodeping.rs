//! NodePing accounts as manifests. No IO.

use serde_json::json;

use crate::api::account::Account;
use crate::api::sub_account::{AccountDeletionPolicy, SubAccount};
use crate::cli::export::accept::OptionalPart;
use crate::cli::export::manifest::{AccountPart, DeletionArg, Export, ExportedManifest, ObjectFields};
use crate::cli::export::names::ResourceNames;
use crate::cli::schema::Definitions;
use crate::provider::model::account::{AccountDetail, AccountEntry, NodePingStatus};

/// The name of the `ProviderConfig`: `default` is Pinghome's.
pub(crate) const CONFIG: &str = "nodeping";

/// What the manifest of a sub-account cannot say.
const CONTACT: &str =
    "NodePing does not show contactName and email, and reads them only to create an account. This one exists.";

/// An account of a NodePing token.
pub(crate) struct NodePingAccount {
    /// The account in the list of accounts.
    pub(crate) entry: AccountEntry,
    /// Its settings; `None` if NodePing does not show them.
    pub(crate) detail: Option<AccountDetail>,
}

/// Of the primary account. What is absent stays as it is.
const OPTIONAL: [OptionalPart; 3] =
    [OptionalPart::Fields(&["name"]), OptionalPart::Fields(&["timezone"]), OptionalPart::Fields(&["location"])];

/// The manifests of the accounts, the primary account first.
pub(crate) fn manifests(accounts: &[NodePingAccount], policy: DeletionArg, definitions: &Definitions) -> Export {
    let (mut output, mut names) = (Export::default(), ResourceNames::default());
    let (primary, others): (Vec<_>, Vec<_>) = accounts.iter().partition(|account| account.entry.primary);
    for NodePingAccount { entry, detail } in primary.into_iter().chain(others) {
        let AccountEntry { id, name, status, checks: _, primary, deleting } = entry;
        let id_text = Some(id.to_string());
        let exported = match detail {
            None => Err("NodePing does not show its settings".to_owned()),
            Some(detail) if *primary => {
                let manifest = ExportedManifest::of::<Account>("primary", id_text, settings(detail));
                output.add(manifest, &OPTIONAL, definitions).map_err(|refused| refused.field_and_message())
            }
            Some(detail) if *deleting || status_of(detail, status.as_ref()) == &NodePingStatus::Delete => {
                Err("it is being deleted".to_owned())
            }
            Some(detail) => {
                let resource = names.allocate(name, "account");
                let spec = sub_account(detail, status_of(detail, status.as_ref()), policy);
                let manifest = ExportedManifest::of::<SubAccount>(&resource, id_text, spec).commented(CONTACT);
                output.add(manifest, &[], definitions).map_err(|refused| {
                    names.release(&resource);
                    refused.field_and_message()
                })
            }
        };
        if let Err(why) = exported {
            output.leave_out(&AccountPart::Account, &format!("account '{name}' ({id}): {why}"));
        }
    }
    output
}

/// What the primary account and sub-accounts have in common. A switch that is off is the default.
fn settings(detail: &AccountDetail) -> ObjectFields {
    // `status` is a field of sub-accounts only.
    let AccountDetail { id: _, name, created: _, status: _, timezone, location, email_me, suppressed, auto_diag } =
        detail;
    ObjectFields::default()
        .with("providerConfigRef", json!({ "name": CONFIG }))
        .with_some("name", name.as_ref())
        .with_some("timezone", timezone.as_deref().map(shortest_offset))
        .with_some("location", location.as_ref())
        .with_some("emailMe", email_me.then_some(true))
        .with_some("suppressNotifications", suppressed.then_some(true))
        .with_some("autoDiagNotifications", auto_diag.filter(|is_on| *is_on))
}

fn sub_account(detail: &AccountDetail, status: &NodePingStatus, policy: DeletionArg) -> ObjectFields {
    let is_default = *status == NodePingStatus::Active;
    let deleted = (policy == DeletionArg::Delete).then_some(AccountDeletionPolicy::Delete);
    settings(detail)
        // See `CONTACT`.
        .with("contactName", "unknown")
        .with("email", "unknown@example.invalid")
        .with_some("status", (!is_default).then(|| status.as_str()))
        .with_some("deletionPolicy", deleted)
}

/// The status in the settings, or else in the list; an account without one is active.
fn status_of<'a>(detail: &'a AccountDetail, listed: Option<&'a NodePingStatus>) -> &'a NodePingStatus {
    detail.status.as_ref().or(listed).unwrap_or(&NodePingStatus::Active)
}

/// The offset with the fewest digits: `-7.0` is `-7`.
fn shortest_offset(text: &str) -> String {
    text.trim().parse().map_or_else(|_| text.to_owned(), |hours: f64| hours.to_string())
}
