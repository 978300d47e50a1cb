package kits

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// findings are the names of what Checkov and kube-score say against manifests.
func findings(t *testing.T, manifests string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	if err := os.WriteFile(file, []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	found := append(checkov(t, file), kubeScore(t, file)...)
	slices.Sort(found)
	return slices.Compact(found)
}

// output is what a program prints, whatever its exit code says of the manifests.
func output(t *testing.T, command *exec.Cmd) []byte {
	t.Helper()
	var stderr strings.Builder
	command.Stderr = &stderr
	out, _ := command.Output()
	if len(out) == 0 {
		t.Fatalf("%s: %s: run `make package`", command.Path, stderr.String())
	}
	return out
}

func checkov(t *testing.T, file string) []string {
	t.Helper()
	command := exec.Command("python3", path(".tools/checkov/bin/checkov"), "--skip-download", "--framework", "kubernetes", "--file", file, "--output", "json")
	command.Env = append(os.Environ(), "PYTHONPATH="+path(".tools/checkov"))
	var report struct {
		Results struct {
			Failed []struct {
				ID string `json:"check_id"`
			} `json:"failed_checks"`
		} `json:"results"`
		Summary struct {
			Passed        int `json:"passed"`
			ParsingErrors int `json:"parsing_errors"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(output(t, command), &report); err != nil {
		t.Fatal(err)
	}
	if report.Summary.Passed < 100 || report.Summary.ParsingErrors > 0 {
		t.Fatalf("Checkov saw little: %+v", report.Summary)
	}
	var all []string
	for _, one := range report.Results.Failed {
		all = append(all, one.ID)
	}
	return all
}

func kubeScore(t *testing.T, file string) []string {
	t.Helper()
	const warning = 5
	var report []struct {
		Checks []struct {
			Check struct {
				ID string `json:"id"`
			} `json:"check"`
			Grade   int  `json:"grade"`
			Skipped bool `json:"skipped"`
		} `json:"checks"`
	}
	if err := json.Unmarshal(output(t, exec.Command(path(".tools/bin/kube-score"), "score", "--output-format", "json", file)), &report); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, object := range report {
		for _, one := range object.Checks {
			if one.Grade <= warning && !one.Skipped {
				all = append(all, one.Check.ID)
			}
		}
	}
	return all
}

// explained are the findings that docs/security.md gives a reason for, by where they are found.
func explained(t *testing.T) map[string][]string {
	t.Helper()
	_, table, found := strings.Cut(text(t, "docs/security.md"), "\n## Findings of linters\n")
	if !found {
		t.Fatal("docs/security.md has no section about them")
	}
	all := map[string][]string{}
	for _, line := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \| ([^|]{30,}) \|$`).FindAllStringSubmatch(table, -1) {
		for _, where := range strings.Split(line[2], ", ") {
			all[where] = append(all[where], strings.Split(line[1], ", ")...)
		}
	}
	for _, ids := range all {
		slices.Sort(ids)
	}
	return all
}

func TestEveryFindingOfALinterHasItsReasonAndAHardenedInstallationHasAtMostTwo(t *testing.T) {
	template := func(args ...string) string {
		fixed := []string{"template", "ping-operator", path("deploy/chart"), "-n", "ping-operator", "--kube-version", "1.34.0"}
		return mustRun(t, "helm", append(fixed, args...)...)
	}
	digest := "image.digest=sha256:" + strings.Repeat("0", 64)
	reasons := explained(t)
	for where, manifests := range map[string]string{
		"chart":        template(),
		"install.yaml": text(t, "deploy/install.yaml"),
		"hardened":     template("--values", path("deploy/chart/ci/hardened-values.yaml"), "--set", digest),
	} {
		found := findings(t, manifests)
		if !reflect.DeepEqual(found, reasons[where]) {
			t.Errorf("%s has the findings\n%v\ndocs/security.md explains\n%v", where, found, reasons[where])
		}
		if where == "hardened" && len(found) > 2 {
			t.Errorf("%v", found)
		}
	}
}
