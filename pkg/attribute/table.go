package attribute

// table has a row for each attribute, in the order of their numbers.
var table = [Num]Spec{
	Payment: {
		Name: "payment", Family: Funding, Fields: "account.payment_fp", Read: readPayment,
		Posting: 2, AllValues: true, Group: "payment", Refines: true, Recognises: true,
		Watch: []Path{{STIX: Account + ":payment_fp"}},
		State: 0,
	},
	Issuer: {
		Name: "issuer", Family: Funding, Fields: "account.payment_issuer", Read: readIssuer,
		Posting: 6, Group: "issuer", Refines: true, Recognises: true,
		Watch: []Path{{STIX: Account + ":payment_issuer"}},
		State: 1,
	},
	Device: {
		Name: "device", Family: Identity, Fields: "client.device_id", Read: readDevice,
		Posting: 3, AllValues: true, Group: "device", Refines: true, Recognises: true,
		Watch: []Path{{STIX: Account + ":device_id"}},
		State: 2,
	},
	Stack: {
		Name: "client stack", Family: Client, Fields: "client.user_agent, client.ja4",
		Read: readStack, Readable: true,
		Posting: 4, Group: "stack", Refines: true, Recognises: true,
		Watch: []Path{
			{STIX: Account + ":stack"},
			{STIX: userAgentPath, Part: UserAgent},
			{STIX: Account + ":ja4", Part: JA4},
		},
		State: 3,
	},
	Params: {
		Name: "parameters", Family: Client, Fields: "request.temperature, request.top_p, " +
			"request.n, request.max_tokens, request.stream, request.reasoning_effort, " +
			"request.response_format",
		Read: readParams, Readable: true,
		Posting: 14, Refines: true, Recognises: true,
		Watch: []Path{{STIX: Account + ":parameters"}},
		State: 4,
	},
	Tools: {
		Name: "tools", Fields: "request.tools", Read: readTools, Readable: true,
		Watch: []Path{{STIX: Account + ":tools"}},
		State: 5,
	},
	Network: {
		Name: "network", Family: Networks, Fields: "client.ip", Read: readNetwork, Readable: true,
		Posting: 9, Group: "network", Recognises: true,
		Watch: []Path{{STIX: "ipv4-addr:value"}},
		State: 6,
	},
	ASN: {
		Name: "autonomous system", Fields: "client.asn", Read: readASN, Readable: true,
		Watch: []Path{{STIX: "autonomous-system:number"}},
		State: 7,
	},
	Domain: {
		Name: "e-mail domain", Fields: "account.email_domain", Read: readDomain, Readable: true,
		Watch: []Path{{STIX: Account + ":email_domain"}},
		State: 8,
	},
	Model: {
		Name: "model", Fields: "request.model", Read: readModel, Readable: true,
		Watch: []Path{{STIX: Account + ":model"}},
		State: 9,
	},
	Seed: {
		Name: "sampling seed", Family: Client, Fields: "request.seed",
		Read: readSeed, Readable: true,
		Watch: []Path{{STIX: Account + ":seed"}},
		State: 12,
	},
	Contract: {
		Name: "contract", Fields: "account.contract", Read: readContract,
		Watch: []Path{{STIX: Account + ":contract"}},
		State: 13,
	},
	Purpose: {
		Name: "declared purpose", Fields: "account.purpose", Read: readPurpose, Readable: true,
		Watch: []Path{{STIX: Account + ":purpose"}},
		State: 14,
	},
	SignupDay: {
		Name: "sign-up day", Family: Identity, Fields: "account.created_at",
		Day:     func(createdAt, _ int64) int64 { return createdAt },
		Posting: 15, Refines: true, Recognises: true,
		State: 10,
	},
	FirstDay: {
		Name: "first day", Fields: "time",
		Day:   func(_, firstSeen int64) int64 { return firstSeen },
		State: 11,
	},
}

// userAgentPath is the STIX path of a user agent (STIX 2.1, section 6.12.3).
const userAgentPath = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
