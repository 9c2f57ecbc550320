package simulate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// stack is a piece of client software as the gateway sees it. Several share a TLS library, and so a
// fingerprint.
type stack struct {
	agent, ja4 string
	// device is the chance that an account on it reports a device id.
	device float64
	weight float64
}

// deviceDefault is the id that a widespread library reports when it has none; relayDevice is what a
// public relay makes up.
const (
	deviceDefault = "0000000000000001"
	relayDevice   = "6d80b607905bb422a7713b6131219e2c9f3b5682ec0a6c3a7ed192eb26b05bc9"
)

// ja4 makes a fingerprint that is the same in every world.
func ja4(head, library string) string {
	sum := sha256.Sum256([]byte("tls " + library))
	return head + "_" + hex.EncodeToString(sum[:6]) + "_" + hex.EncodeToString(sum[6:12])
}

// browserStacks are what people use.
func browserStacks() []stack {
	chrome, webkit, gecko := ja4("t13d1516h2", "chrome"), ja4("t13d2014h2", "webkit"),
		ja4("t13d1715h2", "gecko")
	android := ja4("t13d1513h2", "okhttp")
	const (
		win = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
		mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
	)
	return []stack{
		{win + "Chrome/143.0.0.0 Safari/537.36", chrome, 0.5, 14},
		{win + "Chrome/142.0.0.0 Safari/537.36", chrome, 0.5, 7},
		{win + "Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0", chrome, 0.5, 6},
		{mac + "Chrome/143.0.0.0 Safari/537.36", chrome, 0.5, 9},
		{mac + "Chrome/142.0.0.0 Safari/537.36", chrome, 0.5, 4},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", webkit, 0.4, 6},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1", webkit, 0.4, 9},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36", chrome, 0.5, 10},
		{
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
			gecko, 0.4, 3,
		},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", gecko, 0.3, 1.5},
		{
			"PocketMuse/2.9 CFNetwork/1568.100.1 Darwin/24.6.0", ja4("t13d2013h2", "cfnetwork"),
			0.9, 5,
		},
		{"PocketMuse/3.0 (Android 15)", android, 0.9, 5},
		{"BriarChat/1.14.2 okhttp/5.1.0", android, 0.9, 4},
		{
			mac + "DeskScribe/0.31.0 Chrome/140.0.7339.133 Electron/38.1.2 Safari/537.36",
			ja4("t13d1511h2", "electron"), 0.8, 4,
		},
		{
			win + "DeskScribe/0.31.0 Chrome/140.0.7339.133 Electron/38.1.2 Safari/537.36",
			ja4("t13d1511h2", "electron"), 0.8, 4,
		},
		{"LocalPane/1.2 (tauri) reqwest/0.12.23", ja4("t13d1010h2", "rustls"), 0.6, 2},
	}
}

// sdkStacks are what programs use.
func sdkStacks() []stack {
	py, pyold, node, undici := ja4("t13d1812h1", "python3.12"), ja4("t13d4312h1", "python3.9"),
		ja4("t13d5713h1", "node20"), ja4("t13d1714h1", "node24")
	return []stack{
		{"OpenAI/Python 2.8.1", py, 0, 14},
		{"OpenAI/Python 2.6.0", py, 0, 9},
		{"OpenAI/Python 1.109.1", py, 0, 9},
		{"OpenAI/Python 1.68.2", pyold, 0, 4},
		{"OpenAI/JS 6.9.0", undici, 0, 9},
		{"OpenAI/JS 5.23.2", node, 0, 6},
		{"Anthropic/Python 0.75.0", py, 0, 8},
		{"Anthropic/Python 0.52.2", pyold, 0, 3},
		{"Anthropic/JS 0.71.0", undici, 0, 5},
		{"python-requests/2.32.5", py, 0, 6},
		{"python-requests/2.31.0", pyold, 0, 3},
		{"python-httpx/0.28.1", py, 0, 5},
		{"Python/3.12 aiohttp/3.13.2", py, 0, 4},
		{"axios/1.13.2", undici, 0, 4},
		{"node", node, 0, 4},
		{"Go-http-client/2.0", ja4("t13d1312h2", "go"), 0, 5},
		{"litellm/1.80.5", py, 0, 4},
		{"langchain/1.1.0 python", py, 0, 3},
		{"Apache-HttpClient/5.5 (Java/21)", ja4("t13d4915h2", "java"), 0, 3},
		{"okhttp/5.1.0", ja4("t13d1513h2", "okhttp"), 0, 2},
		{"curl/8.16.0", ja4("t13d3112h2", "openssl"), 0, 2},
		{"GuzzleHttp/7", ja4("t13d3113h1", "php"), 0, 2},
		{"Faraday v2.14.0", ja4("t13d3012h1", "ruby"), 0, 1},
		{"reqwest/0.12.23", ja4("t13d1010h2", "rustls"), 0, 2},
		{"PostmanRuntime/7.49.1", undici, 0, 1},
		{"Microsoft.Extensions.AI/10.0", ja4("t13d1412h2", "schannel"), 0, 2},
	}
}

// netKind is how an account reaches the internet.
type netKind uint8

const (
	netHome netKind = iota
	netMobile
	netCloud
	netVPN
)

// network is one autonomous system that accounts are in.
type network struct {
	asn          int64
	org, country string
	kind         netKind
	block        int // the number of its address block
	v6           bool
}

// places are where accounts are, with their time zone in hours.
type place struct {
	country string
	zone    float64
	weight  float64
	tongues []string
}

func places() []place {
	return []place{
		{"US", -6, 24, []string{"en", "en", "en", "en", "en", "es"}},
		{"IN", 5.5, 12, []string{"en"}},
		{"GB", 0, 6, []string{"en"}},
		{"DE", 1, 7, []string{"de", "de", "en"}},
		{"BR", -3, 7, []string{"pt", "pt", "pt", "en"}},
		{"JP", 9, 7, []string{"ja", "ja", "ja", "en"}},
		{"FR", 1, 5, []string{"fr", "fr", "en"}},
		{"MX", -6, 4, []string{"es"}},
		{"ES", 1, 4, []string{"es", "es", "en"}},
		{"KR", 9, 4, []string{"ko", "ko", "en"}},
		{"TW", 8, 3, []string{"zh"}},
		{"SG", 8, 3, []string{"en", "zh"}},
		{"HK", 8, 3, []string{"zh", "en"}},
		{"ID", 7, 4, []string{"en"}},
		{"CA", -5, 4, []string{"en", "en", "fr"}},
		{"AU", 10, 3, []string{"en"}},
		{"PL", 1, 3, []string{"en"}},
		{"KZ", 5, 2, []string{"ru"}},
		{"UA", 2, 2, []string{"ru", "en"}},
		{"TR", 3, 3, []string{"en"}},
		{"NL", 1, 2, []string{"en"}},
		{"NG", 1, 2, []string{"en"}},
	}
}

// identities hands out what accounts are made of. Everything is drawn from populations with popular
// and rare values.
type identities struct {
	r                rng
	g                *grammar
	start            time.Time
	end              time.Time
	places           []place
	placeWeights     []float64
	browsers, sdks   []stack
	browserW, sdkW   []float64
	home, cloud, vpn []network
	issuers          []string
	domains          []string
	domainWeights    []float64
}

func newIdentities(r rng, g *grammar, start, end time.Time) *identities {
	id := &identities{
		r: r, g: g, start: start, end: end, places: places(),
		browsers: browserStacks(), sdks: sdkStacks(),
	}
	weights := func(list []stack) []float64 {
		out := make([]float64, len(list))
		for i := range list {
			out[i] = list[i].weight
		}
		return out
	}
	id.browserW, id.sdkW = weights(id.browsers), weights(id.sdks)
	homeNames := []string{"Fibrelane", "Metrocast", "Homewire", "Aerolink Mobile", "Canal Net"}
	cloudNames := []string{"Cumulon", "Stackyard", "Ironshelf Hosting", "Packetbarn", "Nimbusgrid"}
	block := 0
	for i, p := range id.places {
		id.placeWeights = append(id.placeWeights, p.weight)
		for j, name := range homeNames {
			kind := netHome
			if j == 3 {
				kind = netMobile
			}
			id.home = append(id.home, network{
				asn: int64(64512 + i*5 + j), org: name + " " + p.country, country: p.country,
				kind: kind, block: block, v6: j == 2,
			})
			block++
		}
	}
	for i, name := range cloudNames {
		for j, country := range []string{"US", "DE", "SG", "NL", "US", "JP"} {
			id.cloud = append(id.cloud, network{
				asn: int64(4200000100 + i), org: name, country: country,
				kind: netCloud, block: i*8 + j,
			})
		}
	}
	for i, name := range []string{"Veilroute", "Tunnelbear Alley", "Greyport VPN"} {
		country := pick(r, []string{"NL", "US", "SE", "RO", "CH"})
		id.vpn = append(id.vpn, network{
			asn: int64(4200000900 + i), org: name, country: country, kind: netVPN, block: 100 + i,
		})
	}
	for range 160 {
		id.issuers = append(id.issuers, r.hex(8))
	}
	id.domains = []string{
		"gmail.com", "outlook.com", "yahoo.com", "icloud.com", "hotmail.com", "proton.me",
		"naver.com", "qq.com", "163.com", "web.de", "mail.ru", "gmx.net", "orange.fr", "uol.com.br",
		"live.com", "fastmail.com", "duck.com", "yandex.ru", "docomo.ne.jp", "hey.com",
	}
	id.domainWeights = []float64{
		44, 12, 7, 7, 5, 4, 2, 2, 2, 2, 1.5, 1.5, 1, 1, 1, 1, 0.8, 0.8, 0.6, 0.4,
	}
	return id
}

func (id *identities) place(r rng) place { return id.places[r.weighted(id.placeWeights)] }

func (id *identities) browser(r rng) stack { return id.browsers[r.weighted(id.browserW)] }
func (id *identities) sdk(r rng) stack     { return id.sdks[r.weighted(id.sdkW)] }

func (id *identities) homeIn(r rng, country string) network {
	var in []network
	for _, n := range id.home {
		if n.country == country {
			in = append(in, n)
		}
	}
	return in[min(r.zipf(len(in)+1, 0.7), len(in)-1)]
}

// address draws an address in the network: homes have many small blocks, clouds fewer.
func (n network) address(r rng) string {
	if n.v6 {
		return fmt.Sprintf("2001:db8:%x:%x::%x", 0x1000+n.block, r.IntN(1<<16), 1+r.IntN(0xfffe))
	}
	switch n.kind {
	case netCloud:
		return fmt.Sprintf("198.18.%d.%d", (n.block*6+r.IntN(6))%256, 1+r.IntN(254))
	case netVPN:
		return fmt.Sprintf("198.19.%d.%d", n.block, 1+r.IntN(24))
	default:
		third := n.block*48 + r.IntN(48)
		return fmt.Sprintf("100.%d.%d.%d", 64+third/256%64, third%256, 1+r.IntN(254))
	}
}

// domain draws a mail domain; own says how often it is the account's own.
func (id *identities) domain(r rng, own float64) string {
	if r.chance(own) {
		return id.ownDomain(r)
	}
	return id.domains[r.weighted(id.domainWeights)]
}

func (id *identities) ownDomain(r rng) string {
	return slug(id.g.text(r, "company")) +
		pick(r, []string{".com", ".io", ".co", ".dev", ".ai", ".net", ".org"})
}

// slug keeps the letters and digits of a name, in lower case.
func slug(name string) string {
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b = append(b, c)
		}
	}
	return string(b)
}

// issuer draws a card issuer: a few are everywhere.
func (id *identities) issuer(r rng) string { return id.issuers[r.zipf(len(id.issuers), 0.9)] }

// signUp draws when an ordinary account was made: mostly within the last year, some before, a few
// while the world runs.
func (id *identities) signUp(r rng) int64 {
	if r.chance(0.04) {
		return id.start.UnixMilli() +
			int64(r.Float64()*float64(id.end.Sub(id.start).Milliseconds()))
	}
	days := min(1100, 0.2+r.ExpFloat64()*pick(r, []float64{12, 90, 240, 240}))
	return id.start.UnixMilli() - int64(days*86_400_000)
}

// account is one entity that sends requests, with what stays the same about it.
type account struct {
	id    event.Account
	group *group
	seen  bool
	// owned says that the owner of a leased account was seen to use it.
	owned bool
	r     rng

	stack  stack
	device string
	// nets are the networks it uses, at with its current address, until when.
	nets      []network
	addresses []string
	address   string
	addrUntil int64
	net       network
	lease     float64 // hours that an address lasts

	zone    float64
	tongue  string
	tongues []string

	request event.Request
	model   int // favourite among the models on offer
	moves   []move
	settled float64 // the share of its requests on its favourite model
	retries bool
	banned  bool
	// main is the account itself where this is what another program, or whoever leased it, shows of
	// it; leased says that it works for a campaign besides its owner.
	main   *account
	leased bool
	// away says that it has networks of its own, other than those of main.
	away bool
}

// move is a planned move to a released model.
type move struct {
	at    int64
	model string
	share float64
}

// person makes an ordinary account on browsers or SDKs.
func (w *World) person(g *group, sdk bool) *account {
	r := newRNG(w.sc.Seed, w.stream())
	id := w.ids
	a := &account{group: g, r: r, lease: 20, settled: 0.8, retries: sdk || r.chance(0.3)}
	p := id.place(r)
	a.zone, a.tongues = p.zone, p.tongues
	a.tongue = pick(r, p.tongues)
	a.nets = []network{id.homeIn(r, p.country)}
	if r.chance(0.5) {
		a.nets = append(a.nets, id.homeIn(r, p.country))
	}
	if r.chance(0.04) {
		a.nets = append(a.nets, pick(r, id.vpn))
	}
	if sdk {
		a.stack = id.sdk(r)
		if r.chance(0.75) {
			a.nets = []network{pick(r, id.cloud)}
			a.lease = 200
		}
	} else {
		a.stack = id.browser(r)
	}
	a.id = event.Account{
		ID: "acct_" + r.token(16), KeyHash: r.hex(64), CreatedAt: id.signUp(r),
		EmailDomain: id.domain(r, 0.12), Verified: event.Bool{V: r.chance(0.3), Known: true},
		Purpose: g.purpose,
	}
	a.id.Contract = g.contractOf(a.id.ID)
	if sdk {
		a.id.EmailDomain = id.domain(r, 0.5)
		a.id.Plan = pick(r, []string{
			"api", "api", "api", "api", "api", "api", "team", "pro", "enterprise",
		})
		if r.chance(0.45) {
			a.id.OrgID = "org_" + r.token(14)
		}
	} else {
		a.id.Plan = pick(r, []string{
			"free", "free", "free", "free", "pro", "pro", "pro", "api", "team",
		})
	}
	if a.id.Plan != "free" {
		a.id.PaymentFP, a.id.PaymentIssuer = r.hex(32), id.issuer(r)
	}
	a.dressDevice()
	a.request = w.parameters(r, sdk)
	a.model = w.favourite(r)
	w.planMoves(a)
	if !g.campaign {
		w.honest = append(w.honest, a)
	}
	return a
}

// olderThan makes the account one that signed up before t.
func (a *account) olderThan(t int64) {
	if a.id.CreatedAt >= t {
		a.id.CreatedAt = t - day - int64(a.r.ExpFloat64()*30*day)
	}
}

// dressDevice gives the account the device id that its client reports, if it does.
func (a *account) dressDevice() {
	a.device = ""
	if a.r.chance(a.stack.device) {
		a.device = a.r.hex(16)
		if a.r.chance(0.02) {
			a.device = deviceDefault
		}
	}
}

// parameters draws what a client sends besides text: a few popular tuples and many rare ones.
func (w *World) parameters(r rng, sdk bool) event.Request {
	q := event.Request{
		Operation: "chat", N: event.Int{V: 1, Known: true}, Logprobs: event.Bool{Known: true},
	}
	q.Stream = event.Bool{V: r.chance(0.7), Known: true}
	if sdk {
		q.Stream.V = r.chance(0.35)
	}
	if r.chance(0.65) {
		q.Temperature = event.Float{
			V: pick(r, []float64{0, 0, 0.2, 0.3, 0.5, 0.7, 0.7, 0.7, 0.8, 1, 1, 1}), Known: true,
		}
	}
	if r.chance(0.2) {
		q.TopP = event.Float{V: pick(r, []float64{1, 1, 0.95, 0.9}), Known: true}
	}
	q.MaxTokens = event.Int{V: pick(r, []int64{
		512, 1000, 1024, 2048, 2048, 4096, 4096, 4096, 8192, 8192, 16384, 32000,
	}), Known: r.chance(0.85)}
	if r.chance(0.12) {
		q.ReasoningEffort = pick(r, []string{"low", "medium", "high"})
	}
	if sdk && r.chance(0.15) {
		q.ResponseFormat = "json_object"
	}
	return q
}

func (w *World) favourite(r rng) int { return r.zipf(len(w.sc.Models), 0.8) }

// planMoves decides when the account moves to released models.
func (w *World) planMoves(a *account) {
	a.moves = a.moves[:0]
	for _, rel := range w.sc.Releases {
		if !a.r.chance(rel.Adoption) {
			continue
		}
		delay := a.r.ExpFloat64() * float64(rel.HalfLife.Milliseconds()) / 0.69
		a.moves = append(a.moves, move{
			at: w.start + rel.After.Milliseconds() + int64(delay), model: rel.Model,
			share: a.r.uniform(0.5, 1),
		})
	}
}

// modelAt is the model of a request at that time.
func (w *World) modelAt(a *account, t int64) string {
	for _, m := range slices.Backward(a.moves) {
		if t >= m.at && a.r.chance(m.share) {
			return m.model
		}
	}
	if a.settled < 1 && !a.r.chance(a.settled) {
		// Curiosity, fallbacks and cheap side tasks go elsewhere; now and then to what is new.
		if rel := w.released(t); rel != "" && a.r.chance(0.05) {
			return rel
		}
		return w.sc.Models[w.favourite(a.r)]
	}
	return w.sc.Models[a.model]
}

func (w *World) released(t int64) string {
	for _, rel := range slices.Backward(w.sc.Releases) {
		if t >= w.start+rel.After.Milliseconds() {
			return rel.Model
		}
	}
	return ""
}

// locate refreshes the account's address when its lease is over.
func (a *account) locate(t int64) {
	if a.main != nil && !a.away {
		a.main.locate(t) // two programs of one person are at one address
		a.address, a.net = a.main.address, a.main.net
		return
	}
	if t < a.addrUntil {
		return
	}
	a.addrUntil = t + int64(a.lease*3_600_000*(0.2+a.r.ExpFloat64()))
	if len(a.addresses) > 0 {
		i := a.r.IntN(len(a.addresses))
		a.address, a.net = a.addresses[i], a.nets[i%len(a.nets)]
		return
	}
	a.net = a.nets[min(a.r.zipf(len(a.nets)+1, 1.2), len(a.nets)-1)]
	if a.net.kind == netMobile {
		a.addrUntil = t + int64(3_600_000*(0.3+2*a.r.ExpFloat64()))
	}
	a.address = a.net.address(a.r)
}
