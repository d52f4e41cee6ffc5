package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// A busy machine may let a journey fail. It is walked again in the same pod, so that the Job has one log and one verdict.
const (
	smokeJourneys = 3
	smokeRest     = 5 * time.Second
)

// runSmokeTests walks one user's journey through the Services by their DNS names, and checks the answers.
func runSmokeTests(ctx context.Context) error {
	var err error
	for turn := 1; turn <= smokeJourneys; turn++ {
		if err = walk(ctx); err == nil {
			return nil
		}
		fmt.Printf("not ok - journey %d of %d\n", turn, smokeJourneys)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(smokeRest):
		}
	}
	return err
}

func walk(ctx context.Context) error {
	in := "." + setting("PLATFORM_NAMESPACE", "adaptive-learning-production") + ".svc.cluster.local"
	j := &journey{client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}}
	path := steps("http://auth-service-active"+in+":3001", "http://user-service"+in+":3002",
		"http://scheduler-service"+in+":3003", "http://content-service"+in+":3004", 7, 3)
	expected := map[string]string{"login": "token", "users": "name", "scheduler": "lessons", "content": "page"}
	for _, s := range path {
		began := time.Now()
		values, _, err := j.take(ctx, s)
		if err == nil && values[expected[s.name]] == nil {
			err = fmt.Errorf("%s: the answer has no %q", s.address, expected[s.name])
		}
		if err != nil {
			fmt.Printf("not ok - %s: %v\n", s.name, err)
			return fmt.Errorf("smoke test %s failed: %w", s.name, err)
		}
		fmt.Printf("ok - %s (%d ms)\n", s.name, time.Since(began).Milliseconds())
	}
	fmt.Printf("all %d smoke tests passed\n", len(path))
	return nil
}
