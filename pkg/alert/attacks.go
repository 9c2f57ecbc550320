package alert

import "github.com/stillwatch/stillwatch/detectors"

// atlasVersion is the version of the MITRE ATLAS matrix that the ids are from.
const atlasVersion = "5.6.0"

// leastBits is what a detector must say before a technique is laid at the group's door.
const leastBits = 0.5

// technique is a MITRE ATLAS technique with the detectors whose evidence shows it; ATLAS's own case
// study of distillation (AML.CS0056) walks through them in this order.
type technique struct {
	attack attack
	// shownBy are detector ids; none means that every finding shows it.
	shownBy []string
	// unless are detector ids whose evidence explains the sign differently.
	unless []string
}

func techniques() []technique {
	exfiltration := naming{UID: "AML.TA0010", Name: "Exfiltration"}
	resources := naming{UID: "AML.TA0003", Name: "Resource Development"}
	evasion := naming{UID: "AML.TA0007", Name: "Defense Evasion"}
	staging := naming{UID: "AML.TA0001", Name: "AI Attack Staging"}
	return []technique{
		{
			attack: parent(
				exfiltration, "AML.T0024", "Exfiltration via AI Inference API",
				"AML.T0024.002", "Extract AI Model",
			),
		},
		{
			attack: parent(
				resources, "AML.T0008", "Acquire Infrastructure",
				"AML.T0008.005", "AI Service Proxies",
			),
			shownBy: []string{
				"relay", "hand_over", "carried_reasoning", "network", "load_balance",
			},
		},
		{
			attack:  single(resources, "AML.T0021", "Establish Accounts"),
			shownBy: []string{"signup_cohort", "payment", "issuer"},
		},
		{
			attack:  single(resources, "AML.T0065", "LLM Prompt Crafting"),
			shownBy: []string{"prompt_template", "prompt_layout"},
		},
		{
			// The same structure without the same words: somebody paraphrases a template.
			attack:  single(evasion, "AML.T0068", "LLM Prompt Obfuscation"),
			shownBy: []string{"prompt_layout"}, unless: []string{"prompt_template"},
		},
		{
			attack:  single(evasion, "AML.T0054", "LLM Jailbreak"),
			shownBy: []string{"coercion", "refusal_probe"},
		},
		{
			attack:  single(staging, "AML.T0042", "Verify Attack"),
			shownBy: []string{"refusal_probe"},
		},
	}
}

func single(tactic naming, uid, name string) attack {
	return attack{Version: atlasVersion, Tactic: tactic, Technique: naming{
		UID: uid, Name: name, URL: atlasURL(uid),
	}}
}

func parent(tactic naming, uid, name, subUID, subName string) attack {
	a := attack{Version: atlasVersion, Tactic: tactic, Technique: naming{UID: uid, Name: name}}
	a.SubTechnique = &naming{UID: subUID, Name: subName, URL: atlasURL(subUID)}
	return a
}

func atlasURL(uid string) string { return "https://atlas.mitre.org/techniques/" + uid }

// attacks lists the techniques that the evidence shows.
func attacks(evidence []detectors.Evidence) []attack {
	shown := map[string]bool{}
	for i := range evidence {
		if evidence[i].Bits >= leastBits {
			shown[evidence[i].Detector] = true
		}
	}
	anyShown := func(ids []string) bool {
		for _, id := range ids {
			if shown[id] {
				return true
			}
		}
		return false
	}
	var out []attack
	for _, t := range techniques() {
		if len(t.shownBy) == 0 || (anyShown(t.shownBy) && !anyShown(t.unless)) {
			out = append(out, t.attack)
		}
	}
	return out
}
