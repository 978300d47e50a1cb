package kits

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type component struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Purl    string `json:"purl"`
	Hashes  []struct {
		Alg     string `json:"alg"`
		Content string `json:"content"`
	} `json:"hashes"`
	Licenses []struct {
		Expression string `json:"expression"`
	} `json:"licenses"`
}

// sbom is what `make sbom` wrote.
func sbom(t *testing.T) (content string, crates []component) {
	t.Helper()
	content = text(t, "target/sbom/ping-operator.cdx.json")
	var file struct {
		BomFormat  string      `json:"bomFormat"`
		Components []component `json:"components"`
	}
	if err := json.Unmarshal([]byte(content), &file); err != nil || file.BomFormat != "CycloneDX" {
		t.Fatalf("%v: run `make sbom`", err)
	}
	return content, file.Components
}

func TestTheSbomHasTheCratesOfTheBinaryAndNoOther(t *testing.T) {
	command := exec.Command("cargo", "tree", "--locked", "--offline", "--package", "ping-operator", "--edges", "normal", "--prefix", "none", "--format", "{p}")
	command.Dir = path(".")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: run `cargo fetch`", err)
	}
	var expected, listed []string
	for _, match := range regexp.MustCompile(`(?m)^(\S+) v(\S+)`).FindAllStringSubmatch(string(out), -1) {
		expected = append(expected, match[1]+" "+match[2])
	}
	_, crates := sbom(t)
	for _, one := range crates {
		listed = append(listed, one.Name+" "+one.Version)
	}
	slices.Sort(expected)
	slices.Sort(listed)
	// The operator itself is what the components are of.
	expected = slices.DeleteFunc(slices.Compact(expected), func(name string) bool { return strings.HasPrefix(name, "ping-operator ") })
	if !slices.Equal(expected, listed) {
		t.Errorf("the SBOM has %d crates, the binary %d:\n%v\n%v", len(listed), len(expected), listed, expected)
	}
}

func TestEachCrateOfTheSbomHasItsLicenceAndTheChecksumOfTheLockFile(t *testing.T) {
	lock := text(t, "Cargo.lock")
	content, crates := sbom(t)
	for _, one := range crates {
		entry := "name = \"" + one.Name + "\"\nversion = \"" + one.Version + "\"\n"
		_, rest, isLocked := strings.Cut(lock, entry)
		rest, _, _ = strings.Cut(rest, "\n\n")
		if !isLocked || len(one.Hashes) != 1 || !strings.Contains(rest, `checksum = "`+one.Hashes[0].Content+`"`) {
			t.Errorf("%s %s: %v is not the checksum of Cargo.lock", one.Name, one.Version, one.Hashes)
		}
		if len(one.Licenses) == 0 || one.Licenses[0].Expression == "" {
			t.Errorf("%s %s has no licence", one.Name, one.Version)
		}
		if one.Purl != "pkg:cargo/"+one.Name+"@"+one.Version {
			t.Errorf("%s %s is called %s", one.Name, one.Version, one.Purl)
		}
	}
	// It is the same wherever it is made.
	if strings.Contains(content, path(".")) || strings.Contains(content, "/tmp/") {
		t.Error("it names a folder of this machine")
	}
}

func TestTheLicencesOfThirdPartiesHaveEveryCrateOfTheSbom(t *testing.T) {
	page := text(t, "target/sbom/THIRD-PARTY.md")
	_, crates := sbom(t)
	for _, one := range crates {
		if !strings.Contains(page, "\n- "+one.Name+" "+one.Version+"\n") {
			t.Errorf("%s %s has no text of a licence", one.Name, one.Version)
		}
	}
}
