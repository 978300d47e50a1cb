//! Reads a whole account, one list after the other. Provider IO, reads only.

use jiff::Timestamp;

use crate::cli::export::nodeping::NodePingAccount;
use crate::cli::export::pinghome::{PinghomeAccount, TeamContents};
use crate::connection::error::CallError;
use crate::connection::lane::Lane;
use crate::connection::reader::Reader;
use crate::inventory::Inventory;
use crate::inventory::channels::without_duplicates;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::doubt::Doubt;
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::provider::failure::{Class, Failure};
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::team::ObservedTeam;

/// Which types of channels are read.
#[derive(Clone, Copy)]
pub(crate) struct ChannelTypes<'a> {
    /// Only these; empty = all.
    pub(crate) include: &'a [String],
    /// None of these.
    pub(crate) exclude: &'a [String],
}

impl ChannelTypes<'_> {
    fn contain(&self, channel: &Channel) -> bool {
        (self.include.is_empty() || self.include.contains(&channel.type_)) && !self.exclude.contains(&channel.type_)
    }
}

/// Every object of a Pinghome organisation that has a kind; `progress` is called with what is read next.
pub(crate) async fn pinghome_account(
    reader: &Reader,
    types: ChannelTypes<'_>,
    progress: impl Fn(&str),
) -> Result<PinghomeAccount, CallError> {
    progress("the customer");
    read(reader, Collection::Customer).await?;
    let customer = reader.known(|inventory| inventory.customer(Timestamp::MIN).cloned()).map_err(unread)?;
    let channels = channels(reader, &ChannelOwner::Customer(customer.id.clone()), types).await?;
    progress("teams");
    read(reader, Collection::Teams).await?;
    let listed = reader.known(|inventory| inventory.teams(Timestamp::MIN).map(sorted)).map_err(unread)?;
    let mut teams = Vec::new();
    for team in listed {
        progress(&format!("team '{}'", team.settings.name));
        teams.push(contents(reader, team, types).await?);
    }
    Ok(PinghomeAccount { customer, channels, teams })
}

async fn contents(reader: &Reader, team: ObservedTeam, types: ChannelTypes<'_>) -> Result<TeamContents, CallError> {
    let id = &team.id;
    let collections =
        [Collection::Members(id.clone()), Collection::Invitations(id.clone()), Collection::Services(id.clone())];
    for collection in collections {
        read(reader, collection).await?;
    }
    let channels = channels(reader, &ChannelOwner::Team(id.clone()), types).await?;
    let all = |inventory: &Inventory| {
        let members = inventory.members(id, Timestamp::MIN)?.map(sorted).unwrap_or_default();
        let invitations = inventory.invitations(id, Timestamp::MIN)?.map(sorted).unwrap_or_default();
        Ok((members, invitations, inventory.services(id, Timestamp::MIN)?.map(sorted)))
    };
    let (members, invitations, services) = reader.known(all).map_err(unread)?;
    Ok(TeamContents { team, members, invitations, services, channels })
}

/// The channels of the wanted types. A provider that ignores the filter lists all channels, so it is applied here, too.
async fn channels(reader: &Reader, owner: &ChannelOwner, types: ChannelTypes<'_>) -> Result<Vec<Channel>, CallError> {
    let mut channels = reader.list_channels(owner, types.include, types.exclude, Lane::Change).await?;
    channels.retain(|channel| types.contain(channel));
    Ok(without_duplicates(channels))
}

/// The NodePing accounts of a token; `progress` is called with what is read next.
pub(crate) async fn nodeping_accounts(
    reader: &Reader,
    progress: impl Fn(&str),
) -> Result<Vec<NodePingAccount>, CallError> {
    progress("accounts");
    read(reader, Collection::Accounts).await?;
    let listed = reader.known(|inventory| inventory.accounts(Timestamp::MIN).map(sorted)).map_err(unread)?;
    let mut all = Vec::new();
    for entry in listed {
        progress(&format!("account '{}'", entry.name));
        read(reader, Collection::Account(entry.id.clone())).await?;
        let detail =
            reader.known(|inventory| inventory.account(&entry.id, Timestamp::MIN).map(|one| one.value.clone()));
        all.push(NodePingAccount { entry, detail: detail.map_err(unread)? });
    }
    Ok(all)
}

async fn read(reader: &Reader, collection: Collection) -> Result<(), CallError> {
    let need = Need { collection, not_before: Timestamp::MIN };
    reader.read(&need, &Lane::Change.into()).await?;
    match reader.known(|inventory| inventory.doubt(&need.collection)) {
        Some(doubt @ Doubt::Unreadable(..)) => Err(Failure::new(Class::Retry, doubt.to_string()).into()),
        // A provider may not list services.
        Some(Doubt::Unproven(..)) | None => Ok(()),
    }
}

/// The items by name and id, so that two exports of one account are equal.
fn sorted<T: Item + Clone>(listing: &Listing<T>) -> Vec<T> {
    let mut items: Vec<_> = listing.items().cloned().collect();
    items.sort_by(|a, b| (a.name(), a.id()).cmp(&(b.name(), b.id())));
    items
}

/// A collection that was just read is in the inventory, so this does not happen.
fn unread(_: Need) -> CallError {
    CallError::Closing
}
