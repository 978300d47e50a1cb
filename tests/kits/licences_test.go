package kits

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What `cargo deny check licenses sources` says, without its database: every crate in Cargo.lock has a licence of deny.toml, and comes from the registry.
func TestEveryCrateHasALicenceThatIsAllowedAndAKnownSource(t *testing.T) {
	_, list, _ := strings.Cut(text(t, "deny.toml"), "[licenses]\nallow = [")
	list, _, _ = strings.Cut(list, "]")
	var allowed []string
	for _, name := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(list, -1) {
		allowed = append(allowed, name[1])
	}
	command := exec.Command("cargo", "metadata", "--locked", "--offline", "--format-version", "1")
	command.Dir = path(".")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: run `cargo fetch`", err)
	}
	var metadata struct {
		Packages []struct {
			Name    string  `json:"name"`
			License string  `json:"license"`
			Source  *string `json:"source"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(out, &metadata); err != nil {
		t.Fatal(err)
	}
	for _, one := range metadata.Packages {
		if one.Source != nil && !strings.HasPrefix(*one.Source, "registry+") {
			t.Errorf("%s comes from %s", one.Name, *one.Source)
		}
		if !isAllowed(allowed, one.License) {
			t.Errorf("%s has the licence %q", one.Name, one.License)
		}
	}
	if len(metadata.Packages) < 100 {
		t.Errorf("%d crates", len(metadata.Packages))
	}
}

// isAllowed says whether an expression such as `(MIT OR Apache-2.0) AND Unicode-3.0` can be met.
func isAllowed(allowed []string, expression string) bool {
	expression = strings.ReplaceAll(expression, "/", " OR ")
	inner := regexp.MustCompile(`\(([^()]*)\)`)
	for inner.MatchString(expression) {
		expression = inner.ReplaceAllStringFunc(expression, func(part string) string {
			if isAllowed(allowed, strings.Trim(part, "()")) {
				return allowed[0]
			}
			return "none"
		})
	}
	return slices.ContainsFunc(strings.Split(expression, " OR "), func(choice string) bool {
		return !slices.ContainsFunc(strings.Split(choice, " AND "), func(name string) bool {
			return !slices.Contains(allowed, strings.TrimSpace(name))
		})
	})
}

func TestALicenceCountsIfOneOfItsChoicesIsAllowed(t *testing.T) {
	for expression, expected := range map[string]bool{
		"MIT": true, "GPL-3.0": false, "GPL-3.0 OR MIT": true, "MIT/Apache-2.0": true, "MIT AND GPL-3.0": false,
		"(MIT OR GPL-3.0) AND ISC": true, "(GPL-3.0 OR LGPL-3.0) AND ISC": false, "": false,
	} {
		if isAllowed([]string{"MIT", "Apache-2.0", "ISC"}, expression) != expected {
			t.Errorf("%q", expression)
		}
	}
}
