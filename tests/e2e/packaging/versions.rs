//! One version of everything, the image's name in one place, and the versions of Kubernetes that are stated.

use serde_json::Value;

use crate::packaging::rendered::{Objects, chart, kustomize, path, run, text};

fn image(objects: &Objects) -> String {
    let deployment = objects.values().find(|object| object["kind"] == "Deployment").expect("a Deployment");
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().expect("containers");
    assert_eq!(containers.len(), 1);
    containers[0]["image"].as_str().expect("an image").to_owned()
}

fn with(set: &[&str]) -> Objects {
    let args: Vec<_> = set.iter().flat_map(|value| ["--set", value]).collect();
    chart("ping-operator", &args).expect("objects")
}

#[test]
fn the_crate_the_chart_and_the_image_have_one_version() {
    let metadata: Value = serde_saphyr::from_str(&text("deploy/chart/Chart.yaml")).expect("YAML");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!((&metadata["version"], &metadata["appVersion"]), (&version.into(), &version.into()));
    for objects in [kustomize("base"), with(&[])] {
        assert_eq!(image(&objects), format!("ping-operator:{version}"));
    }
}

#[test]
fn the_image_is_changed_in_one_place() {
    assert_eq!(image(&with(&["image.registry=mirror.example.com/a/"])), "mirror.example.com/a/ping-operator:0.1.0");
    assert_eq!(image(&with(&["global.imageRegistry=mirror.example.com"])), "mirror.example.com/ping-operator:0.1.0");
    let own = ["image.repository=r.example.com/x/ping-operator", "image.tag=mine"];
    assert_eq!(image(&with(&own)), "r.example.com/x/ping-operator:mine");
    let digest = format!("sha256:{}", "0".repeat(64));
    assert_eq!(image(&with(&[&format!("image.digest={digest}")])), format!("ping-operator@{digest}"));

    let dir = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("overlay-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    // An absolute path is none that kustomize takes.
    let up = "../".repeat(dir.components().count().saturating_sub(1));
    let base = path("deploy/kustomize/base").to_string_lossy().trim_start_matches('/').to_owned();
    let overlay = format!(
        "resources: [{up}{base}]\nimages:\n- {{name: ping-operator, newName: mirror.example.com/ping-operator, newTag: mine}}\n"
    );
    std::fs::write(dir.join("kustomization.yaml"), overlay).expect("an overlay");
    let made = run(std::path::Path::new("kubectl"), &["kustomize", &dir.to_string_lossy()]);
    let objects = crate::packaging::rendered::objects(&made.unwrap_or_else(|text| panic!("{text}")));
    assert_eq!(image(&objects), "mirror.example.com/ping-operator:mine");
    std::fs::remove_dir_all(dir).expect("the folder");
}

#[test]
fn the_chart_takes_the_versions_of_kubernetes_that_are_stated_and_no_others() {
    for version in ["1.30.0", "1.31.4-eks-1", "1.32.0", "1.33.1+k3s1", "1.34.4", "1.35.0", "1.36.9"] {
        let taken = chart("ping-operator", &["--kube-version", version]);
        assert!(taken.is_ok(), "{version}: {taken:?}");
    }
    for version in ["1.29.9", "1.37.0"] {
        let refused = chart("ping-operator", &["--kube-version", version]).err().unwrap_or_default();
        assert!(refused.contains("kubeVersion"), "{version}: {refused}");
    }
    for page in ["README.md", "docs/install.md"] {
        assert!(text(page).contains("1.30 to 1.36"), "{page}");
    }
}
