package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// logger writes one line per happening: time, level, program, sentence, then key=value pairs.
type logger struct {
	name  string
	debug bool
}

func newLogger(name string) *logger {
	return &logger{name: name, debug: strings.EqualFold(setting("LOG_LEVEL", "info"), "debug")}
}

func (l *logger) line(level, sentence string, pairs ...any) {
	if level == "DEBUG" && !l.debug {
		return
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %-5s %s: %s", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), level, l.name, sentence)
	for i := 0; i+1 < len(pairs); i += 2 {
		value := fmt.Sprint(pairs[i+1])
		if strings.ContainsAny(value, " \"=") {
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(&text, " %v=%s", pairs[i], value)
	}
	fmt.Fprintln(os.Stderr, text.String())
}
