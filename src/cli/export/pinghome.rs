//! A Pinghome organisation as manifests. No IO.

use serde_json::json;

use crate::api::customer::Customer;
use crate::api::kinds::HasKind;
use crate::api::notification_channel::{NotificationChannel, Owner, TokenCustomer};
use crate::api::policies::DeletionPolicy;
use crate::api::references::TeamRef;
use crate::api::service::Service;
use crate::api::team::Team;
use crate::api::team::members::Member;
use crate::cli::export::accept::OptionalPart;
use crate::cli::export::manifest::{AccountPart, DeletionArg, Export, ExportedManifest, ObjectFields};
use crate::cli::export::names::ResourceNames;
use crate::cli::manifests::field::Field;
use crate::cli::schema::Definitions;
use crate::cli::schema::message::excerpt;
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::member::{Invitation, InvitationAnswer, ObservedMember};
use crate::provider::model::service::{ObservedService, ServiceSettings};
use crate::provider::model::team::{ObservedTeam, TeamSettings};

/// The account of a Pinghome token.
pub(crate) struct PinghomeAccount {
    /// The token's own customer.
    pub(crate) customer: ObservedCustomer,
    /// The customer's own channels.
    pub(crate) channels: Vec<Channel>,
    /// The teams, by name.
    pub(crate) teams: Vec<TeamContents>,
}

/// A team and everything in it.
pub(crate) struct TeamContents {
    /// The team.
    pub(crate) team: ObservedTeam,
    /// Its members, by e-mail.
    pub(crate) members: Vec<ObservedMember>,
    /// Its invitations, by e-mail.
    pub(crate) invitations: Vec<Invitation>,
    /// Its services, by name; `None` if Pinghome does not list services by team (PU6).
    pub(crate) services: Option<Vec<ObservedService>>,
    /// Its channels.
    pub(crate) channels: Vec<Channel>,
}

/// A customer's names are sent together. What is absent stays as it is.
const OPTIONAL_OF_CUSTOMER: [OptionalPart; 2] =
    [OptionalPart::Fields(&["name", "surname"]), OptionalPart::Fields(&["username"])];
/// A team without the people that the schema refuses, or without any.
const OPTIONAL_OF_TEAM: [OptionalPart; 2] = [OptionalPart::EntriesOf("members"), OptionalPart::Fields(&["members"])];

/// The manifests of an account.
pub(crate) fn manifests(account: &PinghomeAccount, policy: DeletionArg, definitions: &Definitions) -> Export {
    let mut exporter = Exporter {
        policy,
        definitions,
        customer: &account.customer,
        output: Export::default(),
        part: AccountPart::Account,
        teams: ResourceNames::default(),
        services: ResourceNames::default(),
        channels: ResourceNames::default(),
    };
    exporter.export_customer();
    let owner = Owner { team_ref: None, customer: Some(TokenCustomer {}) };
    exporter.export_channels(&account.channels, &owner, "customer");
    for team in &account.teams {
        exporter.export_team(team);
    }
    exporter.output
}

struct Exporter<'a> {
    policy: DeletionArg,
    definitions: &'a Definitions,
    customer: &'a ObservedCustomer,
    output: Export,
    /// What is exported at present.
    part: AccountPart,
    teams: ResourceNames,
    services: ResourceNames,
    channels: ResourceNames,
}

impl Exporter<'_> {
    fn export_customer(&mut self) {
        let ObservedCustomer { id, account_name: _, email, name, surname, full_name: _, team: _ } = self.customer;
        let names = name.as_ref().zip(surname.as_ref());
        let spec = ObjectFields::default()
            .with_some("name", names.map(|(name, _)| name))
            .with_some("surname", names.map(|(_, surname)| surname))
            .with_some("username", email.as_ref());
        // Without `deletionPolicy`: the default of this kind is Orphan.
        let manifest = ExportedManifest::of::<Customer>("owner", Some(id.to_string()), spec);
        if let Err(refused) = self.output.add(manifest, &OPTIONAL_OF_CUSTOMER, self.definitions) {
            self.leave_out(&format!("customer {id}: {}", refused.field_and_message()));
        }
    }

    /// A team with its services and channels. If the team is left out, they are, too: they could not refer to it.
    fn export_team(&mut self, contents: &TeamContents) {
        let TeamContents { team, members, invitations, services, channels } = contents;
        let ObservedTeam { id, settings: TeamSettings { name }, member_count: _, created: _ } = team;
        let resource = self.teams.allocate(name, "team");
        self.part = AccountPart::Team(resource.clone());
        let people = self.people(members, invitations);
        let spec = ObjectFields::default()
            .with("name", name)
            .with_some("members", Some(people).filter(|people| !people.is_empty()));
        let mut manifest = self.manifest::<Team>(&resource, Some(id.to_string()), spec);
        manifest.comments = self.others(members, invitations);
        match self.output.add(manifest, &OPTIONAL_OF_TEAM, self.definitions) {
            Ok(removed) => {
                let all_members = Field::dotted("spec.members");
                let (all, single): (Vec<_>, Vec<_>) =
                    removed.into_iter().partition(|refused| refused.field == all_members);
                let single = single.iter().map(|refused| format!("Not listed: {}.", refused.message));
                self.output.manifests.last_mut().iter_mut().for_each(|team| team.comments.extend(single.clone()));
                for refused in all {
                    self.leave_out(&format!("members of team '{resource}': {}", refused.field_and_message()));
                }
            }
            Err(refused) => {
                self.teams.release(&resource);
                self.part = AccountPart::Account;
                return self.leave_out(&format!("team {id}: {}", refused.field_and_message()));
            }
        }
        self.export_services(services.as_deref(), &resource);
        let owner = Owner { team_ref: Some(TeamRef { name: resource.clone() }), customer: None };
        self.export_channels(channels, &owner, &resource);
    }

    /// The people whom a Team lists, by e-mail: members that may be changed, and people with an open invitation.
    fn people(&self, members: &[ObservedMember], invitations: &[Invitation]) -> Vec<Member> {
        let listed = members.iter().filter(|member| !member.is_untouchable(self.customer)).map(|member| {
            let ObservedMember { email, id: _, role } = member;
            Member { email: email.clone(), role: role.grantable() }
        });
        let open = invitations.iter().filter_map(|invitation| {
            let Invitation { email, address: _, answer, reminded: _ } = invitation;
            let is_open = *answer == InvitationAnswer::Pending && members.iter().all(|member| member.email != *email);
            is_open.then(|| Member { email: email.clone(), role: None })
        });
        let mut people: Vec<_> = listed.chain(open).collect();
        people.sort_by(|one, other| one.email.cmp(&other.email));
        people
    }

    fn export_services(&mut self, services: Option<&[ObservedService]>, team: &str) {
        let Some(services) = services else {
            return self.leave_out(&format!(
                "services of team '{team}': Pinghome does not list them by team; adopt each by its id"
            ));
        };
        for service in services {
            let ObservedService { id, settings: ServiceSettings { name }, resources: _, heartbeats: _, is_assumed: _ } =
                service;
            let resource = self.services.allocate(name, "service");
            let spec = ObjectFields::default().with("name", name).with("teamRef", TeamRef { name: team.to_owned() });
            let manifest = self.manifest::<Service>(&resource, Some(id.to_string()), spec);
            if let Err(refused) = self.output.add(manifest, &[], self.definitions) {
                self.services.release(&resource);
                self.leave_out(&format!("service {id}: {}", refused.field_and_message()));
            }
        }
    }

    /// A channel has no id: it is identified by owner, type and address.
    fn export_channels(&mut self, channels: &[Channel], owner: &Owner, owner_name: &str) {
        for channel in channels {
            let Channel { key: _, type_, value, priority, enabled, verified: _ } = channel;
            let resource = self.channels.allocate(&format!("{owner_name} {type_}"), "channel");
            let spec = ObjectFields::default()
                .with("owner", owner)
                .with("type", type_)
                .with("value", value.expose())
                .with_some("enabled", enabled.filter(|enabled| !enabled));
            let manifest = self.manifest::<NotificationChannel>(&resource, None, spec);
            if let Err(refused) = self.output.add(manifest, &[], self.definitions) {
                self.channels.release(&resource);
                // The address can be a secret, and a message can quote it.
                let why = refused.field_and_message().replace(&excerpt(&json!(value.expose())), "the address");
                self.leave_out(&format!("channel {priority} of {owner_name} (type '{type_}'): {why}"));
            }
        }
    }

    /// The people whom no Team can list, by e-mail, and why.
    fn others(&self, members: &[ObservedMember], invitations: &[Invitation]) -> Vec<String> {
        let fixed = members.iter().filter(|member| member.is_untouchable(self.customer)).map(|member| {
            let why =
                if member.is_own(self.customer) { "the customer of the token" } else { "a role that no Team grants" };
            (&member.email, format!("{why}, role '{}'", member.role.as_str()))
        });
        let gone = invitations.iter().filter(|one| members.iter().all(|member| member.email != one.email));
        let gone = gone.filter_map(|one| Some((&one.email, unlisted(one.answer)?.to_owned())));
        let mut all: Vec<_> = fixed.chain(gone).collect();
        all.sort();
        all.into_iter().map(|(email, why)| format!("Not listed: {email} ({why}).")).collect()
    }

    /// A resource that the policy of the export applies to.
    fn manifest<T: HasKind>(&self, name: &str, id: Option<String>, spec: ObjectFields) -> ExportedManifest {
        let spec = match self.policy {
            DeletionArg::Orphan => spec.with("deletionPolicy", DeletionPolicy::Orphan),
            DeletionArg::Delete => spec,
        };
        ExportedManifest::of::<T>(name, id, spec).within(&self.part)
    }

    fn leave_out(&mut self, line: &str) {
        self.output.leave_out(&self.part, line);
    }
}

/// Why a person with such an invitation, who is no member, is not listed: that would invite again. `None`: the person is listed.
fn unlisted(answer: InvitationAnswer) -> Option<&'static str> {
    match answer {
        InvitationAnswer::Pending => None,
        InvitationAnswer::Accepted => Some("has accepted an invitation, and is no member"),
        InvitationAnswer::Declined => Some("has declined the invitation"),
        InvitationAnswer::Expired => Some("the invitation has expired"),
        InvitationAnswer::Unknown => Some("the state of the invitation is unknown"),
    }
}
