package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// Debian's Prometheus is built without Kubernetes discovery, so this program stands in for it: Prometheus asks
// it over loopback, and it asks the API server with the pod's own token.

const credentials = "/var/run/secrets/kubernetes.io/serviceaccount/"

type targets struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

type podList struct {
	Items []struct {
		Metadata struct {
			Name, Namespace     string
			Labels, Annotations map[string]string
		}
		Spec struct {
			NodeName   string
			Containers []struct {
				Ports []struct {
					Name          string
					ContainerPort int
				}
			}
		}
		Status struct{ PodIP string }
	}
}

type nodeList struct {
	Items []struct {
		Metadata struct{ Name string }
		Status   struct {
			Addresses []struct{ Type, Address string }
		}
	}
}

func runTargetDiscovery(ctx context.Context) error {
	api, err := newAPI()
	if err != nil {
		return err
	}
	s := newServer("target-discovery", "")
	s.mux.HandleFunc("GET /pods", api.serve(s.log, podTargets))
	s.mux.HandleFunc("GET /nodes", api.serve(s.log, nodeTargets))
	return s.run(ctx, 8085)
}

// podTargets are the ports http and metrics of the pods that ask to be scraped.
func podTargets(ctx context.Context, a *api) ([]targets, error) {
	var pods podList
	if err := a.get(ctx, "/api/v1/pods?resourceVersion=0&fieldSelector=status.phase%3DRunning", &pods); err != nil {
		return nil, err
	}
	found := []targets{}
	for _, pod := range pods.Items {
		if pod.Metadata.Annotations["prometheus.io/scrape"] != "true" || pod.Status.PodIP == "" {
			continue
		}
		labels := map[string]string{
			"namespace": pod.Metadata.Namespace, "pod": pod.Metadata.Name, "node": pod.Spec.NodeName,
			"service": pod.Metadata.Labels["app"] + pod.Metadata.Labels["k8s-app"],
		}
		for _, container := range pod.Spec.Containers {
			for _, port := range container.Ports {
				if port.Name == "metrics" || (port.Name == "http" && pod.Metadata.Annotations["prometheus.io/port"] == "") {
					address := net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(port.ContainerPort))
					found = append(found, targets{[]string{address}, labels})
				}
			}
		}
	}
	return found, nil
}

func nodeTargets(ctx context.Context, a *api) ([]targets, error) {
	var nodes nodeList
	if err := a.get(ctx, "/api/v1/nodes?resourceVersion=0", &nodes); err != nil {
		return nil, err
	}
	found := []targets{}
	for _, node := range nodes.Items {
		for _, address := range node.Status.Addresses {
			if address.Type == "InternalIP" {
				target := net.JoinHostPort(address.Address, "10250")
				found = append(found, targets{[]string{target}, map[string]string{"node": node.Metadata.Name}})
			}
		}
	}
	return found, nil
}

type api struct {
	client *http.Client
	server string
}

func newAPI() (*api, error) {
	authority, err := os.ReadFile(credentials + "ca.crt")
	if err != nil {
		return nil, fmt.Errorf("read the cluster's CA: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	server := "https://" + net.JoinHostPort(setting("KUBERNETES_SERVICE_HOST", ""), setting("KUBERNETES_SERVICE_PORT", "443"))
	return &api{&http.Client{Transport: transport, Timeout: 4 * time.Second}, server}, nil
}

func (a *api) get(ctx context.Context, path string, into any) error {
	token, err := os.ReadFile(credentials + "token") // read each time: the kubelet renews it
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.server+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// serve answers what was found; on an error it says 503, and Prometheus keeps the targets it knows.
func (a *api) serve(log *logger, find func(context.Context, *api) ([]targets, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found, err := find(r.Context(), a)
		if err != nil {
			log.line("ERROR", "discovery failed", "error", err)
			http.Error(w, "discovery failed", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(found)
	}
}
