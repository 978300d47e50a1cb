//! A Pinghome organisation as manifests. No IO.

use serde_json::{Value, json};

use crate::api::team::members::Role;
use crate::cli::export::DeletionArg;
use crate::cli::export::manifest::{Export, ExportedManifest, Fields, Names, fields};
use crate::plan::kinds::channel::address::is_address;
use crate::provider::model::channel::Channel;
use crate::provider::model::customer::ObservedCustomer;
use crate::provider::model::member::{Invitation, InvitationAnswer, ObservedMember};
use crate::provider::model::service::ObservedService;
use crate::provider::model::team::ObservedTeam;

/// What was read.
pub(crate) struct PinghomeAccount {
    pub(crate) customer: ObservedCustomer,
    /// The customer's own.
    pub(crate) channels: Vec<Channel>,
    pub(crate) teams: Vec<SeenTeam>,
}

/// A team and all in it.
pub(crate) struct SeenTeam {
    pub(crate) team: ObservedTeam,
    pub(crate) members: Vec<ObservedMember>,
    pub(crate) invitations: Vec<Invitation>,
    /// `None`: Pinghome does not list services by team (PU6).
    pub(crate) services: Option<Vec<ObservedService>>,
    pub(crate) channels: Vec<Channel>,
}

/// Most people that a ObservedTeam may list.
const MOST_MEMBERS: usize = 150;
/// The longest name of a ObservedTeam or a ObservedService.
const LONGEST_NAME: usize = 128;

/// Writes the manifests.
pub(crate) fn manifests(seen: &PinghomeAccount, policy: DeletionArg) -> Export {
    let mut export =
        Exporter { policy, customer: &seen.customer, output: Export::default(), channels: Names::default() };
    let (mut teams, mut services) = (Names::default(), Names::default());
    export.customer();
    export.channels(&seen.channels, &json!({ "customer": {} }), "customer");
    for seen in &seen.teams {
        if !is_name(&seen.team.settings.name) {
            export.leave_out(&format!("team {}: its name does not have 1 to {LONGEST_NAME} characters", seen.team.id));
            continue;
        }
        let name = teams.give(&seen.team.settings.name, "team");
        export.team(seen, &name);
        export.services(seen, &name, &mut services);
        export.channels(&seen.channels, &json!({ "teamRef": { "name": name } }), &name);
    }
    export.output
}

struct Exporter<'a> {
    policy: DeletionArg,
    customer: &'a ObservedCustomer,
    output: Export,
    channels: Names,
}

impl Exporter<'_> {
    fn leave_out(&mut self, line: &str) {
        self.output.left_out.push(line.to_owned());
    }

    fn push(&mut self, kind: (&'static str, &'static str), name: String, id: Option<String>, mut spec: Fields) {
        let keeps = self.policy == DeletionArg::Orphan && kind.0 != "Customer";
        spec.extend(fields([("deletionPolicy", keeps.then(|| json!("Orphan")))]));
        self.output.manifests.push(ExportedManifest { kind: kind.0, plural: kind.1, name, id, spec });
    }

    fn customer(&mut self) {
        let own = self.customer;
        let names = own.name.as_ref().zip(own.surname.as_ref());
        let names = names.filter(|(name, surname)| is_name(name) && is_name(surname));
        let spec = fields([
            ("name", names.map(|(name, _)| json!(name))),
            ("surname", names.map(|(_, surname)| json!(surname))),
            ("username", own.email.as_ref().filter(|email| is_email(email)).map(|email| json!(email))),
        ]);
        self.push(("Customer", "customers"), "owner".to_owned(), Some(own.id.to_string()), spec);
    }

    fn team(&mut self, seen: &SeenTeam, name: &str) {
        let is_in = |email: &str| seen.members.iter().any(|member| member.email == email);
        let members = seen.members.iter().filter(|member| !member.is_untouchable(self.customer)).map(|member| {
            let role = member.role.grantable().map(Role::as_str);
            (member.email.as_str(), role)
        });
        let invited = seen.invitations.iter().filter(|invitation| invitation.answer == InvitationAnswer::Pending);
        let invited = invited.map(|invitation| (invitation.email.as_str(), None)).filter(|(email, _)| !is_in(email));
        let mut people: Vec<_> = members.chain(invited).filter(|(email, _)| is_email(email)).collect();
        people.sort_unstable();
        if people.len() > MOST_MEMBERS {
            let message =
                format!("{} people of team '{name}': a ObservedTeam lists at most {MOST_MEMBERS}", people.len());
            self.leave_out(&message);
            people.clear();
        }
        let members = (!people.is_empty()).then(|| people.into_iter().map(person).collect());
        let spec = fields([("name", Some(json!(seen.team.settings.name))), ("members", members)]);
        self.push(("Team", "teams"), name.to_owned(), Some(seen.team.id.to_string()), spec);
    }

    fn services(&mut self, seen: &SeenTeam, team: &str, names: &mut Names) {
        let Some(services) = &seen.services else {
            self.leave_out(&format!(
                "services of team '{team}': Pinghome does not list them by team; adopt each by its id"
            ));
            return;
        };
        for service in services {
            if !is_name(&service.settings.name) {
                self.leave_out(&format!(
                    "service {}: its name does not have 1 to {LONGEST_NAME} characters",
                    service.id
                ));
                continue;
            }
            let spec =
                fields([("name", Some(json!(service.settings.name))), ("teamRef", Some(json!({ "name": team })))]);
            let name = names.give(&service.settings.name, "service");
            self.push(("Service", "services"), name, Some(service.id.to_string()), spec);
        }
    }

    /// A channel has no id: it is recognised by what the manifest says.
    fn channels(&mut self, channels: &[Channel], owner: &Value, whose: &str) {
        for channel in channels {
            if !is_type(&channel.type_) || !is_address(&channel.type_, &channel.value) {
                self.leave_out(&format!(
                    "channel {} of {whose} (type '{}'): its type or address is none that a NotificationChannel may have",
                    channel.priority, channel.type_
                ));
                continue;
            }
            let spec = fields([
                ("owner", Some(owner.clone())),
                ("type", Some(json!(channel.type_))),
                ("value", Some(json!(channel.value.expose()))),
                ("enabled", channel.enabled.filter(|on| !on).map(|on| json!(on))),
            ]);
            let name = self.channels.give(&format!("{whose} {}", channel.type_), "channel");
            self.push(("NotificationChannel", "notificationchannels"), name, None, spec);
        }
    }
}

fn person((email, role): (&str, Option<&str>)) -> Value {
    role.map_or_else(|| json!({ "email": email }), |role| json!({ "email": email, "role": role }))
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.chars().count())
}

fn is_email(text: &str) -> bool {
    let parts: Vec<_> = text.split('@').collect();
    let is_plain = |part: &&str| !part.is_empty() && !part.contains(char::is_whitespace);
    parts.len() == 2 && parts.iter().all(is_plain) && text.chars().count() <= 254
}

/// As the CRD has it: lower-case words, joined by dashes.
fn is_type(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.len() <= 32 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(is_word)
}
