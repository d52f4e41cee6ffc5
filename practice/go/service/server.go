package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

var (
	requests = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "http_requests_total", Help: "Requests answered.",
	}, []string{"code", "handler"})
	durations = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds", Help: "Time to answer.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"handler"})
	build = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "service_build_info", Help: "Always 1; the version is in the label.",
	}, []string{"version"})
)

// failure is an answer that is not 2xx, and which dependency is to blame for it.
type failure struct {
	code       int
	dependency string
	err        error
}

func (f *failure) Error() string { return f.err.Error() }

func denied(sentence string) error {
	return &failure{code: http.StatusUnauthorized, err: errors.New(sentence)}
}

// check is one own dependency that must answer before the service calls itself ready.
type check struct {
	name string
	ask  func(context.Context) error
}

type server struct {
	name, prefix string
	log          *logger
	mux          *http.ServeMux
	checks       []check
	fault        fault
	wedge        wedge
}

// newServer answers /health, /live and /metrics at the root and under the ingress prefix.
func newServer(name, prefix string, checks ...check) *server {
	s := &server{name: name, prefix: prefix, log: newLogger(name), mux: http.NewServeMux(), checks: checks}
	s.fault = faultOf(s.log)
	paths := []string{""}
	if prefix != "" {
		paths = append(paths, prefix)
	}
	for _, path := range paths {
		s.mux.HandleFunc("GET "+path+"/health", s.health)
		s.mux.HandleFunc("GET "+path+"/live", s.live)
		s.mux.Handle("GET "+path+"/metrics", promhttp.Handler())
	}
	return s
}

// on registers a business request: timed, counted, its failure logged with the dependency's name.
func (s *server) on(pattern, handler string, answer func(*http.Request) (any, error)) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout())
		defer cancel()
		body, err := s.guarded(answer, r.WithContext(ctx))
		code := s.write(w, handler, body, err)
		durations.WithLabelValues(handler).Observe(time.Since(began).Seconds())
		requests.WithLabelValues(strconv.Itoa(code), handler).Inc()
		s.log.line("DEBUG", "answered", "handler", handler, "code", code, "took", time.Since(began))
	})
}

func (s *server) guarded(answer func(*http.Request) (any, error), r *http.Request) (any, error) {
	if flagOn("maintenance") {
		return nil, &failure{http.StatusServiceUnavailable, "feature-flags", errors.New("feature flag maintenance is on, request refused")}
	}
	if err := errors.Join(s.fault.strike(r.Context()), s.wedge.strike()); err != nil {
		return nil, &failure{http.StatusInternalServerError, "self", err}
	}
	return answer(r)
}

func (s *server) write(w http.ResponseWriter, handler string, body any, err error) int {
	code := http.StatusOK
	if err != nil {
		code, body = http.StatusInternalServerError, map[string]string{"error": "internal error"}
		var known *failure
		dependency := "self"
		if errors.As(err, &known) {
			code, dependency = known.code, known.dependency
			body = map[string]string{"error": http.StatusText(code), "dependency": dependency}
		}
		if code >= 500 {
			s.log.line("ERROR", "request failed", "handler", handler, "code", code, "dependency", dependency, "error", said(err))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
	return code
}

// said names a time-out as one; Go calls it "context deadline exceeded", which nobody greps for.
func said(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("connection timeout after %s: %v", requestTimeout(), err)
	}
	return err.Error()
}

func (s *server) live(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, `{"status":"alive"}`)
}

// health is readiness: the service's own datastores answer. Other services are not asked, so that one
// outage does not take everything that depends on it out of the load balancer too.
func (s *server) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	results, code := map[string]string{}, http.StatusOK
	for _, c := range s.checks {
		results[c.name] = "ok"
		if err := c.ask(ctx); err != nil {
			results[c.name], code = "failed", http.StatusServiceUnavailable
			s.log.line("ERROR", "health check failed", "dependency", c.name, "error", said(err))
		}
	}
	status := map[int]string{http.StatusOK: "ok", http.StatusServiceUnavailable: "unavailable"}[code]
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"service": s.name, "status": status, "version": setting("SERVICE_VERSION", "unknown"), "checks": results,
	})
}

// run serves until the context ends, then lets the requests under way finish.
func (s *server) run(ctx context.Context, otherwisePort int) error {
	version := setting("SERVICE_VERSION", "unknown")
	build.WithLabelValues(version).Set(1)
	s.log.line("INFO", "starting", "version", version, "log_level", setting("LOG_LEVEL", "info"), "flags", setting("FEATURE_FLAGS", ""))
	time.Sleep(settingDuration("START_DELAY", 300*time.Millisecond))
	s.fault.start(ctx)
	s.wedge.listen(ctx)
	address := net.JoinHostPort(setting("BIND_ADDRESS", ""), strconv.Itoa(settingInt("PORT", otherwisePort)))
	web := &http.Server{Addr: address, Handler: s.mux, ReadHeaderTimeout: 5 * time.Second}
	broken := make(chan error, 1)
	go func() { broken <- web.ListenAndServe() }()
	s.log.line("INFO", "listening", "address", web.Addr)
	select {
	case err := <-broken:
		return fmt.Errorf("listen on %s: %w", web.Addr, err)
	case <-ctx.Done():
	}
	s.log.line("INFO", "stopping, finishing requests under way")
	ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return web.Shutdown(ending)
}

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
