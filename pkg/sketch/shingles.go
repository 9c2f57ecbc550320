package sketch

import "slices"

// sample keeps the smallest of the hashes below a threshold, without repeats: a bottom-k sketch.
type sample struct {
	keep      int
	threshold uint64
	// limit is the hash from which on nothing is kept: the threshold, or the largest kept hash once
	// there are keep of them.
	limit uint64
	buf   []uint64
}

func newSample(keep int) sample { return sample{keep: keep, buf: make([]uint64, 0, 4*keep)} }

func (s *sample) reset(threshold uint64) {
	s.threshold, s.limit = threshold, threshold
	s.buf = s.buf[:0]
}

func (s *sample) add(h uint64) {
	if h >= s.limit {
		return
	}
	if len(s.buf) == cap(s.buf) {
		s.settle()
		if h >= s.limit {
			return
		}
	}
	s.buf = append(s.buf, h)
}

// settle sorts the kept hashes, drops repeats and forgets all but the smallest.
func (s *sample) settle() []uint64 {
	slices.Sort(s.buf)
	s.buf = slices.Compact(s.buf)
	if len(s.buf) >= s.keep {
		s.buf = s.buf[:s.keep]
		s.limit = s.buf[s.keep-1]
	}
	return s.buf
}

// shingler samples the shingles of one or more texts. The edges of a text, where fixed paragraphs
// are injected, are sampled apart from its middle, so that long content can't crowd them out.
type shingler struct {
	edge, middle sample
	merged       []uint64
	max          int
}

func newShingler(limit int) shingler {
	return shingler{
		edge: newSample(limit), middle: newSample(limit),
		merged: make([]uint64, 0, 2*limit), max: limit,
	}
}

func (s *shingler) reset(threshold uint64) {
	s.edge.reset(threshold)
	s.middle.reset(threshold)
}

// appendTo appends the sample to dst, ascending, without repeats, at most max hashes. When there
// are more, the edges get three quarters of the room, or more if the middle leaves it.
func (s *shingler) appendTo(dst []uint64) []uint64 {
	edge, middle := s.edge.settle(), s.middle.settle()
	s.merged = append(append(s.merged[:0], edge...), middle...)
	slices.Sort(s.merged)
	s.merged = slices.Compact(s.merged)
	if len(s.merged) <= s.max {
		return append(dst, s.merged...)
	}
	room := max(s.max*3/4, s.max-len(middle))
	edge = edge[:min(len(edge), room)]
	start := len(dst)
	dst = append(dst, edge...)
	for _, h := range middle {
		if len(dst)-start == s.max {
			break
		}
		if _, ok := slices.BinarySearch(edge, h); !ok {
			dst = append(dst, h)
		}
	}
	slices.Sort(dst[start:])
	return dst
}
