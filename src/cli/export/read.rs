//! Reading a whole account, one list after the other. Provider IO, reads only.

use jiff::Timestamp;

use crate::cli::export::nodeping::SeenAccount;
use crate::cli::export::pinghome::{PinghomeAccount, SeenTeam};
use crate::connection::error::CallError;
use crate::connection::rate_limiter::Lane;
use crate::connection::reader::Reader;
use crate::inventory::Inventory;
use crate::inventory::channels::without_duplicates;
use crate::inventory::collection::{Collection, Need};
use crate::inventory::item::Item;
use crate::inventory::listing::Listing;
use crate::provider::model::channel::Channel;
use crate::provider::model::ids::ChannelOwner;
use crate::provider::model::team::ObservedTeam;

/// Types of channels: only these, and none of those.
type Types<'a> = (&'a [String], &'a [String]);

/// Everything of a Pinghome organisation that has a kind.
pub(crate) async fn set(
    reader: &Reader,
    types: Types<'_>,
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
        teams.push(seen(reader, team, types).await?);
    }
    Ok(PinghomeAccount { customer, channels, teams })
}

async fn seen(reader: &Reader, team: ObservedTeam, types: Types<'_>) -> Result<SeenTeam, CallError> {
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
    Ok(SeenTeam { team, members, invitations, services, channels })
}

/// A provider that does not know the filter answers with everything: so it is applied here, too.
async fn channels(
    reader: &Reader,
    owner: &ChannelOwner,
    (include, exclude): Types<'_>,
) -> Result<Vec<Channel>, CallError> {
    let mut channels = reader.list_channels(owner, include, exclude, Lane::Change).await?;
    let named = |types: &[String], channel: &Channel| types.contains(&channel.type_);
    channels.retain(|channel| (include.is_empty() || named(include, channel)) && !named(exclude, channel));
    Ok(without_duplicates(channels))
}

/// Everything of a NodePing account that has a kind.
pub(crate) async fn accounts(reader: &Reader, progress: impl Fn(&str)) -> Result<Vec<SeenAccount>, CallError> {
    progress("accounts");
    read(reader, Collection::Accounts).await?;
    let listed = reader.known(|inventory| inventory.accounts(Timestamp::MIN).map(sorted)).map_err(unread)?;
    let mut all = Vec::new();
    for entry in listed {
        progress(&format!("account '{}'", entry.name));
        read(reader, Collection::Account(entry.id.clone())).await?;
        let detail =
            reader.known(|inventory| inventory.account(&entry.id, Timestamp::MIN).map(|one| one.value.clone()));
        all.push(SeenAccount { entry, detail: detail.map_err(unread)? });
    }
    Ok(all)
}

async fn read(reader: &Reader, collection: Collection) -> Result<(), CallError> {
    reader.read(&Need { collection, not_before: Timestamp::MIN }, Lane::Change).await
}

/// In the order of names, so that two exports of one account are equal.
fn sorted<T: Item + Clone>(listing: &Listing<T>) -> Vec<T> {
    let mut items: Vec<_> = listing.items().cloned().collect();
    items.sort_by(|a, b| (a.name(), a.id()).cmp(&(b.name(), b.id())));
    items
}

/// What was read a moment ago is there.
fn unread(_: Need) -> CallError {
    CallError::Closing
}
