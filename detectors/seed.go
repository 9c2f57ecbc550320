package detectors

import "github.com/stillwatch/stillwatch/pkg/attribute"

// seed sees one sampling seed in the requests of many accounts.
func seed() Detector {
	return sharedValue(Spec{
		ID: "seed", Max: 3, Explained: OneProgram | OneSet,
		Summary: "The members ask for one sampling seed.",
		Why: "A seed makes a model's sampling repeatable (OpenAI, Chat Completions, `seed`). A " +
			"harvesting program sets it once, to be able to run again; people in a chat never " +
			"see it, and programs that draw one for each request show as many as requests. " +
			"Perplexity of the seeds against the baseline.",
		Evasion: "Leaving it out, or drawing one for each account: a line of code.",
		LookAlikes: "Evaluation harnesses and tutorials with a seed of their own (42, 1234), and " +
			"all users of one program that sets it. The population shows how common a seed is; " +
			"the program is one cause, however many detectors see it, and a seed beside the " +
			"stack or the parameters adds a quarter of its bits, so that it is evidence for the " +
			"program and never a cause of its own.",
		Needs: []string{"request.seed"},
	}, attribute.Seed, true, "sampling seeds", "one program sets the seed")
}
