// Command outage-kubernetes is the whole practice cluster in one static binary: it looks at the name it was
// called by, or at its first argument, and becomes that component.
//
// One binary instead of six shares one compile and one link; that is most of what a cold start waits for.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

// components maps a name to the program behind it; each gets its arguments without the name.
var components = map[string]func(arguments []string) int{
	"etcd": func(arguments []string) int {
		etcdmain.Main(append([]string{"etcd"}, arguments...))
		return 0
	},
	"kube-apiserver":          command(func() *cobra.Command { return apiserver.NewAPIServerCommand() }),
	"kube-controller-manager": command(func() *cobra.Command { return controllers.NewControllerManagerCommand() }),
	"kube-scheduler":          command(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubelet": command(func() *cobra.Command {
		return kubelet.NewKubeletCommand(context.Background())
	}),
	"kube-proxy": command(func() *cobra.Command { return proxy.NewProxyCommand() }),
	"names":      serveNames,
	"relay":      relay,
}

// command adapts a component's cobra command to the table above.
func command(make func() *cobra.Command) func([]string) int {
	return func(arguments []string) int {
		chosen := make()
		chosen.SetArgs(arguments)
		return cli.Run(chosen)
	}
}

func main() {
	name, arguments := filepath.Base(os.Args[0]), os.Args[1:]
	if _, known := components[name]; !known && len(arguments) > 0 {
		name, arguments = arguments[0], arguments[1:]
	}
	run, known := components[name]
	if !known {
		fmt.Fprintf(os.Stderr, "%s is none of the components in this binary: %s\n", name, strings.Join(names(), ", "))
		os.Exit(2)
	}
	os.Exit(run(arguments))
}

func names() []string {
	list := make([]string, 0, len(components))
	for name := range components {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
