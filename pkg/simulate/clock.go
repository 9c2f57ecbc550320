package simulate

import "time"

// shape is how active a kind of client is over the day: weights by local hour with mean about 1.
type shape struct {
	hours   [24]float64
	weekend float64 // multiplies Saturdays and Sundays
	peak    float64
	// weekly says that nearly all happens on one day of the week.
	weekly bool
	on     time.Weekday
}

// offDay is the activity on the other days of what happens on one day of the week.
const offDay = 0.03

// onOne is the shape on one day of the week.
func (s *shape) onOne(d time.Weekday) *shape {
	one := *s
	one.weekly, one.on, one.weekend = true, d, 1
	return &one
}

// within is the shape between two local hours of the day, over midnight where the first is later.
func (s *shape) within(from, to int) *shape {
	const outside = 0.01 // of what is done inside
	hours := s.hours
	for h := range hours {
		if (h-from+24)%24 >= (to-from+24)%24 {
			hours[h] *= outside
		}
	}
	part := makeShape(s.weekend, hours)
	part.weekly, part.on = s.weekly, s.on
	return part
}

func makeShape(weekend float64, hours [24]float64) *shape {
	sum := 0.0
	for _, h := range hours {
		sum += h
	}
	s := &shape{weekend: weekend}
	for i, h := range hours {
		s.hours[i] = h * 24 / sum
		s.peak = max(s.peak, s.hours[i], s.hours[i]*weekend)
	}
	return s
}

// The shapes, by local time.
type shapes struct{ people, office, product, flat, night *shape }

func newShapes() shapes {
	var flat [24]float64
	for i := range flat {
		flat[i] = 1
	}
	return shapes{
		people: makeShape(1.1, [24]float64{
			6, 3, 1.5, 0.8, 0.6, 0.8, 2, 4, 6, 7, 8, 8, 8, 8, 8, 8, 8, 9, 10, 11, 12, 12, 11, 9,
		}),
		office: makeShape(0.06, [24]float64{
			0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.6, 3, 9, 13, 13, 12, 7, 11, 13, 12, 10, 6, 2.5, 1.2,
			0.8, 0.5, 0.3, 0.2,
		}),
		product: makeShape(0.7, [24]float64{
			3, 2.4, 2, 1.8, 1.8, 2.2, 3.2, 5, 8, 10, 11, 11, 10, 10, 11, 11, 10, 9, 8, 7.5, 7, 6.5,
			5.5, 4,
		}),
		flat: makeShape(1, flat),
		// When prices of some providers are lower and their limits further away.
		night: makeShape(1, [24]float64{
			10, 10, 10, 10, 10, 10, 9, 5, 1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2,
			0.5, 2, 6, 9,
		}),
	}
}

// weight is the activity at time t (Unix milliseconds) in a time zone given in hours.
func (s *shape) weight(t int64, zone float64) float64 {
	local := t + int64(zone*3_600_000)
	hour := local / 3_600_000 % 24
	w := s.hours[hour]
	day := time.Weekday((local/86_400_000 + 4) % 7)
	if day == time.Saturday || day == time.Sunday {
		w *= s.weekend
	}
	if s.weekly && day != s.on {
		w *= offDay
	}
	return w
}

// next is the time after t at which work of the given number of milliseconds, done at the shape's
// pace, is finished.
func (s *shape) next(t int64, zone, work float64) int64 {
	const step = 1_800_000
	for {
		end := (t/step + 1) * step
		done := float64(end-t) * s.weight(t, zone)
		if done >= work {
			return t + int64(work/s.weight(t, zone)) + 1
		}
		work -= done
		t = end
	}
}
