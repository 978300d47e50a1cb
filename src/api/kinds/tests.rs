//! What users get of each kind besides code: the role, the definitions for kustomize, examples, pages.

use std::fs;
use std::path::Path;

use super::*;

fn page(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

fn released() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.is_released())
}

#[test]
fn the_role_covers_each_kind_its_status_and_its_definition() {
    let role = page("deploy/kustomize/base/rbac.yaml");
    let namespaced = page("deploy/kustomize/namespaced/role.yaml");
    for kind in released() {
        let plural = kind.plural();
        let is_managed = !kind.is_config();
        for line in [format!("  - {plural}\n"), format!("  - {plural}/status\n")] {
            assert!(role.contains(&line), "{kind}: {line}");
            assert_eq!(namespaced.contains(&line), kind != Kind::ClusterProviderConfig, "{kind}: {line}");
        }
        assert_eq!(role.contains(&format!("  - {plural}.ping-operator.dev\n")), is_managed, "{kind}");
    }
}

#[test]
fn each_kind_has_a_definition_for_kustomize_an_example_and_its_places_in_the_pages() {
    let (kustomization, readme) = (page("deploy/kustomize/crds/kustomization.yaml"), page("README.md"));
    let (guide, coverage) = (page("docs/guide/README.md"), page("docs/coverage.md"));
    for kind in released() {
        assert!(kustomization.contains(&format!("- {}.yaml\n", kind.plural())), "{kind}: kustomization");
        let example = page(&format!("deploy/examples/{}.yaml", kind.as_str().to_lowercase()));
        assert!(example.contains(&format!("kind: {kind}\n")), "{kind}: example");
        for (name, page) in [("README", &readme), ("guide", &guide)] {
            assert!(page.contains(&format!("`{kind}`")), "{kind}: {name}");
        }
        let is_config = kind.is_config();
        assert!(is_config || coverage.contains(kind.as_str()), "{kind}: coverage");
    }
}

#[test]
fn a_kind_is_read_by_its_name_and_the_one_for_tests_is_not_released() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        assert_eq!(kind.is_released(), *kind != Kind::Probe, "{kind}");
    }
    assert_eq!(Kind::parse("Tem"), None);
}
