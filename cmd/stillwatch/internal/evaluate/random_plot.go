package evaluate

import (
	"fmt"

	"github.com/stillwatch/stillwatch/pkg/simulate/random"
)

// leastRate is the left end of the axis of false findings a day: thresholds without any false
// finding are drawn there.
const (
	leastRate = 0.001
	mostRate  = 100
)

// rocCharts draws campaigns found over false findings, a chart for each choice that operators make
// and that has at least two kinds of campaigns, by file name.
func (s *study) rocCharts(prefix string) (names []string, images map[string]string) {
	images = map[string]string{}
	for i, dim := range random.Dimensions() {
		c := &chart{
			title: "Campaigns found, by " + string(dim),
			xAxis: fmt.Sprintf(
				"false findings a day among %d honest accounts; left end: none seen", manyAccounts,
			),
			yAxis: "share of the campaigns found, as the thresholds move",
			x:     powers(leastRate, mostRate), y: shares(),
		}
		c.x.marks[0].text = "0"
		for _, family := range tacticFamilies(dim) {
			fares := s.fares(family.which)
			if fares[0].n == 0 {
				continue
			}
			line := series{name: fmt.Sprintf("%s (%d)", family.name, fares[0].n), line: true}
			for j := range fares {
				f := &fares[j]
				line.points = append(line.points, [2]float64{
					max(leastRate, s.curve[j].rate), float64(f.found) / float64(f.n),
				})
			}
			c.series = append(c.series, line)
		}
		if len(c.series) < 2 {
			continue
		}
		name := fmt.Sprintf("%s-roc-%02d.svg", prefix, i+1)
		names, images[name] = append(names, name), c.svg()
	}
	return names, images
}

// costCharts draws what had leaked and how long it took by the attacker's cost.
func costCharts(worlds []Outcome, prefix string) (names []string, images map[string]string) {
	leaked := &chart{
		title: "Leaked by the attacker's cost",
		xAxis: "account days for 1,000 answers",
		yAxis: "share of the harvest served when half of the accounts were named",
		x:     powers(1, 1000), y: shares(),
	}
	hours := &chart{
		title: "Time to the finding by the attacker's cost",
		xAxis: "account days for 1,000 answers", yAxis: "hours from the first harvest to the finding",
		x: powers(1, 1000), y: powers(0.1, 100),
	}
	sizes := []struct {
		name string
		upTo int
	}{{"under 20 accounts", 19}, {"20 to 60 accounts", 60}, {"more accounts", 1 << 30}}
	least := 0
	for _, size := range sizes {
		l, h := series{name: size.name}, series{name: size.name}
		for i := range worlds {
			for _, c := range worlds[i].Campaigns {
				if c.Cost == nil || c.Cost.AccountDaysPer1000 == 0 ||
					c.Accounts < least || c.Accounts > size.upTo {
					continue
				}
				x := c.Cost.AccountDaysPer1000
				l.points = append(l.points, [2]float64{x, c.HalfLeaked})
				if c.Found {
					h.points = append(h.points, [2]float64{x, c.Hours})
				}
			}
		}
		least = size.upTo + 1
		leaked.series, hours.series = append(leaked.series, l), append(hours.series, h)
	}
	a, b := prefix+"-cost-leaked.svg", prefix+"-cost-hours.svg"
	return []string{a, b}, map[string]string{a: leaked.svg(), b: hours.svg()}
}
