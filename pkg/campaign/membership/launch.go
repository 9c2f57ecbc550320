package membership

import "github.com/stillwatch/stillwatch/detectors"

// Launch counts the accounts that show a model's client and days of sign-up: those that write its
// text, and those that do not although they have sent enough to show it. Without the latter the
// launch is the members' own, and who shows both is one of them before the text recurs.
type Launch struct{ with, without int }

// Add counts an account.
func (c *Launch) Add(l *Likelihood) {
	if !l.agrees(detectors.Client) || !l.ofLaunch() {
		return
	}
	switch work := l.Families.On(detectors.Work); {
	case work >= agreeingBits:
		c.with++
	case work <= -agreeingBits:
		c.without++
	}
}

// leastOfLaunch is how many accounts must write the text, and nobody else be seen, for a launch to
// be the members' own: by Jeffreys' prior the share of others is then below one in sixteen, the
// odds of memberLogOdds. One other is enough for it not to be: of a new program's users the first
// are seen before the rest (12 in place of 22 were wrongly named in world 67 of final, seed 5).
const leastOfLaunch = 7

// Own says whether the launch is the members' own.
func (c *Launch) Own() bool { return c.without == 0 && c.with >= leastOfLaunch }
