// Command init is the first process of a node and of each pod's sandbox: it holds the namespaces and buries the dead.
//
// It is a program of its own because it runs once a pod: with the components' packages in it, each would pay for them.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT)
	for received := range signals {
		if received != syscall.SIGCHLD {
			os.Exit(0)
		}
		bury()
	}
}

// bury reaps every child that has ended; orphans of the namespace become children of its first process.
func bury() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
	}
}
