package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

// IsFatal reports whether err is one that waiting does not mend.
func IsFatal(err error) bool { return remote.IsFatal(err) }

// explain turns an error of the client library into one line that says what to do. Errors of this
// package and a cancelled context pass.
func (s *Store) explain(err error) error {
	if errors.Is(err, ErrFenced) {
		return err
	}
	server := remote.Server{
		Name: "redis", Addresses: s.opts.Addresses, Key: "redis.addresses", Closed: "redis.tls",
	}
	return server.Explain(err, func(err error) error { return s.explainReply(err, server.At()) })
}

// explainReply is explain for what servers, sentinels and the library answer; nil for all else.
func (s *Store) explainReply(err error, at string) error {
	say := func(format string, args ...any) error {
		return &remote.Error{Message: fmt.Sprintf(format, args...), Cause: err}
	}
	final := func(format string, args ...any) error {
		return &remote.Error{Message: fmt.Sprintf(format, args...), Cause: err, Fatal: true}
	}
	text := remote.OneLine(err)
	_, moved := redis.IsMovedError(err)
	switch {
	case redis.IsAuthError(err), strings.Contains(text, "invalid password"),
		strings.Contains(text, "WRONGPASS"), strings.Contains(text, "NOAUTH"):
		if s.opts.Password == "" {
			return final(
				"redis at %s asks for a password; set redis.password or redis.password_file", at,
			)
		}
		return final("redis at %s refused the login: wrong user name or password; check redis.username and redis.password", at)
	case strings.Contains(text, "without any password configured"):
		return final("redis at %s has no password set; remove redis.password, or set requirepass on the server", at)
	case redis.IsPermissionError(err):
		return final(
			"redis at %s does not allow this user to do this (%s); grant it the keys ~%s:*",
			at, text, s.opts.Prefix,
		)
	case moved && !s.opts.isCluster():
		return final("redis at %s is a cluster; set redis.cluster: true", at)
	case strings.Contains(text, "cluster support disabled"):
		return final("redis at %s is not a cluster; set redis.cluster: false and give one address",
			at)
	case redis.IsReadOnlyError(err):
		return say(
			"redis at %s is a read-only replica; give the master's address or use redis.sentinel",
			at,
		)
	case redis.IsOOMError(err):
		return say("redis at %s is full; raise its maxmemory", at)
	case redis.IsLoadingError(err):
		return say("redis at %s is still loading its data", at)
	case redis.IsClusterDownError(err):
		return say("the redis cluster at %s is down; check its nodes", at)
	case strings.Contains(text, "all sentinels"):
		return say(
			"none of the sentinels at %s knows a master %q; check redis.addresses and redis.sentinel",
			at, s.opts.Sentinel.Master,
		)
	case strings.Contains(text, "can't parse"), strings.Contains(text, "invalid reply"):
		return final("what answers at %s is not redis; check redis.addresses", at)
	case strings.HasPrefix(text, "MISCONF"):
		return say("redis at %s refuses writes because it cannot save to disk; check its log", at)
	}
	return nil
}
