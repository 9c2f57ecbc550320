// Package evaluate writes the report of an evaluation: labelled worlds that were replayed, as
// Markdown tables and SVG plots.
//
// It is a function of the worlds' results alone: no clock, no machine, so that the same program
// writes the same report.
package evaluate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// World is a labelled world with what was found in it.
type World struct {
	Name, Description string
	// External says that it is no built-in scenario but was given as a folder.
	External bool
	// Accounts counts the labelled accounts.
	Accounts int
	// Nearest is by how many bits the group nearest to the threshold, or farthest beyond it, was
	// beyond it; minus infinity when none came near.
	Nearest float64
	Result  backtest.Result
}

// family is a section of the report.
type family struct {
	Prefix, Title string
}

// families are the sections, by the beginning of their scenarios' names.
var families = [...]family{
	{"ladder-", "The evasion ladder"},
	{"fact-", "One campaign for each public fact"},
	{"honest-", "Honest worlds"},
	{"mix-", "Many campaigns and benign groups at once"},
	{"size-", "From three hundred to twenty thousand accounts"},
	{"length-", "From six hours to fourteen days"},
}

// Known says that a scenario belongs to a section.
func Known(name string) bool {
	return slices.ContainsFunc(families[:], func(f family) bool {
		return strings.HasPrefix(name, f.Prefix)
	})
}

// summary adds worlds up.
type summary struct {
	Worlds, HonestWorlds               int
	Campaigns, Found, Early            int
	Members, Hit, Named, Wrong         int
	FalseFindings, HonestFalse         int
	Days, HonestDays                   float64
	HonestNamed, HonestAccounts, Total int
}

// early is the share of a campaign's harvest before which half of its accounts should be named.
const early = 0.25

func sum(worlds []World) summary {
	var s summary
	for i := range worlds {
		w := &worlds[i]
		s.Worlds++
		s.Total += w.Accounts
		s.Days += w.Result.Days
		s.Named += w.Result.Named
		s.Wrong += w.Result.Wrong
		s.FalseFindings += len(w.Result.False)
		if len(w.Result.Campaigns) == 0 {
			s.HonestWorlds++
			s.HonestDays += w.Result.Days
			s.HonestFalse += len(w.Result.False)
			s.HonestNamed += w.Result.Named
			s.HonestAccounts += w.Accounts
		}
		for _, c := range w.Result.Campaigns {
			s.Campaigns++
			s.Members += c.Accounts
			s.Hit += int(c.Recall*float64(c.Accounts) + 0.5)
			if c.Found {
				s.Found++
			}
			if c.HalfLeaked <= early {
				s.Early++
			}
		}
	}
	return s
}

// order sorts worlds for a section: by the number in the name where there is one, so that size-300
// comes before size-1000.
func order(worlds []World) {
	slices.SortStableFunc(worlds, func(a, b World) int {
		return cmp.Or(cmp.Compare(number(a.Name), number(b.Name)), cmp.Compare(a.Name, b.Name))
	})
}

// number reads the number behind the first hyphen, days as hours; 0 where there is none.
func number(name string) (n int) {
	_, rest, _ := strings.Cut(name, "-")
	i := 0
	for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
		n = 10*n + int(rest[i]-'0')
	}
	if rest[i:] == "d" {
		n *= 24
	}
	return n
}

// Report is what a document is written from.
type Report struct {
	Worlds []World
	// Options are those of correlate that held.
	Options campaign.Options
	// Arguments are those of the command line that the report was made with.
	Arguments string
	// Images is the folder of the plots as the document refers to it.
	Images string
}
