package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// step is one request of a user's journey; its address may differ between the ingress and the Services.
type step struct {
	name, method, address string
	body                  any
}

// journey is one user: signs in, then asks for the profile, the plan and a lesson with the token.
type journey struct {
	client *http.Client
	token  string
}

// take makes one request and reads the JSON answer; any answer but 200 is an error that names it.
func (j *journey) take(ctx context.Context, s step) (map[string]any, int, error) {
	text, err := json.Marshal(s.body)
	if err != nil {
		return nil, 0, err
	}
	r, err := http.NewRequestWithContext(ctx, s.method, s.address, bytes.NewReader(text))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Authorization", "Bearer "+j.token)
	answer, err := j.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, answer.StatusCode, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, answer.StatusCode, fmt.Errorf("%s %s answered %s", s.method, s.address, answer.Status)
	}
	var values map[string]any
	_ = json.Unmarshal(content, &values) // a page is not JSON, and that is fine
	if token, ok := values["token"].(string); ok {
		j.token = token
	}
	return values, answer.StatusCode, nil
}

func steps(auth, users, scheduler, content string, user, lesson int) []step {
	login := map[string]string{"email": fmt.Sprintf("learner%d@example.org", user), "password": fmt.Sprintf("learn-%d", user)}
	return []step{
		{"login", http.MethodPost, auth + "/auth/login", login},
		{"users", http.MethodGet, users + "/users/me", nil},
		{"scheduler", http.MethodGet, scheduler + "/scheduler/plan", nil},
		{"content", http.MethodGet, fmt.Sprintf("%s/content/lessons/%d", content, lesson), nil},
	}
}
