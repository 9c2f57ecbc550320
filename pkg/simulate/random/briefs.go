package random

import "github.com/stillwatch/stillwatch/pkg/simulate"

// briefs are mechanisms of forms that people fill in.
func briefs() []Mechanism {
	return []Mechanism{
		{
			Name: "creative-brief", size: some, Shares: []Aspect{Layout},
			Life: "Agencies write what they want under the headings of the brief that the trade has used for decades, in their own words.",
			draw: func(d draw) simulate.Mechanism {
				m := d.before(d.uniform(0.8, 1))
				m.Use = simulate.SharedUse{
					Rate: d.about(10, 0.4), Sigma: 0.9,
					Rules:    []string{"app.about", "plain.rule", "app.boiler"},
					Position: "own", Anew: true, Content: "app.in.product", Turns: d.uniform(1, 3),
					Answer: d.about(400, 0.3), Hours: "office",
				}
				return m
			},
		},
	}
}
