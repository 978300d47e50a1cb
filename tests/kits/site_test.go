package kits

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryPageIsInTheSummaryOnce(t *testing.T) {
	listed := map[string]int{}
	for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text(t, "docs/SUMMARY.md"), -1) {
		listed[filepath.Join("docs", link[1])]++
	}
	for _, page := range pages(t) {
		if page == "docs/SUMMARY.md" {
			continue
		}
		if listed[page] != 1 {
			t.Errorf("%s is %d times in docs/SUMMARY.md", page, listed[page])
		}
		delete(listed, page)
	}
	for page := range listed {
		t.Errorf("docs/SUMMARY.md has %s, which is no page", page)
	}
}

// sitePages are the pages that `make site` wrote, by their path.
func sitePages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(path("target/site"), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".html" {
			return err
		}
		content, err := os.ReadFile(file)
		all[file] = string(content)
		return err
	})
	if err != nil {
		t.Fatalf("%v: run `make site`", err)
	}
	return all
}

func TestEveryLinkOfTheSiteLeadsToSomethingThatIsOnIt(t *testing.T) {
	all := sitePages(t)
	seen := 0
	for page, content := range all {
		for _, link := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(content, -1) {
			target, err := url.Parse(strings.ReplaceAll(link[1], "&amp;", "&"))
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			if target.Scheme != "" {
				continue
			}
			seen++
			file := page
			if target.Path != "" {
				file = filepath.Join(filepath.Dir(page), target.Path)
			}
			if info, err := os.Stat(file); err == nil && info.IsDir() {
				file = filepath.Join(file, "index.html")
			}
			if !exists(file) {
				t.Errorf("%s leads to %s, which is not there", page, link[1])
			} else if target.Fragment != "" && !strings.Contains(all[file], `id="`+target.Fragment+`"`) {
				t.Errorf("%s leads to %s, which has no such section", page, link[1])
			}
		}
	}
	if seen < 1000 {
		t.Errorf("%d links", seen)
	}
}

func TestTheSiteAsksNobodyElseForAnything(t *testing.T) {
	for page, content := range sitePages(t) {
		for _, source := range regexp.MustCompile(`<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^"]*"`).FindAllString(content, -1) {
			t.Errorf("%s: %s", page, source)
		}
	}
}
