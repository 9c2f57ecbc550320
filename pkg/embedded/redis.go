package embedded

import (
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// expiryTick is how often keys that have outlived their TTL are removed.
const expiryTick = time.Second

// Redis is a running embedded Redis server.
type Redis struct {
	server *miniredis.Miniredis
	addr   string
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
}

// StartRedis starts an embedded Redis server on a host:port; an empty address or port 0 takes a
// free port of 127.0.0.1. The error says which address could not be listened on.
func StartRedis(addr string) (*Redis, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("start embedded redis: %w", err)
	}
	r := &Redis{
		server: server, addr: server.Addr(), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go r.expire()
	return r, nil
}

// Addr returns the server's host:port.
func (r *Redis) Addr() string { return r.addr }

// Close stops the server and forgets all keys. It may be called more than once.
func (r *Redis) Close() error {
	r.once.Do(func() {
		close(r.stop)
		<-r.done
		r.server.Close()
	})
	return nil
}

// expire lets wall time pass for the TTLs. miniredis can do so itself (ClockTTL), but then walks
// through all keys at every command.
func (r *Redis) expire() {
	defer close(r.done)
	ticker := time.NewTicker(expiryTick)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-r.stop:
			return
		case now := <-ticker.C:
			r.server.FastForward(now.Sub(last))
			last = now
		}
	}
}
