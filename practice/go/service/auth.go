package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const sessionLife = 15 * time.Minute

type auth struct {
	db       *sql.DB
	sessions *redis.Client
}

// runAuth is who the user is: passwords in Postgres, sessions in Redis.
func runAuth(ctx context.Context) error {
	db, postgresAnswers, err := openPostgres("auth-service")
	if err != nil {
		return err
	}
	sessions, redisAnswers := openRedis()
	a := auth{db, sessions}
	s := newServer("auth-service", "/auth", postgresAnswers, redisAnswers)
	s.on("POST /auth/login", "login", a.login)
	s.on("GET /auth/verify", "verify", a.verify)
	return s.run(ctx, 3001)
}

func (a auth) login(r *http.Request) (any, error) {
	var given struct{ Email, Password string }
	if err := json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&given); err != nil {
		return nil, &failure{http.StatusBadRequest, "", err}
	}
	var id int
	var salt, stored string
	row := a.db.QueryRowContext(r.Context(), "SELECT id, salt, password_sha FROM users WHERE email = $1", given.Email)
	if err := row.Scan(&id, &salt, &stored); errors.Is(err, sql.ErrNoRows) {
		return nil, denied("unknown user or wrong password")
	} else if err != nil {
		return nil, brokenPostgres(err)
	}
	sum := sha256.Sum256([]byte(salt + given.Password))
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(stored)) != 1 {
		return nil, denied("unknown user or wrong password")
	}
	token := rand.Text()
	if err := a.sessions.Set(r.Context(), "session:"+token, id, sessionLife).Err(); err != nil {
		return nil, brokenRedis(err)
	}
	return map[string]any{"token": token, "user": id}, nil
}

func (a auth) verify(r *http.Request) (any, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	id, err := a.sessions.Get(r.Context(), "session:"+token).Int()
	if errors.Is(err, redis.Nil) {
		return nil, denied("the session is over")
	} else if err != nil {
		return nil, brokenRedis(err)
	}
	return map[string]any{"user": id}, nil
}
