package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// mostConnections bounds what a client gone wrong can hold; an Alertmanager needs a handful.
const mostConnections = 64

// relay carries bytes from a TCP address inside the practice network to a unix socket on the host.
//
// Unix sockets cross network namespaces, so the program behind the socket need not listen on any interface.
// Each connection has one of its own behind the relay; when nobody listens on the socket, or too many are open, it is
// closed at once, which a webhook sender reads as "try again later".
func relay(arguments []string) int {
	flags := flag.NewFlagSet("relay", flag.ContinueOnError)
	listen := flags.String("listen", "", "TCP address to listen on")
	socket := flags.String("socket", "", "unix socket to forward to")
	if err := flags.Parse(arguments); err != nil || *listen == "" || *socket == "" {
		fmt.Fprintln(os.Stderr, "relay needs -listen HOST:PORT and -socket PATH")
		return 2
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay could not listen:", err)
		return 1
	}
	places := make(chan struct{}, mostConnections)
	for {
		client, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "relay could not accept:", err)
			time.Sleep(100 * time.Millisecond) // out of file descriptors is the usual reason, and it passes
			continue
		}
		select {
		case places <- struct{}{}:
			go func() {
				serve(client.(*net.TCPConn), *socket)
				<-places
			}()
		default:
			client.Close()
		}
	}
}

// serve joins both connections until both directions are at their end.
func serve(client *net.TCPConn, socket string) {
	defer client.Close()
	upstream, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay refused", client.RemoteAddr(), err)
		return
	}
	defer upstream.Close()
	done := make(chan struct{}, 2)
	go pass(upstream, client, done)
	go pass(client, upstream, done)
	<-done
	<-done
}

// half is a connection whose writing side can be closed alone.
type half interface {
	io.ReadWriter
	CloseWrite() error
}

// pass copies one direction and tells the other end that nothing more comes.
func pass(to, from half, done chan<- struct{}) {
	_, _ = io.Copy(to, from)
	_ = to.CloseWrite()
	done <- struct{}{}
}
