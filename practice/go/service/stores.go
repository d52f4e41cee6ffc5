package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"time"

	_ "github.com/lib/pq"
	"github.com/redis/go-redis/v9"
)

// Connections live for seconds only, so that a changed password, a dropped route or a NetworkPolicy shows
// as quickly in the practice platform as it would under the load of a real one.
const connectionLife = 5 * time.Second

func openPostgres(name string) (*sql.DB, check, error) {
	dsn := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(setting("DATABASE_USER", "platform"), setting("DATABASE_PASSWORD", "")),
		Host:   setting("DATABASE_HOST", "postgres") + ":" + setting("DATABASE_PORT", "5432"),
		Path:   setting("DATABASE_NAME", "adaptive_learning"),
		RawQuery: url.Values{
			"sslmode": {"disable"}, "connect_timeout": {"2"}, "application_name": {name},
		}.Encode(),
	}
	db, err := sql.Open("postgres", dsn.String())
	if err != nil {
		return nil, check{}, fmt.Errorf("open postgres: %w", err)
	}
	db.SetConnMaxLifetime(connectionLife)
	db.SetMaxOpenConns(settingInt("DATABASE_POOL", 4))
	return db, check{"postgres", func(ctx context.Context) error {
		var one int
		return db.QueryRowContext(ctx, "SELECT 1").Scan(&one)
	}}, nil
}

func openRedis() (*redis.Client, check) {
	store := redis.NewClient(&redis.Options{
		Addr:             setting("REDIS_HOST", "redis") + ":" + setting("REDIS_PORT", "6379"),
		ConnMaxLifetime:  connectionLife,
		DialTimeout:      time.Second,
		MaxRetries:       -1,
		PoolSize:         4,
		DisableIndentity: true,
	})
	return store, check{"redis", func(ctx context.Context) error { return store.Ping(ctx).Err() }}
}

func brokenPostgres(err error) error {
	return &failure{http.StatusServiceUnavailable, "postgres", fmt.Errorf("postgres: %w", err)}
}

func brokenRedis(err error) error {
	return &failure{http.StatusServiceUnavailable, "redis", fmt.Errorf("redis: %w", err)}
}
