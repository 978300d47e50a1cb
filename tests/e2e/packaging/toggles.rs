//! Each switch of the chart, and what it makes of the objects.

use serde_json::{Value, json};

use crate::packaging::rendered::{Objects, chart};

/// The objects with these values.
fn with(set: &[&str]) -> Objects {
    let args: Vec<_> = set.iter().flat_map(|value| ["--set-json", value]).collect();
    chart("ping-operator", &args).unwrap_or_else(|error| panic!("{set:?}: {error}"))
}

/// The only object of a kind.
fn one(objects: &Objects, kind: &str) -> Value {
    let mut all: Vec<_> = objects.values().filter(|object| object["kind"] == kind).cloned().collect();
    assert_eq!(all.len(), 1, "{kind}: {all:?}");
    all.remove(0)
}

fn count(objects: &Objects, kind: &str) -> usize {
    objects.keys().filter(|[of, ..]| of == kind).count()
}

fn pod(objects: &Objects) -> Value {
    one(objects, "Deployment")["spec"]["template"]["spec"].clone()
}

fn args(objects: &Objects) -> Vec<String> {
    let args = pod(objects)["containers"][0]["args"].clone();
    serde_json::from_value(args).expect("arguments")
}

#[test]
fn each_flag_of_the_operator_has_its_value() {
    for (set, flag) in [
        ("shards=16", "--shards=16"),
        (r#"watchNamespaces=["a","b"]"#, "--watch-namespaces=a,b"),
        (r#"allowEndpoints=["a.example.com","b.example.com:8443"]"#, "--allow-endpoint=b.example.com:8443"),
        ("concurrency=4", "--concurrency=4"),
        (r#"selector="shard in (a,b)""#, "--selector=shard in (a,b)"),
        ("dryRun=true", "--dry-run"),
        ("forgetRemovedTokens=true", "--forget-removed-tokens"),
        ("requireSecretLabel=true", "--require-secret-label"),
        (r#"logging.format="text""#, "--log-format=text"),
        (r#"logging.level="debug""#, "--log-level=debug"),
        (r#"proxy.url="http://proxy.example.com:3128""#, "--proxy=http://proxy.example.com:3128"),
        (r#"proxy.noProxy=["example.com","10.0.0.0/8"]"#, "--no-proxy=example.com,10.0.0.0/8"),
        ("proxy.fromEnvironment=true", "--proxy-from-environment"),
        (r#"extraArgs=["--worker-threads=1"]"#, "--worker-threads=1"),
    ] {
        assert!(!args(&with(&[])).contains(&flag.to_owned()), "{flag} is a default");
        assert!(args(&with(&[set])).contains(&flag.to_owned()), "{set}");
    }
    let alone = with(&["leaderElection.enabled=false", "replicaCount=1"]);
    assert_eq!(
        (args(&alone), one(&alone, "Deployment")["spec"]["replicas"].clone()),
        (vec!["run".to_owned()], json!(1))
    );
}

#[test]
fn a_namespaced_release_has_a_role_in_each_watched_namespace_and_nothing_outside() {
    let objects = with(&[r#"rbac.scope="namespaced""#, r#"watchNamespaces=["a","b"]"#, "crds.install=false"]);
    assert!(objects.keys().all(|[kind, namespace, _]| !kind.starts_with("Cluster") && !namespace.is_empty()));
    for namespace in ["a", "b"] {
        let binding = &objects[&["RoleBinding", namespace, "ping-operator-resources"].map(str::to_owned)];
        assert_eq!(binding["subjects"][0]["namespace"], "ping-operator");
        assert_eq!(binding["roleRef"]["name"], "ping-operator-resources");
    }
    let cluster = with(&[]);
    assert_eq!((count(&cluster, "ClusterRole"), count(&cluster, "Role")), (4, 1));
    assert_eq!(count(&with(&["rbac.aggregate=false"]), "ClusterRole"), 1);
    let none = with(&["rbac.create=false"]);
    assert_eq!(count(&none, "ClusterRole") + count(&none, "Role") + count(&none, "ClusterRoleBinding"), 0);
}

#[test]
fn a_release_of_another_name_refers_to_its_own_objects_only() {
    let objects = with(&[r#"fullnameOverride="second""#]);
    let subjects = objects.values().flat_map(|object| object["subjects"].as_array().into_iter().flatten());
    assert!(subjects.map(|subject| &subject["name"]).all(|name| name == "second"));
    assert_eq!(pod(&objects)["serviceAccountName"], "second");
    for [kind, _, name] in objects.keys().filter(|[kind, ..]| kind.starts_with("ClusterRole")) {
        assert!(name.starts_with("ping-operator-second"), "{kind} {name}");
    }
    for binding in objects.values().filter(|object| object["roleRef"].is_object()) {
        assert_eq!(binding["roleRef"]["name"], binding["metadata"]["name"]);
    }
}

#[test]
fn definitions_the_warning_and_the_account_can_be_left_to_others() {
    assert_eq!(count(&with(&[]), "CustomResourceDefinition"), 8);
    assert_eq!(count(&with(&["crds.install=false"]), "CustomResourceDefinition"), 0);
    assert_eq!(count(&with(&["admissionPolicy.enabled=false"]), "ValidatingAdmissionPolicy"), 0);
    let objects = with(&["serviceAccount.create=false", r#"serviceAccount.name="mine""#]);
    assert_eq!((count(&objects, "ServiceAccount"), &pod(&objects)["serviceAccountName"]), (0, &json!("mine")));
    let objects = with(&[r#"serviceAccount.annotations={"a/b":"c"}"#, r#"commonLabels={"team":"x"}"#]);
    assert_eq!(one(&objects, "ServiceAccount")["metadata"]["annotations"], json!({"a/b": "c"}));
    assert!(objects.values().all(|object| object["metadata"]["labels"]["team"] == "x"));
}

#[test]
fn a_ca_bundle_is_mounted_where_the_flag_says() {
    for (set, source) in [
        (r#"caBundle.configMap="cas""#, json!({"name": "ca", "configMap": {"name": "cas"}})),
        (r#"caBundle.secret="cas""#, json!({"name": "ca", "secret": {"secretName": "cas"}})),
    ] {
        let objects = with(&[set]);
        let pod = pod(&objects);
        assert_eq!(pod["volumes"], json!([source]));
        assert_eq!(pod["containers"][0]["volumeMounts"][0]["mountPath"], "/etc/ping-operator/ca");
        assert!(args(&objects).contains(&"--ca-file=/etc/ping-operator/ca/ca.crt".to_owned()));
    }
    let both = chart("ping-operator", &["--set", "caBundle.configMap=a,caBundle.secret=b"]);
    assert!(both.is_err_and(|error| error.contains("not both")));
}

#[test]
fn variables_and_a_proxy_with_a_password_come_from_where_they_are_kept() {
    let objects =
        with(&[r#"proxy.existingSecret={"name":"proxy","key":"url"}"#, r#"extraEnv=[{"name":"A","value":"b"}]"#]);
    let env = pod(&objects)["containers"][0]["env"].clone();
    let find = |name: &str| env.as_array().into_iter().flatten().find(|entry| entry["name"] == name).cloned();
    let secret = find("PING_OPERATOR_PROXY").expect("the proxy")["valueFrom"]["secretKeyRef"].clone();
    assert_eq!(secret, json!({"name": "proxy", "key": "url"}));
    assert_eq!(find("A"), Some(json!({"name": "A", "value": "b"})));
}

#[test]
fn what_is_kubernetes_own_reaches_the_pod_as_it_is() {
    for (set, field) in [
        (r#"tolerations=[{"key":"a","operator":"Exists"}]"#, "tolerations"),
        (r#"affinity={"nodeAffinity":{"x":"y"}}"#, "affinity"),
        (
            r#"topologySpreadConstraints=[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"ScheduleAnyway"}]"#,
            "topologySpreadConstraints",
        ),
        (r#"nodeSelector={"a":"b"}"#, "nodeSelector"),
        (r#"imagePullSecrets=[{"name":"a"}]"#, "imagePullSecrets"),
        (r#"priorityClassName="high""#, "priorityClassName"),
        ("terminationGracePeriodSeconds=60", "terminationGracePeriodSeconds"),
    ] {
        let (_, value) = set.split_once('=').expect("a value");
        assert_eq!(pod(&with(&[set]))[field], serde_json::from_str::<Value>(value).expect("JSON"), "{set}");
    }
    let resources = with(&[r#"resources={"requests":{"cpu":"1"},"limits":null}"#]);
    assert_eq!(pod(&resources)["containers"][0]["resources"]["requests"]["cpu"], "1");
}

#[test]
fn no_user_is_fixed_and_the_pod_is_restricted() {
    let objects = with(&[]);
    let pod = pod(&objects);
    assert!(!pod.to_string().contains("runAsUser"), "OpenShift gives it");
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    let container = &pod["containers"][0]["securityContext"];
    assert_eq!(container["capabilities"]["drop"], json!(["ALL"]));
    assert_eq!(
        (&container["readOnlyRootFilesystem"], &container["allowPrivilegeEscalation"]),
        (&true.into(), &false.into())
    );
}

#[test]
fn the_network_policy_lets_out_to_dns_the_api_server_and_the_providers_only() {
    assert_eq!(count(&with(&[]), "NetworkPolicy"), 0);
    let objects = with(&["networkPolicy.enabled=true", r#"networkPolicy.apiServer.cidrs=["10.0.0.1/32"]"#]);
    let spec = one(&objects, "NetworkPolicy")["spec"].clone();
    assert_eq!(spec["policyTypes"], json!(["Ingress", "Egress"]));
    let ports = |rule: &Value| -> Vec<u64> {
        rule["ports"].as_array().into_iter().flatten().filter_map(|port| port["port"].as_u64()).collect()
    };
    let egress: Vec<_> = spec["egress"].as_array().expect("rules").iter().map(ports).collect();
    assert_eq!(egress, [vec![53, 53], vec![443, 6443], vec![443]]);
    assert_eq!(spec["egress"][1]["to"], json!([{"ipBlock": {"cidr": "10.0.0.1/32"}}]));
    assert_eq!(spec["podSelector"], one(&objects, "Deployment")["spec"]["selector"]);
    let budget = one(&with(&["podDisruptionBudget.enabled=true"]), "PodDisruptionBudget");
    assert_eq!(budget["spec"]["selector"], spec["podSelector"]);
}

#[test]
fn monitors_are_made_where_their_kinds_are_known_or_as_the_values_say() {
    let known = ["--api-versions", "monitoring.coreos.com/v1"];
    for (switch, kind) in
        [("serviceMonitor", "ServiceMonitor"), ("podMonitor", "PodMonitor"), ("prometheusRule", "PrometheusRule")]
    {
        let enabled = format!("{switch}.enabled=true,{switch}.additionalLabels.release=prometheus");
        let set = ["--set", &enabled];
        assert_eq!(count(&chart("ping-operator", &set).expect("objects"), kind), 0, "{kind}: skipIfMissing");
        let made = one(&chart("ping-operator", &[&set[..], &known].concat()).expect("objects"), kind);
        assert_eq!(made["metadata"]["labels"]["release"], "prometheus");
        let rendered = |mode: &str| {
            chart("ping-operator", &["--set", &enabled, "--set", &format!("monitoring.renderMode={mode}")])
        };
        assert!(rendered("failIfMissing").is_err_and(|error| error.contains("monitoring.coreos.com/v1")), "{kind}");
        assert_eq!(count(&rendered("alwaysRender").expect("objects"), kind), 1, "{kind}");
    }
    let objects = chart("ping-operator", &[&known[..], &["--set", "serviceMonitor.enabled=true"]].concat());
    let objects = objects.expect("objects");
    let selector = one(&objects, "ServiceMonitor")["spec"]["selector"]["matchLabels"].clone();
    let labels = one(&objects, "Service")["metadata"]["labels"].clone();
    assert!(selector.as_object().is_some_and(|all| all.iter().all(|(name, value)| labels[name] == *value)));
    assert_eq!(one(&objects, "Service")["spec"]["ports"][0]["targetPort"], "admin");
}
