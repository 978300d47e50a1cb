package kits

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages are those whose commands and links are tried.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		files, _ := filepath.Glob(path(pattern))
		for _, file := range files {
			name, _ := filepath.Rel(path("."), file)
			all = append(all, name)
		}
	}
	return all
}

// anchor is what a heading is called in a link.
func anchor(heading string) string {
	heading = strings.ToLower(regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(heading, ""))
	return strings.ReplaceAll(strings.TrimSpace(heading), " ", "-")
}

func TestEveryLinkOfAPageLeadsToSomethingThatExists(t *testing.T) {
	for _, page := range pages(t) {
		content := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`").ReplaceAllString(text(t, page), "")
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(content, -1) {
			target, section, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), target)
			}
			if !exists(path(file)) {
				t.Errorf("%s leads to %s, which is not there", page, link[1])
				continue
			}
			found := section == ""
			if section != "" {
				for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text(t, file), -1) {
					found = found || anchor(heading[1]) == section
				}
			}
			if !found {
				t.Errorf("%s leads to %s, which has no such section", page, link[1])
			}
		}
	}
}

func TestEveryMakeTargetAndFileThatACommandNamesExists(t *testing.T) {
	makefile := text(t, "Makefile")
	for _, page := range pages(t) {
		if page == "CHANGELOG.md" {
			continue
		}
		content := text(t, page)
		for _, command := range regexp.MustCompile("`make ([a-z ]+)").FindAllStringSubmatch(content, -1) {
			for _, target := range strings.Fields(command[1]) {
				if !strings.Contains(makefile, "\n"+target+":") {
					t.Errorf("%s: make %s", page, target)
				}
			}
		}
		for _, file := range regexp.MustCompile(`(?:-f|-k|--patch-file|install|upgrade) (?:ping-operator )?(deploy/[^\s`+"`"+`;]+)`).FindAllStringSubmatch(content, -1) {
			if !exists(path(strings.Trim(file[1], "'\".,)"))) {
				t.Errorf("%s: %s", page, file[1])
			}
		}
	}
}

func TestTheReadmeAnswersInAMinute(t *testing.T) {
	page := text(t, "README.md")
	if words := len(strings.Fields(regexp.MustCompile("(?s)```.*?```").ReplaceAllString(page, ""))); words > 700 {
		t.Errorf("%d words", words)
	}
	commands := func(heading string) []string {
		_, section, _ := strings.Cut(page, "\n## "+heading+"\n")
		_, block, _ := strings.Cut(section, "\n```\n")
		block, _, _ = strings.Cut(block, "\n```")
		return strings.Split(block, "\n")
	}
	if install := commands("Install"); len(install) != 3 {
		t.Errorf("%d lines to install", len(install))
	} else {
		chart(t, append(strings.Fields(install[1][strings.Index(install[1], "--set"):]), "--create-namespace")...)
	}
	if first := commands("The first Team"); len(first) != 5 {
		t.Errorf("%d lines for the first Team", len(first))
	}
	for _, said := range []string{"alpha", "1.30 to 1.36", "`helm uninstall ping-operator -n ping-operator`"} {
		if !strings.Contains(page, said) {
			t.Errorf("it does not say %q", said)
		}
	}
	for _, host := range []string{"api.pinghome.io", "api.nodeping.com"} {
		code, _ := os.ReadFile(path("src/provider/request.rs"))
		if !strings.Contains(string(code), host) || !strings.Contains(page, host) {
			t.Errorf("%s: is it called, and said?", host)
		}
	}
}
