package body

import (
	"math"
	"strconv"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Number converts the text of a JSON number, or of a string that holds one.
func Number(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

// Int converts a whole number from lo to hi; anything else is absent.
func Int(text string, lo, hi int64) event.Int {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, ok := Number(text)
		if v = int64(f); !ok || math.Abs(f) > 1<<53 || float64(v) != f {
			return event.Int{}
		}
	}
	if v < lo || v > hi {
		return event.Int{}
	}
	return event.Int{V: v, Known: true}
}

// Float converts a finite number; anything else is absent.
func Float(text string) event.Float {
	f, ok := Number(text)
	return event.Float{V: f, Known: ok}
}

// Bool converts a flag; anything else is absent.
func Bool(text string) event.Bool {
	switch strings.ToLower(text) {
	case "true", "1":
		return event.Bool{V: true, Known: true}
	case "false", "0":
		return event.Bool{Known: true}
	}
	return event.Bool{}
}

// maxTokens bounds a token count: far above any context window, far below what could overflow a
// sum.
const maxTokens = 1 << 40

func (r *Reader) float(dst *event.Float, at int32) {
	if text := r.number(at); text != "" && !dst.Known {
		*dst = Float(text)
		r.count(dst.Known)
	}
}

func (r *Reader) integer(dst *event.Int, at int32) {
	if text := r.number(at); text != "" && !dst.Known {
		*dst = Int(text, math.MinInt64, math.MaxInt64)
		r.count(dst.Known)
	}
}

func (r *Reader) flag(dst *event.Bool, at int32) {
	if text := r.number(at); text != "" && !dst.Known {
		*dst = Bool(text)
		r.count(dst.Known)
	}
}

// number is the text of a value that should be a number or a flag.
func (r *Reader) number(at int32) string {
	if r.doc.NonFinite(at) {
		r.unread++
		return ""
	}
	return r.doc.Scalar(at)
}

// count counts a value that is there and cannot be read.
func (r *Reader) count(known bool) {
	if !known {
		r.unread++
	}
}
