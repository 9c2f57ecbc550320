package alert_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/alert/alerttest"
	"github.com/stillwatch/stillwatch/pkg/campaign"
)

// edit replaces one piece of a record's text, which must occur in it.
func edit(t *testing.T, record []byte, from, to string) []byte {
	t.Helper()
	require.Contains(t, string(record), from)
	return []byte(strings.Replace(string(record), from, to, 1))
}

func TestCheckFindsWhatTheSchemaCannot(t *testing.T) {
	r, err := encoder(t).Finding(pool())
	require.NoError(t, err)
	require.NoError(t, alerttest.Check(r.Value))
	for _, c := range []struct{ name, from, to, want string }{
		{
			"a type of another activity", `"type_uid":200401`,
			`"type_uid":200402`, "type_uid is 200402",
		},
		{"a class of another category", `"category_uid":2`, `"category_uid":3`, "belongs to 2"},
		{"a wrong caption", `"severity":"High"`, `"severity":"Low"`, `severity is "Low"`},
		{"a missing caption", `"risk_level":"High",`, ``, "risk_level"},
		{"a missing id", `"confidence_id":3,`, ``, "confidence_id is missing"},
		{
			"another caption of a member's verdict", `"verdict":"Suspicious"`,
			`"verdict":"Benign"`, "evidences[0].verdict",
		},
		{
			"another caption of a model's role", `"role":"Target"`,
			`"role":"Actor"`, "resources[0].role",
		},
		{
			"an observable that points nowhere", `"name":"evidences[0].user.uid"`,
			`"name":"evidences[7].user.uid"`, "no element [7]",
		},
		{
			"an observable of no attribute", `"name":"evidences[0].user.uid"`,
			`"name":"evidences[0].user.id"`, "there is no id",
		},
		{
			"an observable in no object", `"name":"evidences[0].user.uid"`,
			`"name":"time.user"`, "is in no object",
		},
		{
			"an observable with another value", `"name":"evidences[0].user.uid"`,
			`"name":"evidences[1].user.uid"`, "holds another value",
		},
		{
			"an observable of another type", `"type_id":31`, `"type_id":35`,
			"not the caption of type_id 35",
		},
		{
			"a span that ends before it begins", `"end_time":1772432398000`, `"end_time":1`,
			"start_time is after end_time",
		},
		{
			"a modification before the creation", `"modified_time":1772432400000`,
			`"modified_time":1`, "created_time is after",
		},
		{
			"a time that is not the record's", `"modified_time":1772432400000`,
			`"modified_time":1772432400001`, "time must be",
		},
		{"a record of another sequence", `"sequence":1`, `"sequence":2`, "metadata.uid"},
		{"another version", `"version":"1.8.0"`, `"version":"1.7.0"`, "metadata.version"},
		{"a score out of range", `"risk_score":77`, `"risk_score":770`, "risk_score is 770"},
		{"no profile for attacks", `"security_control"`, `"cloud"`, "security_control"},
		{"attacks that are not the finding's", `AML.T0024.002`, `AML.T0024.001`, "attacks"},
		{
			"a resolved finding that is not closed", `"status_id":1,"status":"New"`,
			`"status_id":4,"status":"Resolved"`, "needs activity Close",
		},
		{
			"an alert of a muted finding", `"status_id":1,"status":"New"`,
			`"status_id":3,"status":"Suppressed"`, "nor a muted finding alerts",
		},
		{
			"an end after the record", `"end_time":1772432398000`, `"end_time":1772432400001`,
			"end_time is after time",
		},
		{"a decimal without a point", `"bits":7.9`, `"bits":8`, "always has a point"},
		{"no is_alert", `"is_alert":true,`, ``, "is_alert is missing"},
		{"time that is not first", `{"time":1772432400000,`, `{`, "begins with"},
		{"a line break", `"message":`, "\n\"message\":", "one line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorContains(t, alerttest.Check(edit(t, r.Value, c.from, c.to)), c.want)
		})
	}
}

func TestCheckFindsAnUnfinishedClose(t *testing.T) {
	f := pool()
	f.Activity, f.CloseReason = campaign.Close, "quiet"
	r, err := encoder(t).Finding(f)
	require.NoError(t, err)
	require.ErrorContains(t, alerttest.Check(edit(
		t, r.Value, `"status_id":4,"status":"Resolved"`, `"status_id":2,"status":"In Progress"`,
	)),
		"a Close has status_id 2")
	require.ErrorContains(t,
		alerttest.Check(edit(t, r.Value, `"status_detail":"quiet: the members have stopped",`, ``)),
		"needs status_detail")
}

func TestCheckRefusesWhatIsNoRecord(t *testing.T) {
	require.ErrorContains(t, alerttest.Check([]byte(`{"time":1`)), "no JSON object")
	require.ErrorContains(t, alerttest.Check([]byte(`{"time":1}{}`)), "more than one")
	require.ErrorContains(t, alerttest.Check([]byte(`{"class_uid":2004}`)), "begins with")
	require.ErrorContains(t, alerttest.Check(bytes.Repeat([]byte("x"), alert.MaxRecord)),
		"1000000 bytes")
}

func FuzzCheckNeverPanics(f *testing.F) {
	r, err := encoder(f).Finding(pool())
	require.NoError(f, err)
	f.Add(r.Value)
	f.Add([]byte(`{"time":1,"observables":[{"name":"a[0][1].b[","value":"x"}],"a":[[1]]}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		if alerttest.Check(record) == nil {
			require.True(t, json.Valid(record))
		}
	})
}
