package alert

import (
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// short writes a count in at most four figures: 987, 12.3k, 1.2M.
func short(n int64) string {
	if n < 0 {
		return "-" + short(-max(n, -maxTime))
	}
	switch {
	case n < 10_000:
		return strconv.FormatInt(n, 10)
	case n < 999_500:
		return scaled(float64(n)/1e3, "k")
	case n < 999_500_000:
		return scaled(float64(n)/1e6, "M")
	case n < 999_500_000_000:
		return scaled(float64(n)/1e9, "G")
	default:
		return scaled(float64(n)/1e12, "T")
	}
}

func scaled(v float64, unit string) string {
	decimals := 1
	if v >= 99.95 {
		decimals = 0
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', decimals, 64), ".0") + unit
}

// plural writes a count with its noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return short(n) + " " + noun + "s"
}

// grouped writes a count in full, in groups of three figures.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ja4Mark stands before the TLS fingerprint in the readable form of a client stack.
const ja4Mark = "ja4="

// splitStack takes the readable form of a client stack apart. joinStack is its inverse.
func splitStack(stack string) (agent, fingerprint string) { return watchlist.SplitStack(stack) }

func joinStack(agent, fingerprint string) string {
	switch {
	case fingerprint == "":
		return agent
	case agent == "":
		return ja4Mark + fingerprint
	default:
		return agent + " " + ja4Mark + fingerprint
	}
}
