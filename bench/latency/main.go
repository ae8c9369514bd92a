// A TCP proxy that is far away: what it is sent arrives half a round trip later, in each direction,
// and a new connection costs a round trip before its first byte, as its handshake would.
//
// latency LISTEN TARGET ROUNDTRIP, for example: latency 127.0.0.1:7000 127.0.0.1:6443 20ms
// LISTEN may have port 0; the address that was taken is printed.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"time"
)

type packet struct {
	due  time.Time
	data []byte
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: latency LISTEN TARGET ROUNDTRIP")
	}
	roundTrip, err := time.ParseDuration(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(client, os.Args[2], roundTrip)
	}
}

func serve(client net.Conn, target string, roundTrip time.Duration) {
	opened := time.Now().Add(roundTrip)
	server, err := net.Dial("tcp", target)
	if err != nil {
		log.Print(err)
		client.Close()
		return
	}
	defer client.Close()
	defer server.Close()
	done := make(chan struct{})
	go func() {
		carry(client, server, opened, roundTrip/2)
		close(done)
	}()
	carry(server, client, opened, roundTrip/2)
	<-done
}

// carry copies until the end of from, then ends to's direction; nothing leaves before opened+delay.
func carry(from, to net.Conn, opened time.Time, delay time.Duration) {
	underway := make(chan packet, 4096)
	go func() {
		defer close(underway)
		for {
			data := make([]byte, 64<<10)
			n, err := from.Read(data)
			if n > 0 {
				sent := time.Now()
				if sent.Before(opened) {
					sent = opened
				}
				underway <- packet{sent.Add(delay), data[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for next := range underway {
		time.Sleep(time.Until(next.due))
		if _, err := to.Write(next.data); err != nil {
			from.Close()
			break
		}
	}
	for range underway { // what can't be delivered any more
	}
	to.(*net.TCPConn).CloseWrite()
}
