package kits

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// What the recording cannot show: the API server refused nothing while it was made.
var emptyPanels = map[string]bool{"Trouble with the API server": true}

var counted = regexp.MustCompile(`_(total|bucket|sum|count)(\{.*\})? `)

// recording serves the metrics that an operator showed. Counters go on counting from scrape to scrape, so that they have rates.
func recording(t *testing.T) string {
	var scrapes atomic.Int64
	content := text(t, "tests/kits/testdata/metrics.txt")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		factor := float64(scrapes.Add(1))
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		lines := bufio.NewScanner(strings.NewReader(content))
		for lines.Scan() {
			line := lines.Text()
			if counted.MatchString(line) && !strings.HasPrefix(line, "#") {
				end := strings.LastIndex(line, " ")
				value, _ := strconv.ParseFloat(line[end+1:], 64)
				line = line[:end+1] + strconv.FormatFloat(value*factor, 'f', -1, 64)
			}
			fmt.Fprintln(w, line)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// prometheus runs Prometheus with the shipped rules and one target, and says where it listens.
func prometheus(t *testing.T, target string) string {
	dir := t.TempDir()
	var file prometheusRule
	parse(t, text(t, ruleFile), &file)
	rules, _ := yaml.Marshal(file.Spec)
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs:
- job_name: ping-operator
  honor_labels: true
  static_configs:
  - targets: [%q]
    labels: {namespace: ping-operator}
`, target)
	for name, content := range map[string]string{"rules.yaml": string(rules), "prometheus.yaml": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	command := exec.Command(path(".tools/bin/prometheus"), "--config.file="+filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--log.level=error")
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatalf("%v: run `make package`", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return "http://" + address
}

type sample struct {
	Metric map[string]string `json:"metric"`
}

// query is what Prometheus answers now.
func query(server, expr string) ([]sample, error) {
	response, err := http.Get(server + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Result []sample `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, body)
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("%s", answer.Error)
	}
	return answer.Data.Result, nil
}

// METRICS=127.0.0.1:PORT takes a running operator in the place of the recording, such as that of `make demo KEEP=1`.
func TestPrometheusAnswersEveryPanel(t *testing.T) {
	target, isLive := os.LookupEnv("METRICS")
	if !isLive {
		target = recording(t)
	}
	server := prometheus(t, target)
	deadline := time.Now().Add(time.Minute)
	for {
		samples, err := query(server, "count_over_time(ping_operator_build_info[1m]) >= 5")
		if err == nil && len(samples) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing is scraped: %v", err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	for _, p := range readDashboard(t).Panels {
		answered := 0
		for _, target := range p.Targets {
			samples, err := query(server, asked(target.Expr))
			if err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
			answered += len(samples)
		}
		if answered == 0 && !isLive && !emptyPanels[p.Title] {
			t.Errorf("%s is empty", p.Title)
		}
	}
	namespaces, err := query(server, `ping_operator_resource_status_condition{namespace="web"}`)
	if !isLive && (err != nil || len(namespaces) == 0) {
		t.Errorf("honor_labels does not keep the namespace of resources: %v", err)
	}
}

func TestTheRecordingHasTheMetricsThatAreDocumented(t *testing.T) {
	known := metrics(t)
	names := regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(text(t, "tests/kits/testdata/metrics.txt"), -1)
	if len(names) < 25 {
		t.Errorf("%d families", len(names))
	}
	for _, name := range names {
		if !known[name[1]] {
			t.Errorf("%s is not in docs/metrics.md: record an operator of today", name[1])
		}
	}
}
