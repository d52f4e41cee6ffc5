package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// A new connection for each call: the Service spreads them, and a NetworkPolicy meets every one of them.
var caller = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// ask calls another service with the user's token and reads its JSON answer.
func ask(r *http.Request, dependency, address string, into any) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout())
	defer cancel()
	out, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return &failure{http.StatusBadGateway, dependency, err}
	}
	out.Header.Set("Authorization", r.Header.Get("Authorization"))
	answer, err := caller.Do(out)
	if err != nil {
		return &failure{http.StatusBadGateway, dependency, err}
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusUnauthorized {
		return denied("the token is not valid")
	}
	if answer.StatusCode != http.StatusOK {
		return &failure{http.StatusBadGateway, dependency, fmt.Errorf("%s answered %s", address, answer.Status)}
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(into); err != nil {
		return &failure{http.StatusBadGateway, dependency, fmt.Errorf("%s: unreadable answer: %w", address, err)}
	}
	return nil
}
