package kits

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

type dashboard struct {
	UID        string  `json:"uid"`
	Title      string  `json:"title"`
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name string `json:"name"`
		} `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct {
		H int `json:"h"`
		W int `json:"w"`
		X int `json:"x"`
		Y int `json:"y"`
	} `json:"gridPos"`
	Datasource  map[string]string `json:"datasource"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []struct {
		RefID string `json:"refId"`
		Expr  string `json:"expr"`
	} `json:"targets"`
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	content := text(t, "deploy/monitoring/dashboard.json")
	// Grafana has many more fields than the tests look at; that a key stands once is checked all the same.
	parse(t, content, &map[string]any{})
	unmarshal(t, content, &d)
	return d
}

// asked is an expression as Grafana sends it: with its variables filled in.
func asked(expr string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$job", ".+").Replace(expr)
}

func TestEveryPanelSaysWhatItShowsInWhichUnitAndAsksForKnownMetrics(t *testing.T) {
	known, ids, titles := metrics(t), map[int]bool{}, map[string]bool{}
	d := readDashboard(t)
	if d.UID == "" || d.Title == "" || len(d.Panels) < 12 {
		t.Fatalf("%+v", d)
	}
	var variables []string
	for _, one := range d.Templating.List {
		variables = append(variables, one.Name)
	}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || titles[p.Title+p.Type] || p.Title == "" {
			t.Errorf("panel %d, %q: its id or its title stands twice", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title+p.Type] = true, true
		if len(p.Description) < 20 || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 || p.Datasource["uid"] != "${datasource}" {
			t.Errorf("%s lacks a description, a unit, an expression or the variable of the data source", p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x > 23 {
					t.Fatalf("%s lies over %s, or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			if wrong := unknown(known, asked(target.Expr)); target.Expr == "" || len(wrong) > 0 {
				t.Errorf("%s asks for %v, which docs/metrics.md does not have: %q", p.Title, wrong, target.Expr)
			}
			for _, variable := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(target.Expr, -1) {
				if variable[1] != "__rate_interval" && !strings.Contains(strings.Join(variables, " "), variable[1]) {
					t.Errorf("%s uses the variable %s, which is none", p.Title, variable[1])
				}
			}
			if !strings.Contains(target.Expr, `{job=~"$job"`) {
				t.Errorf("%s takes every job", p.Title)
			}
		}
	}
}

// Every reason that is named in an expression is one that docs/conditions.md has.
func TestAlertsAndPanelsNameReasonsAndConditionsThatExist(t *testing.T) {
	page := text(t, "docs/conditions.md")
	for _, name := range []string{ruleFile, "deploy/monitoring/dashboard.json"} {
		content, _ := os.ReadFile(path(name))
		for _, match := range regexp.MustCompile(`\b(?:reason|condition)[!=~]+\\?"([A-Za-z|]+)\\?"`).FindAllStringSubmatch(string(content), -1) {
			for _, word := range strings.Split(match[1], "|") {
				if !strings.Contains(page, "`"+word+"`") {
					t.Errorf("%s names %s", name, word)
				}
			}
		}
	}
}
