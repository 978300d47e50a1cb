// Package kits tests what is shipped for other programs: alerts and a dashboard for Prometheus and Grafana, health checks for Argo CD and Flux,
// manifests for kustomize and Helm. `make package` runs it, with the tools in .tools/bin.
package kits

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// object is a manifest, or a part of one.
type object = map[string]any

// path leads to a file or folder of the repository.
func path(name string) string {
	root, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return filepath.Join(root, name)
}

func text(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(path(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// parse reads YAML or JSON; a key that stands twice is an error.
func parse(t *testing.T, content string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(content), into); err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
}

// unmarshal reads the fields that a type has, and leaves out all others.
func unmarshal(t *testing.T, content string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(content), into); err != nil {
		t.Fatalf("%v in\n%s", err, content)
	}
}

// run is what a program prints. The programs of `make package` come first.
func run(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	if own := path(".tools/bin/" + program); exists(own) {
		program = own
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	return string(out), err
}

func mustRun(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := run(t, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func copyInto(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), []byte(text(t, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// objects are the manifests of a text with several documents.
func objects(t *testing.T, documents string) []object {
	t.Helper()
	var all []object
	for _, document := range regexp.MustCompile(`(?m)^---.*$`).Split(documents, -1) {
		if one := (object{}); len(bytes.TrimSpace([]byte(document))) > 0 {
			if parse(t, document, &one); len(one) > 0 {
				all = append(all, one)
			}
		}
	}
	return all
}

// at is what stands under the names, one after the other; nil if nothing does.
func at(from any, names ...string) any {
	for _, name := range names {
		within, ok := from.(object)
		if !ok {
			return nil
		}
		from = within[name]
	}
	return from
}

// chart are the objects that Helm makes of the chart.
func chart(t *testing.T, args ...string) []object {
	t.Helper()
	fixed := []string{"template", "ping-operator", path("deploy/chart"), "-n", "ping-operator", "--kube-version", "1.34.0", "--api-versions", "monitoring.coreos.com/v1"}
	return objects(t, mustRun(t, "helm", append(fixed, args...)...))
}

// only is the one object of a kind.
func only(t *testing.T, all []object, kind string) object {
	t.Helper()
	of := slices.DeleteFunc(slices.Clone(all), func(one object) bool { return one["kind"] != kind })
	if len(of) != 1 {
		t.Fatalf("%d objects are a %s", len(of), kind)
	}
	return of[0]
}

// blocks are the blocks of a page in a language.
func blocks(page, language string) []string {
	var all []string
	for _, match := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(page, -1) {
		all = append(all, match[1])
	}
	return all
}
