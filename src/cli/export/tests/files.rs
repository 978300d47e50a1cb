//! The files of an export: which there are, and what stands in them besides the manifests.

use serde_json::json;

use crate::api::notification_channel::NotificationChannel;
use crate::api::provider_config::Provider;
use crate::api::sub_account::SubAccount;
use crate::api::team::Team;
use crate::cli::export::files::{Split, files};
use crate::cli::export::manifest::{AccountPart, Export, ExportedManifest, ObjectFields};
use crate::cli::export::summary::summary;
use crate::cli::manifests::read::parse;

fn export() -> Export {
    let mut export = Export::default();
    let team = |name: &str| AccountPart::Team(name.to_owned());
    let spec = || ObjectFields::default().with("name", "x");
    export.manifests = vec![
        ExportedManifest::of::<SubAccount>("acme", None, spec()),
        ExportedManifest::of::<Team>("web", None, spec()).within(&team("web")).commented("Not listed: a\nkind: Evil"),
        ExportedManifest::of::<NotificationChannel>("web-mail", None, spec()).within(&team("web")),
        ExportedManifest::of::<Team>("db", None, spec()).within(&team("db")),
    ];
    export.leave_out(&team("web"), "service s\u{2028}kind: Evil\r\nkind: Evil");
    export.leave_out(&AccountPart::Account, "account 'x'");
    export
}

fn paths(split: Split) -> Vec<String> {
    let files = files(&export(), split, Provider::Pinghome, None).unwrap();
    files.iter().map(|file| file.path.display().to_string()).collect()
}

#[test]
fn a_file_is_a_team_with_all_that_is_in_it_or_a_kind_or_everything() {
    assert_eq!(paths(Split::Team), ["pinghome.yaml", "teams/db.yaml", "teams/web.yaml"]);
    let kinds =
        ["pinghome-notificationchannels.yaml", "pinghome-subaccounts.yaml", "pinghome-teams.yaml", "pinghome.yaml"];
    assert_eq!(paths(Split::Kind), kinds);
    assert_eq!(paths(Split::None), ["pinghome.yaml"]);
}

#[test]
fn a_word_of_the_provider_does_not_end_the_comment_that_it_stands_in() {
    for split in [Split::Team, Split::Kind, Split::None] {
        let (mut all, mut problems) = (Vec::new(), Vec::new());
        for file in files(&export(), split, Provider::Pinghome, None).unwrap() {
            parse("f", &file.text, &mut all, &mut problems);
        }
        let mut kinds: Vec<_> = all.iter().map(|manifest| manifest.value["kind"].clone()).collect();
        kinds.sort_by_key(ToString::to_string);
        assert_eq!(json!(kinds), json!(["NotificationChannel", "SubAccount", "Team", "Team"]));
        assert!(problems.is_empty());
    }
}

#[test]
fn a_file_begins_with_what_it_leaves_out_and_the_summary_counts() {
    let files = files(&export(), Split::Team, Provider::NodePing, None).unwrap();
    let web = &files.last().unwrap().text;
    assert!(
        web.starts_with("# Not exported: service s kind: Evil  kind: Evil.\n---\n# Not listed: a kind: Evil\n"),
        "{web}"
    );
    let told = summary(&export());
    assert!(told.ends_with("exported: 1 SubAccount, 2 Team, 1 NotificationChannel; left out: 2\n"), "{told}");
}
