package kits

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

const fluxKustomization = "deploy/gitops/flux/kustomization.yaml"

func kstatus(t *testing.T, of object) string {
	t.Helper()
	content, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	one := unstructured.Unstructured{}
	if err := one.UnmarshalJSON(content); err != nil {
		t.Fatal(err)
	}
	result, err := status.Compute(&one)
	if err != nil {
		t.Fatal(err)
	}
	return result.Status.String()
}

func TestKstatusSaysOfEveryRowWhatTheTableSays(t *testing.T) {
	for _, r := range rows(t) {
		if got := kstatus(t, r.object(t)); got != r.Kstatus {
			t.Errorf("%s %s/%s: %s, not %s", r.Row, r.Kind, r.File, got, r.Kstatus)
		}
	}
	for _, one := range recorded(t) {
		if got := kstatus(t, one.Object); got != one.Kstatus {
			t.Errorf("%v %v: %s, not %s", one.Object["kind"], at(one.Object, "metadata", "name"), got, one.Kstatus)
		}
	}
}

// A row may show statuses only that docs/conditions.md gives its reason.
func TestTheObjectsOfTheRowsHaveTheStatusesThatAreDocumented(t *testing.T) {
	documented := map[string][]string{}
	for _, line := range regexp.MustCompile("(?m)^\\| \\[`(\\w+)`\\]\\S+ \\| (\\S+) \\| (\\w+) \\| (\\w+) \\| (\\w+) \\|").FindAllStringSubmatch(text(t, "docs/conditions.md"), -1) {
		documented[line[1]] = []string{strings.TrimSuffix(line[2], "¹"), line[3], line[4], line[5]}
	}
	if len(documented) < 30 {
		t.Errorf("the table has %d reasons", len(documented))
	}
	for _, r := range rows(t) {
		conditions, _ := at(r.object(t), "status", "conditions").([]any)
		if len(conditions) < 4 {
			continue
		}
		reason := at(conditions[0], "reason").(string)
		// Of S7 and S22 the four conditions have different reasons.
		if slices.Contains([]string{"S7", "S22"}, r.Row) {
			continue
		}
		for at4, expected := range documented[reason] {
			if got := at(conditions[at4], "status"); expected != "last" && got != expected {
				t.Errorf("%s %s: %v is %v, not %s", r.Row, r.File, at(conditions[at4], "type"), got, expected)
			}
		}
	}
}

type healthCheck struct {
	APIVersion, Kind            string
	InProgress, Failed, Current string
}

// expression is what Flux does with the three expressions: the first one that holds decides.
func (check healthCheck) status(t *testing.T, of object) string {
	t.Helper()
	for _, one := range []struct{ status, expr string }{{"InProgress", check.InProgress}, {"Failed", check.Failed}, {"Current", check.Current}} {
		environment, err := cel.NewEnv(cel.Variable("status", cel.DynType), cel.Variable("metadata", cel.DynType), cel.Variable("spec", cel.DynType))
		if err != nil {
			t.Fatal(err)
		}
		parsed, issues := environment.Compile(one.expr)
		if issues.Err() != nil {
			t.Fatal(issues.Err())
		}
		program, err := environment.Program(parsed)
		if err != nil {
			t.Fatal(err)
		}
		holds, _, err := program.Eval(map[string]any{"status": of["status"], "metadata": of["metadata"], "spec": of["spec"]})
		if err != nil {
			t.Fatalf("%v: %s", err, one.expr)
		}
		if holds.Value() == true {
			return one.status
		}
	}
	return "InProgress"
}

func TestTheExpressionsForFluxSayWhatKstatusSays(t *testing.T) {
	checks := map[string]healthCheck{}
	exprs := at(objects(t, text(t, fluxKustomization))[0], "spec", "healthCheckExprs").([]any)
	for _, one := range exprs {
		field := func(name string) string { return at(one, name).(string) }
		checks[field("kind")] = healthCheck{field("apiVersion"), field("kind"), field("inProgress"), field("failed"), field("current")}
	}
	if len(exprs) != len(kinds(t)) {
		t.Errorf("%d kinds have expressions", len(exprs))
	}
	for _, r := range rows(t) {
		// Flux waits for no object that is being deleted.
		if r.Kstatus == "Terminating" {
			continue
		}
		if got := checks[r.Kind].status(t, r.object(t)); got != r.Kstatus {
			t.Errorf("%s %s/%s: %s, not %s", r.Row, r.Kind, r.File, got, r.Kstatus)
		}
	}
}

func TestKustomizeRenamesEveryReference(t *testing.T) {
	dir := t.TempDir()
	copyInto(t, dir, "deploy/gitops/kustomize/references.yaml", "tests/kits/testdata/kustomize/kustomization.yaml", "tests/kits/testdata/kustomize/organisation.yaml")
	made := objects(t, mustRun(t, "kubectl", "kustomize", dir))
	exist := map[string]bool{}
	for _, one := range made {
		exist[one["kind"].(string)+"/"+at(one, "metadata", "name").(string)] = true
	}
	references := 0
	for _, one := range made {
		spec := at(one, "spec")
		config, _ := at(spec, "providerConfigRef", "kind").(string)
		if config == "" {
			config = "ProviderConfig"
		}
		for _, reference := range []struct {
			kind string
			path []string
		}{
			{config, []string{"providerConfigRef"}}, {"Team", []string{"teamRef"}}, {"Team", []string{"owner", "teamRef"}},
			{"Secret", []string{"credentials", "secretRef"}}, {"Secret", []string{"valueFrom", "secretKeyRef"}},
			{"Secret", []string{"verification", "codeSecretRef"}}, {"Secret", []string{"usernameVerification", "codeSecretRef"}},
		} {
			target := at(spec, reference.path...)
			// The Secret of a ClusterProviderConfig is in another namespace, and not part of these manifests.
			if name, ok := at(target, "name").(string); ok && name != "elsewhere" {
				references++
				if !exist[reference.kind+"/"+name] || !strings.HasPrefix(name, "eu-") {
					t.Errorf("%v refers to %s/%s, which is not there", at(one, "metadata", "name"), reference.kind, name)
				}
			}
		}
	}
	if references != 11 {
		t.Errorf("%d references", references)
	}
}
