package kits

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const customizations = "deploy/gitops/argocd/resource_customizations/ping-operator.dev"

// kinds are those that have a CRD.
func kinds(t *testing.T) []string {
	t.Helper()
	files, _ := filepath.Glob(path("crds/*.yaml"))
	var all []string
	for _, file := range files {
		content, _ := os.ReadFile(file)
		all = append(all, at(objects(t, string(content))[0], "spec", "names", "kind").(string))
	}
	return all
}

func fixture(t *testing.T, name string) object {
	t.Helper()
	one := object{}
	parse(t, text(t, name), &one)
	return one
}

// row is what others say of an object of a row of the table of statuses.
type row struct {
	Row     string `json:"row"`
	Kind    string `json:"kind"`
	File    string `json:"file"`
	Health  string `json:"health"`
	Kstatus string `json:"kstatus"`
}

func (r row) object(t *testing.T) object {
	t.Helper()
	return fixture(t, fmt.Sprintf("%s/%s/testdata/%s.yaml", customizations, r.Kind, r.File))
}

func rows(t *testing.T) []row {
	t.Helper()
	var all []row
	parse(t, text(t, "tests/kits/rows.yaml"), &all)
	return all
}

func TestEveryRowOfTheTableOfStatusesHasItsHealth(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows(t) {
		seen[r.Row] = true
		health := script(t, text(t, customizations+"/"+r.Kind+"/health.lua"), r.object(t))
		if at(health, "status") != r.Health || at(health, "message") == "" {
			t.Errorf("%s %s/%s: %v", r.Row, r.Kind, r.File, health)
		}
	}
	for number := 1; number <= 25; number++ {
		if name := fmt.Sprintf("S%d", number); !seen[name] {
			t.Errorf("no object of %s", name)
		}
	}
}

// recorded are objects as an operator left them.
func recorded(t *testing.T) []struct {
	Health  string `json:"health"`
	Kstatus string `json:"kstatus"`
	Object  object `json:"object"`
} {
	t.Helper()
	var all []struct {
		Health  string `json:"health"`
		Kstatus string `json:"kstatus"`
		Object  object `json:"object"`
	}
	parse(t, text(t, "tests/kits/testdata/recorded.json"), &all)
	return all
}

func TestObjectsThatAnOperatorLeftHaveTheirHealth(t *testing.T) {
	for _, one := range recorded(t) {
		health := script(t, text(t, customizations+"/Team/health.lua"), one.Object)
		if at(health, "status") != one.Health {
			t.Errorf("%v %v: %v", one.Object["kind"], at(one.Object, "metadata", "name"), health)
		}
	}
}

// The files are those that Argo CD's own tests read.
func TestTheTestsInTheLayoutOfArgoCDPassAndNoFileIsUnused(t *testing.T) {
	for _, kind := range kinds(t) {
		dir := customizations + "/" + kind
		var health struct {
			Tests []struct {
				HealthStatus struct{ Status, Message string } `json:"healthStatus"`
				InputPath    string                           `json:"inputPath"`
			} `json:"tests"`
		}
		parse(t, text(t, dir+"/health_test.yaml"), &health)
		used := []string{}
		for _, test := range health.Tests {
			got := script(t, text(t, dir+"/health.lua"), fixture(t, dir+"/"+test.InputPath))
			if at(got, "status") != test.HealthStatus.Status || at(got, "message") != test.HealthStatus.Message {
				t.Errorf("%s/%s: %v", kind, test.InputPath, got)
			}
			used = append(used, test.InputPath)
		}
		var actions struct {
			DiscoveryTests []struct {
				InputPath string `json:"inputPath"`
				Result    []struct {
					Name     string `json:"name"`
					Disabled bool   `json:"disabled"`
				} `json:"result"`
			} `json:"discoveryTests"`
			ActionTests []struct{ Action, InputPath, ExpectedOutputPath string } `json:"actionTests"`
		}
		parse(t, text(t, dir+"/actions/action_test.yaml"), &actions)
		for _, test := range actions.DiscoveryTests {
			expected := object{}
			for _, one := range test.Result {
				expected[one.Name] = object{"disabled": one.Disabled}
			}
			if got := script(t, text(t, dir+"/actions/discovery.lua"), fixture(t, dir+"/actions/"+test.InputPath)); !reflect.DeepEqual(got, any(expected)) {
				t.Errorf("%s/%s: %v, not %v", kind, test.InputPath, got, expected)
			}
		}
		for _, test := range actions.ActionTests {
			got := script(t, text(t, dir+"/actions/"+test.Action+"/action.lua"), fixture(t, dir+"/actions/"+test.InputPath))
			if expected := fixture(t, dir+"/actions/"+test.ExpectedOutputPath); !reflect.DeepEqual(got, any(expected)) {
				t.Errorf("%s %s:\n%v, not\n%v", test.Action, kind, got, expected)
			}
		}
		files, _ := filepath.Glob(path(dir + "/testdata/*"))
		for _, file := range files {
			if !slices.Contains(used, "testdata/"+filepath.Base(file)) {
				t.Errorf("no test reads %s", file)
			}
		}
	}
}

// argocdCM is what argocd-cm needs: the scripts of each kind under the kind's key.
func argocdCM(t *testing.T) string {
	data := object{}
	for _, kind := range kinds(t) {
		dir := customizations + "/" + kind
		data["resource.customizations.health.ping-operator.dev_"+kind] = text(t, dir+"/health.lua")
		definitions := []any{}
		for _, action := range actionsOf(kind) {
			definitions = append(definitions, object{"name": action, "action.lua": text(t, dir+"/actions/"+action+"/action.lua")})
		}
		actions, _ := yaml.Marshal(object{"discovery.lua": text(t, dir+"/actions/discovery.lua"), "definitions": definitions})
		data["resource.customizations.actions.ping-operator.dev_"+kind] = string(actions)
	}
	made, _ := yaml.Marshal(object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "argocd-cm", "namespace": "argocd"}, "data": data})
	return "# A patch for the ConfigMap argocd-cm of Argo CD. `make manifests` writes it from resource_customizations/.\n" + string(made)
}

// actionsOf are the actions of a kind: a config cannot be suspended.
func actionsOf(kind string) []string {
	if strings.HasSuffix(kind, "ProviderConfig") {
		return []string{"reconcile"}
	}
	return []string{"reconcile", "suspend", "resume"}
}

// UPDATE=1 writes what the test compares.
func TestTheScriptsAreTheSameForEveryKindAndInThePatchOfArgoCD(t *testing.T) {
	same := func(name, expected string) {
		if os.Getenv("UPDATE") != "" {
			if err := os.MkdirAll(filepath.Dir(path(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path(name), []byte(expected), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if content, _ := os.ReadFile(path(name)); string(content) != expected {
			t.Errorf("%s is stale: run `make manifests`", name)
		}
	}
	for _, kind := range kinds(t) {
		for _, file := range []string{"health.lua", "actions/discovery.lua"} {
			same(customizations+"/"+kind+"/"+file, text(t, customizations+"/Team/"+file))
		}
		for _, action := range actionsOf(kind) {
			file := "/actions/" + action + "/action.lua"
			same(customizations+"/"+kind+file, text(t, customizations+"/Team"+file))
		}
	}
	same("deploy/gitops/argocd/argocd-cm.yaml", argocdCM(t))
}

func TestThePatchOfArgoCDFitsItsConfigMap(t *testing.T) {
	before := filepath.Join(t.TempDir(), "argocd-cm.yaml")
	if err := os.WriteFile(before, []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\ndata: {url: https://argocd.example.com}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	patched := mustRun(t, "kubectl", "patch", "--local", "-f", before, "--type=merge", "--patch-file", path("deploy/gitops/argocd/argocd-cm.yaml"), "-o", "yaml")
	data := at(objects(t, patched)[0], "data").(object)
	if len(data) != 2*len(kinds(t))+1 || data["url"] != "https://argocd.example.com" {
		t.Errorf("%d keys", len(data))
	}
	for key, value := range data {
		if strings.Contains(key, ".actions.") {
			var actions struct {
				Discovery   string `json:"discovery.lua"`
				Definitions []struct {
					Name   string `json:"name"`
					Action string `json:"action.lua"`
				} `json:"definitions"`
			}
			if parse(t, value.(string), &actions); actions.Discovery == "" || len(actions.Definitions) == 0 {
				t.Errorf("%s: %v", key, value)
			}
		}
	}
}

func TestTheObjectsOfTheTestsHaveFieldsThatTheirKindHas(t *testing.T) {
	files, _ := filepath.Glob(path(customizations + "/*/testdata/*.yaml"))
	actions, _ := filepath.Glob(path(customizations + "/*/actions/testdata/*.yaml"))
	for _, file := range append(files, actions...) {
		name, _ := filepath.Rel(path("."), file)
		one := fixture(t, name)
		schema := object{}
		parse(t, text(t, "deploy/schemas/"+strings.ToLower(one["kind"].(string))+".json"), &schema)
		spec := at(schema, "properties", "spec")
		for field := range one["spec"].(object) {
			if at(spec, "properties", field) == nil {
				t.Errorf("%s: spec.%s is no field", name, field)
			}
		}
		required, _ := at(spec, "required").([]any)
		for _, field := range required {
			if at(one, "spec", field.(string)) == nil {
				t.Errorf("%s: spec.%s is missing", name, field)
			}
		}
	}
}
