// Controlplane is a Kubernetes API server with its store inside, for tests:
//
//	controlplane kube-apiserver DIR FLAGS…           etcd embedded, its data and sockets in DIR
//	controlplane kube-controller-manager FLAGS…      for namespaces and garbage collection
//
// Everything after DIR goes to the upstream command as it is, so whoever starts it (up.sh) starts
// the upstream binaries by the same flags.
package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: controlplane kube-apiserver DIR FLAGS… | kube-controller-manager FLAGS…")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "kube-apiserver":
		endpoint, err := startEtcd(os.Args[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, "etcd:", err)
			os.Exit(1)
		}
		run(apiserver.NewAPIServerCommand(), append(os.Args[3:], "--etcd-servers="+endpoint))
	case "kube-controller-manager":
		run(controllermanager.NewControllerManagerCommand(), os.Args[2:])
	default:
		fmt.Fprintf(os.Stderr, "unknown command %q\n", os.Args[1])
		os.Exit(2)
	}
}

func run(command *cobra.Command, args []string) {
	command.SetArgs(args)
	os.Exit(cli.Run(command))
}

// startEtcd serves etcd on unix sockets in dir. It does not fsync: a test's data need not outlive its machine.
// Etcd wants host:port even of a socket, and takes it for a file's name: so dir becomes the working directory.
func startEtcd(dir string) (string, error) {
	if err := os.Chdir(dir); err != nil {
		return "", err
	}
	config := embed.NewConfig()
	config.Dir = filepath.Join(dir, "etcd")
	config.UnsafeNoFsync = true
	config.LogLevel = "error"
	client := url.URL{Scheme: "unix", Host: "etcd.sock:0"}
	peer := url.URL{Scheme: "unix", Host: "peer.sock:0"}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	<-etcd.Server.ReadyNotify()
	return client.String(), nil
}
