package enrich

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// Row is one line of a table of facts.
type Row struct {
	Tenant, Account string
	Facts           Facts
}

// columns are the names of what a row holds, in a file as in a topic.
var columns = []string{
	"tenant", "account", "created_at", "payment_fp", "payment_issuer", "plan", "org_id",
	"verified", "email_domain", "contract", "purpose",
}

// set reads a value of a column. Values that gateways write for nothing are absent here as well.
// Errors never repeat the value.
func (r *Row) set(column, value string) error {
	value = strings.TrimSpace(value)
	if value == "-" || value == "null" {
		value = ""
	}
	if !event.ValidIdentity(value) {
		return fmt.Errorf("%s is longer than %d bytes or has control characters",
			column, event.MaxIdentity)
	}
	if !utf8.ValidString(value) {
		return fmt.Errorf("%s is not UTF-8", column)
	}
	switch f := &r.Facts; column {
	case "tenant":
		r.Tenant = value
	case "account":
		r.Account = value
	case "created_at":
		return f.setCreatedAt(value)
	case "payment_fp":
		f.PaymentFP = strings.Clone(value)
	case "payment_issuer":
		f.PaymentIssuer = value
	case "plan":
		f.Plan = value
	case "org_id":
		f.OrgID = value
	case "verified":
		if value == "" {
			f.Verified = event.Bool{}
			return nil
		}
		v, err := strconv.ParseBool(strings.ToLower(value))
		if err != nil {
			return errors.New("verified is neither true nor false")
		}
		f.Verified = event.Bool{V: v, Known: true}
	case "email_domain":
		f.EmailDomain = value
	case "contract":
		f.Contract = value
	case "purpose":
		f.Purpose = value
	}
	return nil
}

// setCreatedAt reads what an event's created_at may be, and a day without a time.
func (f *Facts) setCreatedAt(value string) error {
	if value == "" {
		f.CreatedAt = 0
		return nil
	}
	if len(value) == len("2006-01-02") && value[4] == '-' {
		value += "T00:00:00Z"
	}
	ms, ok := event.ParseTime(value)
	if !ok || !event.PlausibleTime(ms) {
		return errors.New(
			"created_at is no time of this century: give RFC 3339, a day, or epoch milliseconds",
		)
	}
	f.CreatedAt = ms
	return nil
}

// done completes a row that was read.
func (r *Row) done() error {
	if r.Account == "" {
		return errors.New("account is missing")
	}
	r.Account = strings.Clone(r.Account)
	if r.Tenant == "" {
		r.Tenant = DefaultTenant
	}
	return nil
}

// RowError is a row of a file that could not be read.
type RowError struct {
	Line int
	Err  error
}

// Error names the line and what is wrong with it, never what stands there.
func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *RowError) Unwrap() error { return e.Err }

// maxLine is the longest line in bytes: a file with a longer one holds something else.
const maxLine = 1 << 20

// ReadCSV reads a file of facts, which begins with a line that names the columns. A row that cannot
// be read is handed to bad and left out; the last row of an account holds. The error says why
// nothing of the file is to be had.
//
// A line is a row, whatever quotes stand in it: no value has a line break, and one lost quote must
// not swallow the accounts after it.
func ReadCSV(r io.Reader, bad func(*RowError)) (*Table, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	var names []string
	t := NewTable()
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" {
			continue
		}
		fields, err := split(text)
		if names == nil {
			if err == nil {
				names, err = readHeader(fields)
			}
			if err != nil {
				return nil, fmt.Errorf("line %d, which names the columns: %w", n, err)
			}
			continue
		}
		var row *Row
		if err == nil {
			row, err = readFields(names, fields)
		}
		if err != nil {
			bad(&RowError{Line: n, Err: err})
			continue
		}
		t.set(row)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if names == nil {
		return nil, fmt.Errorf(
			"the file is empty: begin it with a line that names its columns, of %s",
			strings.Join(columns, ", "),
		)
	}
	return t, nil
}

// split returns the fields of a line.
func split(line string) ([]string, error) {
	if !strings.Contains(line, `"`) {
		return strings.Split(line, ","), nil
	}
	fields, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return nil, errors.New("the quotes do not match")
	}
	return fields, nil
}

// readHeader returns the columns' names.
func readHeader(header []string) ([]string, error) {
	var names []string
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(header[i]))
	}
	// A first line that is data must not end up in a log.
	if !slices.ContainsFunc(header, func(name string) bool {
		return slices.Contains(columns, name)
	}) {
		return nil, fmt.Errorf("it names none of %s", strings.Join(columns, ", "))
	}
	for _, name := range header {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("unknown column %q; there are %s",
				name, strings.Join(columns, ", "))
		}
		if slices.Contains(names, name) {
			return nil, fmt.Errorf("column %s is there twice", name)
		}
		names = append(names, name)
	}
	if !slices.Contains(names, "account") {
		return nil, errors.New("no column is called account")
	}
	return names, nil
}

func readFields(names, fields []string) (*Row, error) {
	if len(fields) != len(names) {
		return nil, fmt.Errorf("%d fields where %d are named", len(fields), len(names))
	}
	var row Row
	for i, name := range names {
		if err := row.set(name, fields[i]); err != nil {
			return nil, err
		}
	}
	return &row, row.done()
}

// readJSON reads the value of a topic's record. Names that are no column are passed over: the topic
// may serve others as well.
func readJSON(key string, value []byte) (*Row, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil || object == nil {
		// The library's error may repeat what it read.
		return nil, errors.New("not a JSON object")
	}
	row := Row{Account: key}
	for _, name := range columns {
		raw, ok := object[name]
		if !ok {
			continue
		}
		text, ok := scalar(raw)
		if !ok {
			return nil, fmt.Errorf("%s is no string, number or boolean", name)
		}
		if text == "" && name == "account" {
			continue
		}
		if err := row.set(name, text); err != nil {
			return nil, err
		}
	}
	if !event.ValidIdentity(row.Account) {
		return nil, fmt.Errorf("account is longer than %d bytes or has control characters",
			event.MaxIdentity)
	}
	return &row, row.done()
}

// scalar returns the text of a JSON value that is no object and no array.
func scalar(raw json.RawMessage) (string, bool) {
	switch {
	case bytes.Equal(raw, []byte("null")):
		return "", true
	case raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err == nil
	case raw[0] == '{' || raw[0] == '[':
		return "", false
	}
	return string(raw), true
}
