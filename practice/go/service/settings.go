package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

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
