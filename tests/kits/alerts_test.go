package kits

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const ruleFile = "deploy/monitoring/prometheusrule.yaml"

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type prometheusRule struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []rule `json:"rules"`
		} `json:"groups"`
	} `json:"spec"`
}

func alerts(t *testing.T) []rule {
	t.Helper()
	var file prometheusRule
	parse(t, text(t, ruleFile), &file)
	var all []rule
	for _, group := range file.Spec.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// metrics are the names in the tables of docs/metrics.md; those of a histogram's series, too.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (counter|gauge|histogram) ").FindAllStringSubmatch(text(t, "docs/metrics.md"), -1) {
		known[row[1]] = true
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			known[row[1]+part] = row[2] == "histogram"
		}
	}
	if len(known) < 30 {
		t.Fatalf("%d metrics", len(known))
	}
	return known
}

var (
	notMetrics = regexp.MustCompile(`"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|without|ignoring)\s*\([^)]*\)|\b(?:and|or|unless)\b|\d+[a-z]*`)
	names      = regexp.MustCompile(`\b[a-zA-Z_:]\w*\b(\s*\()?`)
)

// unknown are the names in an expression that are no metric of the operator.
func unknown(known map[string]bool, expr string) []string {
	var wrong []string
	for _, match := range names.FindAllStringSubmatch(notMetrics.ReplaceAllString(expr, " "), -1) {
		if isFunction := match[1] != ""; !isFunction && !known[match[0]] {
			wrong = append(wrong, match[0])
		}
	}
	return wrong
}

func TestEveryAlertSaysWhatItMeansAndWhereToGoOn(t *testing.T) {
	known, seen := metrics(t), map[string]bool{}
	for _, alert := range alerts(t) {
		for _, annotation := range []string{"summary", "description"} {
			if len(alert.Annotations[annotation]) < 20 {
				t.Errorf("%s has no %s", alert.Alert, annotation)
			}
		}
		if expected := "docs/runbooks.md#" + strings.ToLower(alert.Alert); alert.Annotations["runbook_url"] != expected {
			t.Errorf("%s leads to %s", alert.Alert, alert.Annotations["runbook_url"])
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, alert.Labels["severity"]) || alert.Labels["component"] != "ping-operator" {
			t.Errorf("%s has the labels %v", alert.Alert, alert.Labels)
		}
		if wrong := unknown(known, alert.Expr); len(wrong) > 0 {
			t.Errorf("%s asks for %v, which docs/metrics.md does not have", alert.Alert, wrong)
		}
		if seen[alert.Alert] {
			t.Errorf("%s stands twice", alert.Alert)
		}
		seen[alert.Alert] = true
	}
}

func TestEachAlertHasItsSectionInTheRunbooksAndEachSectionItsAlert(t *testing.T) {
	var sections, expected []string
	page := text(t, "docs/runbooks.md")
	for _, match := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(page, -1) {
		sections = append(sections, match[1])
	}
	for _, alert := range alerts(t) {
		expected = append(expected, alert.Alert)
	}
	if !reflect.DeepEqual(sections, expected) {
		t.Errorf("the sections are\n%v\nthe alerts are\n%v", sections, expected)
	}
	for _, section := range strings.Split(page, "\n### ")[1:] {
		for _, part := range []string{"\n**Means.** ", "\n**Look.** ", "\n**Do.** "} {
			if !strings.Contains(section, part) {
				t.Errorf("%s lacks %s", strings.SplitN(section, "\n", 2)[0], strings.TrimSpace(part))
			}
		}
	}
}

func TestDeletionsThatAreHeldHaveAnAlertOfTheirOwn(t *testing.T) {
	var held []string
	for _, section := range regexp.MustCompile("(?m)^### (\\w+)\n\n`DeletionHeld`:").FindAllStringSubmatch(text(t, "docs/conditions.md"), -1) {
		held = append(held, section[1])
	}
	slices.Sort(held)
	reasons := strings.Join(held, "|")
	for _, alert := range alerts(t) {
		expected := map[string]string{"PingDeletionHeld": `reason=~"` + reasons + `"`, "PingResourceNotReady": `reason!~"ApprovalRequired|` + reasons + `"`}
		if !strings.Contains(alert.Expr, expected[alert.Alert]) {
			t.Errorf("%s does not have %s", alert.Alert, expected[alert.Alert])
		}
	}
}

// ruleTests is a file of `promtool test rules`.
type ruleTests struct {
	RuleFiles          []string `json:"rule_files"`
	EvaluationInterval string   `json:"evaluation_interval"`
	Tests              []struct {
		Name          string `json:"name"`
		Interval      string `json:"interval"`
		InputSeries   []any  `json:"input_series"`
		AlertRuleTest []struct {
			EvalTime  string `json:"eval_time"`
			Alertname string `json:"alertname"`
			ExpAlerts []any  `json:"exp_alerts"`
		} `json:"alert_rule_test"`
	} `json:"tests"`
}

func TestEveryAlertFiresWhenItShouldAndIsSilentWhenItShould(t *testing.T) {
	var file prometheusRule
	parse(t, text(t, ruleFile), &file)
	spec, err := yaml.Marshal(file.Spec)
	if err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rules, spec, 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "promtool", "check", "rules", "--lint=all", "--lint-fatal", rules)
	fires, silent := map[string]bool{}, map[string]bool{}
	files, _ := filepath.Glob(path("tests/kits/alerts/*.yaml"))
	for _, name := range files {
		content, _ := os.ReadFile(name)
		var tests ruleTests
		parse(t, string(content), &tests)
		for _, test := range tests.Tests {
			for _, one := range test.AlertRuleTest {
				fires[one.Alertname] = fires[one.Alertname] || len(one.ExpAlerts) > 0
				silent[one.Alertname] = silent[one.Alertname] || len(one.ExpAlerts) == 0
			}
		}
		copied := filepath.Join(filepath.Dir(rules), filepath.Base(name))
		if err := os.WriteFile(copied, content, 0o600); err != nil {
			t.Fatal(err)
		}
		mustRun(t, "promtool", "test", "rules", copied)
	}
	for _, alert := range alerts(t) {
		if !fires[alert.Alert] || !silent[alert.Alert] {
			t.Errorf("%s: a test fires it: %v; in a test it is silent: %v", alert.Alert, fires[alert.Alert], silent[alert.Alert])
		}
		delete(fires, alert.Alert)
	}
	if len(fires) > 0 {
		t.Errorf("no alerts: %v", slices.Collect(maps.Keys(fires)))
	}
}

func TestHelmAndKustomizeMakeTheSameMonitoringObjects(t *testing.T) {
	for _, file := range []string{"prometheusrule.yaml", "dashboard.json"} {
		if text(t, "deploy/chart/files/"+file) != text(t, "deploy/monitoring/"+file) {
			t.Errorf("deploy/chart/files/%s is stale: run `make manifests`", file)
		}
	}
	without := chart(t)
	with := chart(t, "--values", path("deploy/chart/ci/monitoring-values.yaml"))
	byHelm := map[string]object{}
	for _, one := range with[0:] {
		if !slices.ContainsFunc(without, func(other object) bool { return reflect.DeepEqual(one, other) }) {
			labels := at(one, "metadata", "labels").(object)
			for _, own := range []string{"helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"} {
				delete(labels, own)
			}
			byHelm[one["kind"].(string)] = one
		}
	}
	byKustomize := map[string]object{}
	for _, one := range objects(t, mustRun(t, "kubectl", "kustomize", path("deploy/monitoring"))) {
		byKustomize[one["kind"].(string)] = one
	}
	for _, kind := range []string{"Service", "ServiceMonitor", "PrometheusRule", "ConfigMap"} {
		if byHelm[kind] == nil || !reflect.DeepEqual(byHelm[kind], byKustomize[kind]) {
			t.Errorf("%s\nby Helm:      %v\nby kustomize: %v", kind, byHelm[kind], byKustomize[kind])
		}
	}
	if len(byHelm) != 4 || len(byKustomize) != 4 {
		t.Errorf("%d objects by Helm, %d by kustomize", len(byHelm), len(byKustomize))
	}
}

func TestRunbooksMayBeServedElsewhereAndFurtherGroupsAdded(t *testing.T) {
	const served = "https://runbooks.example.com/ping-operator"
	made := only(t, chart(t, "--set", "prometheusRule.enabled=true,prometheusRule.runbookUrl="+served,
		"--set-json", `prometheusRule.groups=[{"name":"mine","rules":[]}]`), "PrometheusRule")
	groups := at(made, "spec", "groups").([]any)
	if last := groups[len(groups)-1].(object)["name"]; len(groups) != 4 || last != "mine" {
		t.Errorf("%d groups, the last one is %v", len(groups), last)
	}
	first := groups[0].(object)["rules"].([]any)[0]
	if url := at(first, "annotations", "runbook_url"); url != served+"#pingoperatordown" {
		t.Errorf("it leads to %v", url)
	}
}
