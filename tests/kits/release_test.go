package kits

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program that writes the pages as the operator does, where the operator itself is not built.
const pagesOnly = `#!/bin/sh
case $1 in
    --version) echo ping-operator 9.8.7 ;;
    man) mkdir -p "$3" && echo page >"$3/ping-operator.1" ;;
    completions) echo "$2" ;;
esac
`

func TestABinaryThatDoesNotRunHereIsPackedWithThePagesOfOneThatDoes(t *testing.T) {
	out := t.TempDir()
	pages, binary := filepath.Join(out, "pages"), filepath.Join(out, "foreign")
	for name, content := range map[string]string{pages: pagesOnly, binary: "not a program"} {
		if err := os.WriteFile(name, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for target, archive := range map[string]string{
		"aarch64-unknown-linux-gnu": "ping-operator-9.8.7-linux-arm64.tar.gz", "x86_64-unknown-linux-gnu": "ping-operator-9.8.7-linux-amd64.tar.gz",
		"aarch64-apple-darwin": "ping-operator-9.8.7-darwin-arm64.tar.gz",
	} {
		command := exec.Command(path("deploy/release.sh"))
		command.Env = append(os.Environ(), "BINARY="+binary, "PAGES="+pages, "TARGET="+target, "OUT="+out, "SBOM=", "SOURCE_DATE_EPOCH=1000000000")
		if message, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", target, err, message)
		}
		listed := mustRun(t, "tar", "tzf", filepath.Join(out, archive))
		if !strings.Contains(listed, "./ping-operator\n") || !strings.Contains(listed, "./man/ping-operator.1\n") {
			t.Errorf("%s has %s", archive, listed)
		}
	}
	krew, err := os.ReadFile(filepath.Join(out, "ping.yaml"))
	if err != nil || strings.Count(string(krew), "- selector:") != 3 {
		t.Errorf("%v: the manifest is not of the three archives:\n%s", err, krew)
	}
}

func TestNoArchiveIsMadeForAPlatformThatHasNone(t *testing.T) {
	for _, target := range []string{"riscv64gc-unknown-linux-gnu", "x86_64-pc-windows-msvc"} {
		command := exec.Command(path("deploy/release.sh"))
		command.Env = append(os.Environ(), "PAGES=/bin/echo", "TARGET="+target, "OUT="+t.TempDir())
		message, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(message), "error: no archives are made for "+target) {
			t.Errorf("%s: %v\n%s", target, err, message)
		}
	}
}
