package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// fault is what a bad release does. Only the images of bad releases set SERVICE_FAULT.
type fault string

func faultOf(log *logger) fault {
	if wanted := setting("SERVICE_FAULT", ""); wanted != "" {
		log.line("DEBUG", "release carries a defect", "defect", wanted)
		return fault(wanted)
	}
	return ""
}

// start is the defect that shows when the program starts.
func (f fault) start(ctx context.Context) {
	switch f {
	case "crash":
		var routes map[string]string
		routes["default"] = "registered twice" // the panic, with its stack trace, is the point
	case "leak":
		go leak(ctx)
	}
}

// strike is the defect that shows in a request.
func (f fault) strike(ctx context.Context) error {
	switch f {
	case "slow":
		select {
		case <-time.After(1500 * time.Millisecond):
		case <-ctx.Done():
		}
	case "errors":
		if rand.IntN(10) < 6 {
			return errors.New("unhandled exception: template lesson/v3: field Title: nil value")
		}
	}
	return nil
}

// wedge is a process that went wrong while it ran, in a way that its probes do not see: from SIGUSR2 on every
// request fails and /health answers well. Nothing around it changed, and only a new process is well again.
type wedge struct{ stuck atomic.Bool }

func (w *wedge) listen(ctx context.Context) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGUSR2)
	go func() {
		defer signal.Stop(told)
		select {
		case <-told:
			w.stuck.Store(true)
		case <-ctx.Done():
		}
	}()
}

func (w *wedge) strike() error {
	if w.stuck.Load() {
		return errors.New("internal state is inconsistent: worker 3 of 4 holds the table of routes and does not answer")
	}
	return nil
}

var leaked [][]byte

func leak(ctx context.Context) {
	for ctx.Err() == nil {
		page := make([]byte, 4<<20)
		for i := 0; i < len(page); i += 4096 {
			page[i] = 1
		}
		leaked = append(leaked, page)
		time.Sleep(500 * time.Millisecond)
	}
}
