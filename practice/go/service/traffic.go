package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var traffic = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "traffic_requests_total", Help: "Requests of the practice users; code 0 is no answer at all.",
}, []string{"code", "step"})

// runTraffic is the users: every second one of them comes through the ingress, by the public names.
func runTraffic(ctx context.Context) error {
	s := newServer("traffic", "")
	client, err := publicClient()
	if err != nil {
		return err
	}
	go everySecond(ctx, func(ctx context.Context) { oneUser(ctx, s.log, client) })
	return s.run(ctx, 8080)
}

func everySecond(ctx context.Context, do func(context.Context)) {
	tick := time.NewTicker(settingDuration("TRAFFIC_EVERY", time.Second))
	defer tick.Stop()
	places := make(chan struct{}, 20) // users give up coming when twenty of them already wait
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		select {
		case places <- struct{}{}:
			go func() { do(ctx); <-places }()
		default:
			traffic.WithLabelValues("0", "turned-away").Inc()
		}
	}
}

func oneUser(ctx context.Context, log *logger, client *http.Client) {
	user, lesson := 1+rand.IntN(50), 1+rand.IntN(20)
	api, app := setting("TRAFFIC_API", "https://api.adaptivelearning.com"), setting("TRAFFIC_APP", "https://app.adaptivelearning.com")
	j := &journey{client: client}
	path := append([]step{{"page", http.MethodGet, app + "/", nil}}, steps(api, api, api, api, user, lesson)...)
	path = append(path, step{"health", http.MethodGet, api + "/health", nil})
	for _, s := range path {
		if s.name != "page" && s.name != "login" && s.name != "health" && j.token == "" {
			j.token = "none" // still ask: users whose sign-in failed press the other buttons too
		}
		limited, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, code, err := j.take(limited, s)
		cancel()
		traffic.WithLabelValues(strconv.Itoa(code), s.name).Inc()
		if err != nil && ctx.Err() == nil {
			log.line("ERROR", "user saw a failure", "step", s.name, "code", code, "error", err)
		}
	}
}

// publicClient trusts the practice CA and finds the public names at the ingress' Service, whatever the
// cluster's DNS says about them.
func publicClient() (*http.Client, error) {
	roots := x509.NewCertPool()
	file := setting("CA_FILE", "/etc/practice/ca.crt")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the ingress' CA: %w", err)
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read the ingress' CA: no certificate in %s", file)
	}
	dialer := &net.Dialer{Timeout: 2 * time.Second}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, setting("INGRESS_ADDRESS", "ingress-nginx-controller.ingress-nginx:443"))
		},
	}
	return &http.Client{Transport: transport}, nil
}
