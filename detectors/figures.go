package detectors

// Figures are what a detector shows over groups of honest accounts: of Groups groups it said
// something of Measured.
type Figures struct {
	Groups   int `json:"groups"`
	Measured int `json:"measured"`
	// Mean is the mean of 2^bits with its standard error, Rare the 99.9 % quantile of the bits.
	Mean  float64 `json:"mean"`
	Error float64 `json:"error"`
	Rare  float64 `json:"rare"`
}

// Kind is a kind of groups that detectors are measured on.
type Kind struct{ Name, Title string }

// Kinds lists them.
var Kinds = []Kind{
	{"uniform", "Random groups"},
	{"band", "Groups of accounts with as many requests"},
	{"selected", "Candidates of the search"},
	{"fitted", "Candidates whose members were fitted"},
}
