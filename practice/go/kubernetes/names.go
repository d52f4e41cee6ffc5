package main

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const timeToLive = 5 // seconds; the file may change with the next `up`

// serveNames is what the public name service is to a real cluster: the place the cluster's own DNS asks for names
// that are not its own. It knows the names of one file in the form of /etc/hosts and denies every other at once,
// so that nothing here waits for a time-out because there is no internet.
func serveNames(arguments []string) int {
	flags := flag.NewFlagSet("names", flag.ContinueOnError)
	listen := flags.String("listen", "", "UDP address to listen on")
	file := flags.String("file", "", "names to answer, in the form of /etc/hosts; read again for each question")
	if err := flags.Parse(arguments); err != nil || *listen == "" || *file == "" {
		fmt.Fprintln(os.Stderr, "names needs -listen HOST:PORT and -file PATH")
		return 2
	}
	connection, err := net.ListenPacket("udp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "names could not listen:", err)
		return 1
	}
	question := make([]byte, 512)
	for {
		length, client, err := connection.ReadFrom(question)
		if err != nil {
			continue
		}
		if reply, err := answer(question[:length], *file); err == nil {
			_, _ = connection.WriteTo(reply, client)
		}
	}
}

// answer returns the reply to one question; an error means that the packet was no question.
func answer(packet []byte, file string) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(packet)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	address, known := lookUp(file, name)
	reply := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: header.ID, Response: true, Authoritative: true,
			RecursionDesired: header.RecursionDesired, RecursionAvailable: true,
		},
		Questions: []dnsmessage.Question{question},
	}
	if !known {
		reply.RCode = dnsmessage.RCodeNameError
	} else if question.Type == dnsmessage.TypeA {
		reply.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: timeToLive},
			Body:   &dnsmessage.AResource{A: address},
		}}
	}
	return reply.Pack()
}

// lookUp finds a name's IPv4 address in the file; a file that is not there yet knows no names.
func lookUp(file, name string) ([4]byte, bool) {
	opened, err := os.Open(file)
	if err != nil {
		return [4]byte{}, false
	}
	defer opened.Close()
	lines := bufio.NewScanner(opened)
	for lines.Scan() {
		words := strings.Fields(strings.SplitN(lines.Text(), "#", 2)[0])
		for i := 1; i < len(words); i++ {
			if address := net.ParseIP(words[0]).To4(); address != nil && strings.EqualFold(words[i], name) {
				return [4]byte(address), true
			}
		}
	}
	return [4]byte{}, false
}
