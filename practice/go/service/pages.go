package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// runWebApp is the portal's page and the health of the two public names.
func runWebApp(ctx context.Context) error {
	s := newServer("web-app", "")
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		n, _ := fmt.Fprintln(w, "<!doctype html><title>Adaptive Learning</title><h1>Adaptive Learning</h1>")
		requests.WithLabelValues(strconv.Itoa(http.StatusOK), "page").Add(float64(min(n, 1)))
	})
	return s.run(ctx, 3000)
}

// runMaintenancePage tells users to come back; 503 keeps caches and crawlers from keeping it.
func runMaintenancePage(ctx context.Context) error {
	s := newServer("maintenance-page", "")
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Retry-After", "300")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, "<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>")
	})
	return s.run(ctx, 8080)
}
