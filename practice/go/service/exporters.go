package main

import (
	"context"
	"database/sql"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/redis/go-redis/v9"
)

// The exporters run beside their database in its pod and ask over loopback, so that they still see it when
// no client can reach it any more.

func gauge(name, help string) prometheus.Gauge {
	return promauto.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

func runPostgresExporter(ctx context.Context) error {
	up := gauge("pg_up", "1 when Postgres answers a query.")
	connections := gauge("pg_connections", "Client connections.")
	limit := gauge("pg_connections_limit", "max_connections.")
	longest := gauge("pg_longest_transaction_seconds", "Age of the oldest open transaction.")
	waiting := gauge("pg_waiting_for_locks", "Sessions that wait for a lock.")
	db, err := sql.Open("postgres", "host=127.0.0.1 user=postgres dbname=postgres sslmode=disable connect_timeout=2 application_name=postgres-exporter")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	const question = `SELECT count(*), current_setting('max_connections')::float,
		coalesce(extract(epoch FROM max(now() - xact_start) FILTER (WHERE pid <> pg_backend_pid())), 0),
		count(*) FILTER (WHERE wait_event_type = 'Lock')
		FROM pg_stat_activity WHERE backend_type = 'client backend'`
	return export(ctx, "postgres-exporter", 9187, up, func(ctx context.Context) error {
		var values [4]float64
		err := db.QueryRowContext(ctx, question).Scan(&values[0], &values[1], &values[2], &values[3])
		if err != nil {
			return err
		}
		for i, g := range []prometheus.Gauge{connections, limit, longest, waiting} {
			g.Set(values[i])
		}
		return nil
	})
}

func runRedisExporter(ctx context.Context) error {
	up := gauge("redis_up", "1 when Redis answers.")
	memory := gauge("redis_memory_used_bytes", "Memory used by the data.")
	clients := gauge("redis_connected_clients", "Clients connected.")
	store := redis.NewClient(&redis.Options{
		Addr: net.JoinHostPort("127.0.0.1", "6379"), PoolSize: 1, MaxRetries: -1, DisableIndentity: true,
	})
	return export(ctx, "redis-exporter", 9121, up, func(ctx context.Context) error {
		text, err := store.Info(ctx, "memory", "clients").Result()
		if err != nil {
			return err
		}
		memory.Set(infoValue(text, "used_memory"))
		clients.Set(infoValue(text, "connected_clients"))
		return nil
	})
}

func infoValue(text, key string) float64 {
	for line := range strings.SplitSeq(text, "\r\n") {
		if name, value, found := strings.Cut(line, ":"); found && name == key {
			number, _ := strconv.ParseFloat(value, 64)
			return number
		}
	}
	return 0
}

// export looks every three seconds; a look that fails is the finding "down", never a crash.
func export(ctx context.Context, name string, port int, up prometheus.Gauge, look func(context.Context) error) error {
	s := newServer(name, "")
	go everyThreeSeconds(ctx, func() {
		limited, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if err := look(limited); err != nil {
			up.Set(0)
			s.log.line("ERROR", "no answer", "error", said(err))
			return
		}
		up.Set(1)
	})
	return s.run(ctx, port)
}

func everyThreeSeconds(ctx context.Context, do func()) {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for do(); ; do() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
