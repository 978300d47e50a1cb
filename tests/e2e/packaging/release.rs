//! What `make release` packs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::binary;

/// Packs the binary of the tests into a folder.
fn packed(name: &str) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let sbom = out.with_extension("sbom");
    std::fs::create_dir_all(&sbom).expect("a folder");
    for file in ["ping-operator.cdx.json", "THIRD-PARTY.md"] {
        std::fs::write(sbom.join(file), file).expect(file);
    }
    let mut script = Command::new("deploy/release.sh");
    script.env("BINARY", binary()).env("OUT", &out).env("SBOM", sbom).env("SOURCE_DATE_EPOCH", "1000000000");
    let done = script.output().expect("the script");
    assert!(done.status.success(), "{done:?}");
    out
}

fn text_of(program: &str, args: &[&str], folder: &Path) -> String {
    let done = Command::new(program).args(args).current_dir(folder).output().expect(program);
    assert!(done.status.success(), "{program} {args:?}: {done:?}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn a_release_is_the_same_twice_and_has_the_binary_its_pages_its_sbom_checksums_and_a_manifest_for_krew() {
    let (out, again) = (packed("release"), packed("release-again"));
    let sums = std::fs::read_to_string(out.join("SHA256SUMS")).expect("the checksums");
    assert_eq!(sums, std::fs::read_to_string(again.join("SHA256SUMS")).expect("the checksums"));
    text_of("sha256sum", &["--check", "SHA256SUMS"], &out);
    let mut summed = sums.lines().filter_map(|line| line.split_once("  "));
    let (sum, archive) = summed.clone().find(|(_, file)| file.ends_with(".tar.gz")).expect("an archive");
    let sbom = archive.replace(".tar.gz", ".cdx.json");
    assert!(summed.any(|(_, file)| file == sbom) && sums.lines().count() == 2, "{sums}");
    let listed = text_of("tar", &["tzf", archive], &out);
    for file in
        ["ping-operator", "LICENSE", "THIRD-PARTY.md", "man/ping-operator-plan.1", "completions/ping-operator.zsh"]
    {
        assert!(listed.lines().any(|line| line == format!("./{file}")), "{file}: {listed}");
    }
    text_of("tar", &["xzf", archive], &out);
    let version = format!("ping-operator {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(text_of("./ping-operator", &["--version"], &out), version);
    let krew = std::fs::read_to_string(out.join("ping.yaml")).expect("the manifest");
    assert_eq!(krew.matches("- selector:").count(), 1, "only the archives that are there: {krew}");
    assert!(krew.contains(&format!("sha256: {sum}")) && krew.contains(archive) && !krew.contains("${"), "{krew}");
}
