package detectors

import "math"

// Teams: a pool may have a few personas, texts or places of the text in the prompt, each for some
// of its accounts. Then the halves of one account are more alike than those of two, and yet what
// one member of such a team sent another could have sent. The first halves tell who might be of one
// team; whether its members are exchangeable is asked of the second halves, which had no part in
// that (Cox, A note on data-splitting for the evaluation of significance levels, Biometrika 62,
// 1975).
//
// Of individuals, the second half follows the first inside a team as it does between teams, however
// the first halves chose the teams: a regression line does not depend on which values it starts
// from. So the kinship inside teams, put at the scale of what the first halves still vary there, is
// that of all; of a pool with teams it is nothing but what was put into the wrong team.

// teamRows is the mean number of rows of a team: of four, three quarters of what differs between
// accounts is left to be compared.
const teamRows = 4

// leastTeamed is the number of accounts in teams from which teams are told from people: six teams
// of four. Below, one team of a small campaign among bystanders looks like teams: with four, 13
// bystanders of six accounts became a finding (choose 401, world 20).
const leastTeamed = 6 * teamRows

const (
	// Inside teams, people keep 0.3 to 1.1 of their kinship: of 10,138 groups of 24 random worlds
	// (develop 21, choose 301) one in twenty kept less than 0.47, half more than 0.91. A pool keeps
	// what was put into the wrong team: up to a quarter of four campaigns with personas or texts
	// for teams (docs/decisions/0025).
	leastKept, mostKept = 0.3, 1.1
	peopleKeep          = 0.9
	mostMisplaced       = 0.25
	// teamsOfPools is the share of pools that have teams: about one in eight campaigns of random
	// worlds; teamsOfPeople that of groups of people with prompts of their own who differ by no
	// more: sets of assignments, and readers of one file each. Of about a hundred crowds one did.
	teamsOfPools  = 1.0 / 8
	teamsOfPeople = 1.0 / 32
)

// bitsInTeams is the log-likelihood ratio of a pool against people where the accounts have
// something of their own, by whether that is left inside teams. It adds to bits, which says that
// they have.
func (p *prior) bitsInTeams(all, inside *kinship) float64 {
	kept := math.Max(0, math.Min(inside.rho/all.rho, mostKept))
	se := math.Hypot(inside.se, kept*all.se) / all.rho
	team := within(0, mostMisplaced, kept, se)
	own := math.Max(within(leastKept, mostKept, kept, se), tiny)
	return math.Log2((teamsOfPools*team + p.personas*own) /
		(teamsOfPeople*team + (1-p.alike-teamsOfPeople)*own))
}

// teams are the numbers of the teams that accounts are in, from 1; nil where there are none.
type teams map[int32]int

// number is that of the teams.
func (t teams) number() (n int) {
	for _, team := range t {
		n = max(n, team)
	}
	return n
}

// inTeams parts the accounts into teams and estimates the kinship inside them, after compare has
// estimated that of all.
func (p *pairs) inTeams(all *kinship) (k kinship, of teams, ok bool) {
	rows := p.byAccount()
	var d dealing
	var inside meanSquare
	of = teams{}
	number := 0
	for _, team := range rows.parted() {
		if len(team) < leastBlock {
			continue
		}
		number++
		for _, i := range team {
			of[rows.accounts[i]] = number
		}
		rows.dealTeam(team, &d)
		inside.add(rows, team, 1)
	}
	if len(of) < leastTeamed || inside.sum == 0 {
		return k, nil, false
	}
	k.accounts, k.other, k.rest = len(of), all.other, all.rest
	ok = d.estimate(&k, inside.mean()/rows.whole.mean())
	return k, of, ok
}

// insideOf estimates the kinship inside teams that something else has told, after compare.
func (p *pairs) insideOf(of teams, all *kinship) (k kinship, ok bool) {
	rows := p.byAccount()
	members := make([][]int32, of.number())
	for i, account := range rows.accounts {
		if team := of[account]; team > 0 {
			members[team-1] = append(members[team-1], int32(i))
		}
	}
	var d dealing
	for _, team := range members {
		if len(team) >= leastBlock {
			rows.dealTeam(team, &d)
			k.accounts += len(team)
		}
	}
	if k.accounts < leastHalves {
		return k, false
	}
	k.other, k.rest = all.other, all.rest
	ok = d.estimate(&k, 1)
	return k, ok
}

// centred are rows whose means are taken off, one for each account, with their variance.
type centred struct {
	pairs
	whole meanSquare
}

// byAccount gives each account the mean of what its rows differ by from those of the same template,
// so that members of a team need not share one.
func (p *pairs) byAccount() *centred {
	out := &centred{}
	out.reset(p.dims)
	at := map[int32]int{}
	blocks := p.compared()
	for _, block := range blocks {
		for _, i := range block {
			j, ok := at[p.accounts[i]]
			if !ok {
				j = out.len()
				at[p.accounts[i]] = j
				out.a = append(out.a, make([]float64, p.dims)...)
				out.b = append(out.b, make([]float64, p.dims)...)
				out.na, out.nb = append(out.na, 0), append(out.nb, 0)
				out.accounts = append(out.accounts, p.accounts[i])
			}
			out.na[j] += p.plus(out.a[j*p.dims:], p.a, p.na, i)
			out.nb[j] += p.plus(out.b[j*p.dims:], p.b, p.nb, i)
		}
	}
	all := make([]int32, out.len())
	for j := range all {
		all[j] = int32(j)
		for d := range p.dims {
			out.a[j*p.dims+d] *= math.Sqrt(repeats(out.na[j])) / out.na[j]
			out.b[j*p.dims+d] *= math.Sqrt(repeats(out.nb[j])) / out.nb[j]
		}
	}
	out.whole.add(out, all, len(blocks))
	return out
}

// plus adds the sum of one half of a row, which centre has put at its scale, and gives its weight.
func (p *pairs) plus(to, half, counts []float64, i int32) (n float64) {
	n = repeats(counts[i])
	for d := range p.dims {
		to[d] += math.Sqrt(n) * half[int(i)*p.dims+d]
	}
	return n
}

// dealTeam adds a team to what is dealt inside teams.
func (p *centred) dealTeam(team []int32, d *dealing) {
	p.centreTeam(team, p.a, p.na)
	p.centreTeam(team, p.b, p.nb)
	p.deal(team, d)
}

// meanSquare is the variance of centred first halves.
type meanSquare struct{ sum, freedom float64 }

// add adds rows from which so many means were taken.
func (m *meanSquare) add(p *centred, rows []int32, means int) {
	for _, i := range rows {
		for _, x := range p.first(i) {
			m.sum += x * x
		}
	}
	m.freedom += float64(len(rows) - means)
}

func (m *meanSquare) mean() float64 { return m.sum / m.freedom }

// first is a row's first half.
func (p *pairs) first(i int32) []float64 { return p.a[int(i)*p.dims:][:p.dims] }

// centreTeam takes the team's mean off one half of its rows, which centre has put at their scale.
func (p *pairs) centreTeam(team []int32, half, counts []float64) {
	mean, total := make([]float64, p.dims), 0.0
	for _, i := range team {
		n := repeats(counts[i])
		total += n
		for d := range mean {
			mean[d] += math.Sqrt(n) * half[int(i)*p.dims+d]
		}
	}
	for _, i := range team {
		root := math.Sqrt(repeats(counts[i])) / total
		for d := range mean {
			half[int(i)*p.dims+d] -= root * mean[d]
		}
	}
}

// parted parts the rows by their first halves: of the teams, at first one for each row, the two are
// joined again and again whose union adds the least variance (Ward 1963).
func (p *centred) parted() (out [][]int32) {
	w := p.ward()
	for range p.len() - max(p.len()/teamRows, 1) {
		w.join()
	}
	for _, team := range w.teams {
		if team != nil {
			out = append(out, team)
		}
	}
	return out
}
