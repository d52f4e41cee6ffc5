// Every program of the practice platform in one binary: the four services, the pages, the user traffic,
// the smoke test and the exporters. The first argument says which one to be.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var roles = map[string]func(context.Context) error{
	"auth-service":      runAuth,
	"user-service":      runUsers,
	"scheduler-service": runScheduler,
	"content-service":   runContent,
	"web-app":           runWebApp,
	"maintenance-page":  runMaintenancePage,
	"traffic":           runTraffic,
	"smoke-tests":       runSmokeTests,
	"postgres-exporter": runPostgresExporter,
	"redis-exporter":    runRedisExporter,
	"target-discovery":  runTargetDiscovery,
}

func main() {
	if len(os.Args) != 2 || roles[os.Args[1]] == nil {
		fmt.Fprintf(os.Stderr, "usage: service %s\n", strings.Join(names(), "|"))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	log := newLogger(os.Args[1])
	if err := roles[os.Args[1]](ctx); err != nil {
		log.line("ERROR", "stopped", "error", err)
		os.Exit(1)
	}
}

func names() []string {
	var all []string
	for name := range roles {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

// Settings come from the ConfigMap app-config and the Secrets, through the environment only.

func setting(name, otherwise string) string {
	if value, given := os.LookupEnv(name); given {
		return value
	}
	return otherwise
}

func settingInt(name string, otherwise int) int {
	if value, err := strconv.Atoi(setting(name, "")); err == nil {
		return value
	}
	return otherwise
}

func settingDuration(name string, otherwise time.Duration) time.Duration {
	if value, err := time.ParseDuration(setting(name, "")); err == nil {
		return value
	}
	return otherwise
}

// flagOn tells whether FEATURE_FLAGS ("new-planner=off,read-only=on") switches a flag on.
func flagOn(name string) bool {
	for _, flag := range strings.FieldsFunc(setting("FEATURE_FLAGS", ""), isFlagSeparator) {
		key, value, _ := strings.Cut(strings.TrimSpace(flag), "=")
		if key == name {
			return value == "on" || value == "true"
		}
	}
	return false
}

func isFlagSeparator(r rune) bool { return r == ',' || r == '\n' }

func requestTimeout() time.Duration { return settingDuration("REQUEST_TIMEOUT", 2*time.Second) }
