//! Where files of an export are, and what was there before.

use std::fs;
use std::path::{Path, PathBuf};

use crate::api::provider_config::Provider;
use crate::cli::export::files::OutputFile;
use crate::cli::export::write::write;

/// An empty folder; it is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ping-operator-written-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Exports these files; returns what stays, or why nothing can be written, without the folder's path.
    fn export(&self, paths: &[&str], is_forced: bool) -> Result<Vec<String>, String> {
        let file = |path: &&str| OutputFile { path: path.into(), text: manifest("Team") };
        let files: Vec<_> = paths.iter().map(file).collect();
        let place = format!("{}/", self.0.display());
        let stays = write(&self.0, &files, Provider::Pinghome, is_forced).map_err(|error| error.replace(&place, ""))?;
        Ok(stays.iter().map(|path| path.display().to_string().replace(&place, "")).collect())
    }

    fn with(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn manifest(kind: &str) -> String {
    format!("apiVersion: ping-operator.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\n")
}

#[test]
fn what_an_export_before_wrote_to_other_files_is_named_and_stays_only_if_forced() {
    let folder = Folder::new("beside");
    folder.with("teams/old.yaml", &manifest("Team"));
    // What is of the other provider, of another group or of no YAML is nothing that is exported twice.
    folder.with("nodeping.yaml", &manifest("SubAccount"));
    folder.with("config.yaml", &manifest("ProviderConfig"));
    folder.with("other.yaml", "apiVersion: v1\nkind: ConfigMap\n");
    folder.with("broken.yaml", "kind: [\n");
    let refused = folder.export(&["teams/new.yaml"], false).unwrap_err();
    assert!(refused.starts_with("'teams/old.yaml' has resources of Pinghome, too, and is not written"), "{refused}");
    assert!(refused.contains("nothing was written") && refused.contains("--force"), "{refused}");
    assert!(!folder.path().join("teams/new.yaml").exists());
    assert_eq!(folder.export(&["teams/new.yaml"], true).unwrap(), ["teams/old.yaml"]);
    assert!(folder.path().join("teams/new.yaml").exists() && folder.path().join("teams/old.yaml").exists());
}

#[test]
fn an_export_into_a_folder_that_is_not_there_yet_has_nothing_beside_it() {
    let folder = Folder::new("absent");
    let file = OutputFile { path: "a.yaml".into(), text: manifest("Team") };
    let stays = write(&folder.path().join("new/er"), &[file], Provider::Pinghome, false).unwrap();
    assert!(stays.is_empty() && folder.path().join("new/er/a.yaml").exists(), "{stays:?}");
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_there_already_and_is_not_written_through() {
    let folder = Folder::new("link");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("b.yaml")).unwrap();
    let refused = folder.export(&["a.yaml", "b.yaml"], false).unwrap_err();
    assert!(refused.starts_with("'b.yaml' exists already, and nothing was written"), "{refused}");
    assert!(!folder.path().join("elsewhere").exists() && !folder.path().join("a.yaml").exists());
}

#[test]
fn an_export_that_fails_halfway_names_what_it_wrote() {
    let folder = Folder::new("halfway");
    folder.with("teams", "a file");
    let failed = folder.export(&["a.yaml", "b.yaml", "teams/c.yaml"], false).unwrap_err();
    assert!(failed.starts_with("teams/c.yaml cannot be written: "), "{failed}");
    assert!(failed.ends_with("; written before: 'a.yaml', 'b.yaml'"), "{failed}");
    let failed = Folder::export(&folder, &["teams/c.yaml"], true).unwrap_err();
    assert!(!failed.contains("written before"), "{failed}");
}
