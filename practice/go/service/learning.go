package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

type profile struct {
	User  int    `json:"user"`
	Name  string `json:"name"`
	Level int    `json:"level"`
}

// runUsers is the user's profile: the token is checked by auth-service, the profile is in Postgres.
func runUsers(ctx context.Context) error {
	db, postgresAnswers, err := openPostgres("user-service")
	if err != nil {
		return err
	}
	s := newServer("user-service", "/users", postgresAnswers)
	s.on("GET /users/me", "me", func(r *http.Request) (any, error) {
		var who struct{ User int }
		address := setting("AUTH_SERVICE_URL", "http://auth-service-active:3001") + "/auth/verify"
		if err := ask(r, "auth-service", address, &who); err != nil {
			return nil, err
		}
		me := profile{User: who.User}
		row := db.QueryRowContext(r.Context(), "SELECT display_name, level FROM profiles WHERE user_id = $1", who.User)
		if err := row.Scan(&me.Name, &me.Level); err != nil {
			return nil, brokenPostgres(err)
		}
		return me, nil
	})
	return s.run(ctx, 3002)
}

func whoAmI(r *http.Request) (profile, error) {
	var me profile
	address := setting("USER_SERVICE_URL", "http://user-service:3002") + "/users/me"
	return me, ask(r, "user-service", address, &me)
}

// runScheduler is what to learn next: the user from user-service, the plan in Postgres.
func runScheduler(ctx context.Context) error {
	db, postgresAnswers, err := openPostgres("scheduler-service")
	if err != nil {
		return err
	}
	s := newServer("scheduler-service", "/scheduler", postgresAnswers)
	s.on("GET /scheduler/plan", "plan", func(r *http.Request) (any, error) {
		me, err := whoAmI(r)
		if err != nil {
			return nil, err
		}
		lessons, err := plannedLessons(r.Context(), db, me.User)
		if err != nil {
			return nil, brokenPostgres(err)
		}
		return map[string]any{"user": me.User, "lessons": lessons}, nil
	})
	return s.run(ctx, 3003)
}

func plannedLessons(ctx context.Context, db *sql.DB, user int) ([]int, error) {
	rows, err := db.QueryContext(ctx, "SELECT lesson_id FROM schedules WHERE user_id = $1 ORDER BY slot LIMIT 5", user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lessons []int
	for rows.Next() {
		var lesson int
		if err := rows.Scan(&lesson); err != nil {
			return nil, err
		}
		lessons = append(lessons, lesson)
	}
	return lessons, rows.Err()
}

// runContent is the lessons themselves: the user from user-service, rendered pages in Redis.
func runContent(ctx context.Context) error {
	pages, redisAnswers := openRedis()
	s := newServer("content-service", "/content", redisAnswers)
	s.on("GET /content/lessons/{id}", "lesson", func(r *http.Request) (any, error) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil {
			return nil, &failure{http.StatusNotFound, "", fmt.Errorf("no lesson %q", r.PathValue("id"))}
		}
		me, err := whoAmI(r)
		if err != nil {
			return nil, err
		}
		page, err := lessonPage(r.Context(), pages, id, me.Level)
		if err != nil {
			return nil, brokenRedis(err)
		}
		return map[string]any{"lesson": id, "page": page}, nil
	})
	return s.run(ctx, 3004)
}

func lessonPage(ctx context.Context, pages *redis.Client, id, level int) (string, error) {
	key := fmt.Sprintf("lesson:%d:%d", id, level)
	page, err := pages.Get(ctx, key).Result()
	if !errors.Is(err, redis.Nil) {
		return page, err
	}
	page = fmt.Sprintf("Lesson %d for level %d", id, level)
	return page, pages.Set(ctx, key, page, 10*time.Minute).Err()
}
