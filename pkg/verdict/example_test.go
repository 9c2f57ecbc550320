package verdict_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/verdict"
)

// decider is what a gateway needs of a verdict.Client.
type decider interface {
	Decide(tenant, account string) verdict.Decision
}

var _ decider = (*verdict.Client)(nil)

// enforce denies the requests of accounts that the policy denies, before they reach the model.
//
// accountOf has to be the gateway's own authentication, and give the account as the gateway's
// records for Stillwatch give it. note is for the gateway's log and metrics.
//
// All members of a finding are denied at once: Stillwatch writes their records together, and each
// is denied as soon as it is read. Do not take them up one by one, and do not wait for a request
// after which to ban an account: a pool that loses a few accounts moves to others, and tells its
// operator by which request each was found. Who wants a person's consent takes it for a finding as
// a whole, by its uid (Answer.Findings), and not for an account.
//
// The body says nothing: not that it was Stillwatch, nor why, nor which finding. It is the body of
// every other refusal of this gateway, with an id by which support finds the line of the log.
func enforce(
	by decider, accountOf func(*http.Request) (tenant, account string),
	note func(requestID string, d verdict.Decision), next http.Handler,
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		decision := by.Decide(accountOf(r))
		id := r.Header.Get("X-Request-Id")
		if !decision.Allow {
			note(id, decision)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{
				"type": "permission_error", "request_id": id,
			}})
			return
		}
		if decision.Answer.Status == verdict.Watched {
			note(id, decision) // Log more of this request; do nothing that its sender can see.
		}
		next.ServeHTTP(w, r)
	})
}

// A gateway makes one client when it starts, and puts a middleware before its handlers. (The
// standings of this example come from a table, and not from Kafka, so that it can be run.)
func Example_middleware() {
	// In a gateway:
	//
	//	opts := verdict.DefaultOptions()
	//	opts.Kafka.Brokers = []string{"kafka-1:9092", "kafka-2:9092"}
	//	client, err := verdict.New(opts, logger)
	//	go client.Follow(ctx)
	client := tableDecider{table: verdict.NewTable(), policy: verdict.DefaultPolicy()}
	for key, value := range map[string]string{
		"acct_1": `{"account":"acct_1","tenant":"default","time":1772432400000,"status":"implicated",` +
			`"findings":[{"uid":"a27d933d","severity_id":4,"confidence":86,"since":1772428800000}]}`,
		"acct_2": `{"account":"acct_2","tenant":"default","time":1772432400000,"status":"watched",` +
			`"findings":[{"uid":"5cbe9b05","severity_id":2,"confidence":50,"since":1772428800000}]}`,
		"acct_3": `{"account":"acct_3","tenant":"default","time":1772432400000,"status":"allowed",` +
			`"findings":[{"uid":"a27d933d","severity_id":4,"confidence":86,"since":1772428800000}]}`,
	} {
		if err := client.table.Update([]byte(key), []byte(value)); err != nil {
			panic(err)
		}
	}

	model := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "the model's answer")
	})
	accountOf := func(r *http.Request) (tenant, account string) {
		return "", r.Header.Get("X-Authenticated-Account")
	}
	note := func(id string, d verdict.Decision) {
		for finding := range d.Answer.Findings() {
			fmt.Printf("  log: request %s: %s, %s, finding %s (%s, %d %%) since %s\n", id,
				d.Answer.Status, d.Reason, finding.UID, finding.Severity, finding.Confidence,
				finding.Since.UTC().Format("15:04"))
		}
	}
	gateway := enforce(client, accountOf, note, model)
	for i, account := range []string{"acct_1", "acct_2", "acct_3", "acct_4"} {
		request := httptest.NewRequestWithContext(
			context.Background(), http.MethodPost, "/v1/messages", http.NoBody,
		)
		request.Header.Set("X-Authenticated-Account", account)
		request.Header.Set("X-Request-Id", fmt.Sprintf("req_%d", i+1))
		response := httptest.NewRecorder()
		gateway.ServeHTTP(response, request)
		fmt.Println(account, response.Code, strings.TrimSpace(response.Body.String()))
	}
	// Output:
	//   log: request req_1: implicated, by_finding, finding a27d933d (High, 86 %) since 05:20
	// acct_1 403 {"error":{"request_id":"req_1","type":"permission_error"}}
	//   log: request req_2: watched, not_implicated, finding 5cbe9b05 (Low, 50 %) since 05:20
	// acct_2 200 the model's answer
	// acct_3 200 the model's answer
	// acct_4 200 the model's answer
}

// tableDecider decides by a table that is fed by hand, which is how a gateway's own tests can do
// without Kafka.
type tableDecider struct {
	table  *verdict.Table
	policy verdict.Policy
}

func (d tableDecider) Decide(tenant, account string) verdict.Decision {
	return d.policy.Decide(verdict.Answer{
		Standing: d.table.Lookup(tenant, account), Freshness: verdict.Fresh,
	})
}

// Gateways that are not written in Go can ask a small server beside them, which answers 200 or 403:
// nginx (auth_request), Envoy (ext_authz over HTTP) and Traefik (ForwardAuth) speak that.
func Example_sidecar() {
	client := tableDecider{table: verdict.NewTable(), policy: verdict.DefaultPolicy()}
	check := func(w http.ResponseWriter, r *http.Request) {
		// The gateway sets this header after its own authentication, and removes what a client
		// sends under its name.
		if !client.Decide("", r.Header.Get("X-Authenticated-Account")).Allow {
			w.WriteHeader(http.StatusForbidden)
		}
	}
	request := httptest.NewRequestWithContext(
		context.Background(), http.MethodGet, "/", http.NoBody,
	)
	request.Header.Set("X-Authenticated-Account", "acct_4")
	response := httptest.NewRecorder()
	check(response, request)
	fmt.Println(response.Code)
	// Output: 200
}
