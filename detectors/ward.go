package detectors

import "math"

// ward is a joining of rows under way: the teams, nil for one that was joined to another, the
// numbers of requests, and by how much the union of two teams adds to the variance. nearest is the
// team before it that each is nearest to.
type ward struct {
	teams   [][]int32
	weights []float64
	adds    [][]float64
	nearest []int
}

// ward begins with a team for each row.
func (p *centred) ward() *ward {
	n := p.len()
	w := &ward{
		teams: make([][]int32, n), weights: make([]float64, n),
		adds: make([][]float64, n), nearest: make([]int, n),
	}
	all := make([]float64, n*n)
	for x := range n {
		w.teams[x], w.weights[x] = []int32{int32(x)}, repeats(p.na[x])
		w.adds[x] = all[x*n:][:n]
		for y := range x {
			w.adds[x][y] = p.union(int32(x), int32(y))
		}
		w.seek(x)
	}
	return w
}

// union is by how much the union of two rows adds to the variance of the first halves.
func (p *pairs) union(i, j int32) float64 {
	n, m := repeats(p.na[i]), repeats(p.na[j])
	a, b := p.first(i), p.first(j)
	s, t, sum := 1/math.Sqrt(n), 1/math.Sqrt(m), 0.0
	for d := range a {
		x := s*a[d] - t*b[d]
		sum += x * x
	}
	return sum * n * m / (n + m)
}

// seek finds the team before x that it is nearest to, -1 for none.
func (w *ward) seek(x int) {
	w.nearest[x] = -1
	least := math.Inf(1)
	for y, add := range w.adds[x][:x] {
		if w.teams[y] != nil && add < least {
			w.nearest[x], least = y, add
		}
	}
}

// join joins the two nearest teams.
func (w *ward) join() {
	x, y := w.closest()
	least := w.adds[x][y]
	for z := range w.teams {
		if w.teams[z] == nil || z == x || z == y {
			continue
		}
		// Lance and Williams 1967.
		n, m, other := w.weights[x], w.weights[y], w.weights[z]
		*w.add(y, z) = ((n+other)**w.add(x, z) + (m+other)**w.add(y, z) - other*least) /
			(n + m + other)
	}
	w.teams[y], w.teams[x] = append(w.teams[y], w.teams[x]...), nil
	w.weights[y] += w.weights[x]
	w.renew(x, y)
}

// closest are the two nearest teams, the later first.
func (w *ward) closest() (x, y int) {
	least := math.Inf(1)
	for z, to := range w.nearest {
		if w.teams[z] != nil && to >= 0 && w.adds[z][to] < least {
			x, y, least = z, to, w.adds[z][to]
		}
	}
	return x, y
}

// renew finds the nearest teams anew after x was joined to y.
func (w *ward) renew(x, y int) {
	for z := y; z < len(w.teams); z++ {
		switch {
		case w.teams[z] == nil:
		case z == y || w.nearest[z] == x || w.nearest[z] == y:
			w.seek(z)
		case w.nearest[z] >= 0 && w.adds[z][y] < w.adds[z][w.nearest[z]]:
			w.nearest[z] = y
		}
	}
}

// add is by how much the union of two different teams adds to the variance.
func (w *ward) add(x, y int) *float64 {
	if x < y {
		x, y = y, x
	}
	return &w.adds[x][y]
}
