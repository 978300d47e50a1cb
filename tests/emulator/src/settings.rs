//! The switches. Each default is what a source states; where none does, the safest assumption of the documentation.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// How a list is wrapped (PU4).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Envelope {
    /// `[…]`
    #[default]
    Bare,
    /// `{"data": […]}`
    Data,
    /// `{"items": […]}`
    Items,
    /// `{"results": […]}`
    Results,
    /// `{"teams": […]}` and so on.
    Named,
    /// A form that nobody documents: to be refused, not to be taken for empty.
    Unknown,
}

/// What a create answers (PU1, PU2, PU3).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum CreateAnswer {
    /// The whole object and a message.
    #[default]
    Object,
    /// The whole object below `data`.
    Data,
    /// Only an id.
    Id,
    /// Only a message.
    Message,
    /// 204 without a body.
    Empty,
}

/// What P34 takes (PU6).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceLookup {
    /// A team's id; answers a list.
    #[default]
    Team,
    /// A service's id; answers an object.
    Service,
    /// Either.
    Both,
}

/// How a channel is listed (PU5).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelFields {
    /// `type`, `value`, `enabled`, `verified`
    #[default]
    Plain,
    /// `channel_type`, `address`, `status`, `verification_status`
    Words,
    /// Type, value and priority only.
    Bare,
}

/// How the token's own customer is shown (P1).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum CustomerFields {
    /// `name` and `surname`, and both as `full_name`.
    #[default]
    Plain,
    /// `full_name` only.
    Full,
    /// Below `customer`, with `first_name` and `last_name`.
    Nested,
}

/// What deleting a team with services does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TeamDelete {
    /// 409.
    #[default]
    Refuse,
    /// The services go, too.
    Cascade,
    /// The services stay without a team.
    Orphan,
}

/// How Pinghome words an error (PU24).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorBody {
    /// `{"message": …}`
    #[default]
    Message,
    /// `{"error": …}`
    Error,
    /// `{"errors": [{"field": …, "message": …}]}`
    Errors,
}

/// How a page of a list says that there is another.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Paging {
    /// A link in `next`.
    #[default]
    Next,
    /// A `Link` header.
    Header,
    /// A cursor in `next_cursor`, taken as `cursor`.
    Cursor,
    /// `page`, `pages` and `total`, taken as `page`.
    Number,
    /// `total` only: it does not say how to go on.
    Total,
}

/// What NodePing answers for an account that is not there (NU2).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum MissingAccount {
    /// The error about permissions.
    #[default]
    Permission,
    /// `{}`
    EmptyObject,
    /// 404.
    NotFound,
}

/// How NodePing's list shows which account is the primary one (N2, NU19).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PrimarySign {
    /// By the number of sub-accounts in `parent`.
    #[default]
    Number,
    /// By that number as text.
    Text,
    /// By nothing: `parent` is absent.
    Absent,
    /// Every account has a number in `parent`.
    Everywhere,
    /// The list leaves the primary account out.
    Omitted,
}

/// All switches. Times are in milliseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools, reason = "each is one switch of the documentation")]
pub struct Settings {
    /// Tokens that open an account, each its own at both providers.
    pub tokens: Vec<String>,
    /// Further tokens, each with the one of `tokens` whose account it opens, too.
    pub same_account: BTreeMap<String, String>,
    /// Tokens that are refused from now on.
    pub revoked: Vec<String>,
    /// How many requests of one account Pinghome takes within a second, before it answers 429; 0: any number.
    pub per_second: usize,
    /// How long queries show the state before a command (PU15).
    pub read_lag: u64,
    /// How long every answer takes.
    pub latency: u64,
    /// How long an answer stays away after what was asked for is done.
    pub answer_latency: u64,
    /// How lists are wrapped.
    pub envelope: Envelope,
    /// Whether lists have their items in the opposite order.
    pub lists_backwards: bool,
    /// How many items a page of a list has; 0: lists have no pages.
    pub page_size: usize,
    /// How a page says that there is another.
    pub paging: Paging,
    /// The ends of the paths of the lists that have pages; none: all lists.
    pub paged: Vec<String>,
    /// What stands before the path in a link to the next page.
    pub next_base: String,
    /// Whether every link leads to the second page.
    pub next_repeats: bool,
    /// Whether each later page begins with the item that the one before ended with.
    pub pages_shift: bool,
    /// What creates answer.
    pub create_answer: CreateAnswer,
    /// What P34 takes.
    pub service_lookup: ServiceLookup,
    /// Whether priorities close up after a delete (PU7).
    pub renumber: bool,
    /// How channels are listed.
    pub channel_fields: ChannelFields,
    /// Whether a second equal channel is refused with 409 (PU10).
    pub refuse_duplicate_channel: bool,
    /// Whether enabling an unverified channel is refused with 409 (PU12).
    pub refuse_enabling_unverified: bool,
    /// Whether another value of a channel disables it (PU11).
    pub disable_on_change: bool,
    /// Whether an accepted invitation leaves the list.
    pub forget_accepted: bool,
    /// Whether inviting somebody who is in another team is refused with 409 (PU21).
    pub one_team_each: bool,
    /// How the profile is shown.
    pub customer_fields: CustomerFields,
    /// What deleting a team with services does (PU18).
    pub team_delete: TeamDelete,
    /// How errors are worded.
    pub error_body: ErrorBody,
    /// The status of invalid input, 400 or 422.
    pub invalid_status: u16,
    /// Whether NodePing's errors come with status 200 (NU1).
    pub error_with_200: bool,
    /// What an account that is not there answers.
    pub missing_account: MissingAccount,
    /// How the list of accounts shows the primary one.
    pub primary_sign: PrimarySign,
    /// How long a deleted account stays in the list, with the status `Delete` (NU3).
    pub deletion_time: u64,
    /// Whether it is shown as `Active` meanwhile.
    pub deleting_shown_active: bool,
    /// Whether truth values are text (NU6).
    pub truth_as_text: bool,
    /// Whether an absent `emailme` in a PUT falls back to no (NU4).
    pub put_resets: bool,
    /// Whether a PUT of `accountsuppressall` lets `emailme` fall back to no, too.
    pub suppress_resets: bool,
    /// Whether `lam` is refused on POST (NU5).
    pub refuse_lam: bool,
    /// Whether `autodiagnotifications` is shown (NU7).
    pub show_auto_diag: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tokens: vec!["token-a".to_owned(), "token-b".to_owned()],
            same_account: BTreeMap::from([("token-a2".to_owned(), "token-a".to_owned())]),
            revoked: Vec::new(),
            per_second: 0,
            read_lag: 0,
            latency: 0,
            answer_latency: 0,
            envelope: Envelope::default(),
            lists_backwards: false,
            page_size: 0,
            paging: Paging::default(),
            paged: Vec::new(),
            next_base: String::new(),
            next_repeats: false,
            pages_shift: false,
            create_answer: CreateAnswer::default(),
            service_lookup: ServiceLookup::default(),
            renumber: true,
            channel_fields: ChannelFields::default(),
            refuse_duplicate_channel: true,
            refuse_enabling_unverified: false,
            disable_on_change: false,
            forget_accepted: false,
            one_team_each: true,
            customer_fields: CustomerFields::default(),
            team_delete: TeamDelete::default(),
            error_body: ErrorBody::default(),
            invalid_status: 422,
            error_with_200: false,
            missing_account: MissingAccount::default(),
            primary_sign: PrimarySign::default(),
            deletion_time: 0,
            deleting_shown_active: false,
            truth_as_text: false,
            put_resets: false,
            suppress_resets: false,
            refuse_lam: false,
            show_auto_diag: false,
        }
    }
}
