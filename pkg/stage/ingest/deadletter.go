package ingest

import (
	"strconv"

	"github.com/stillwatch/stillwatch/pkg/stage"
)

// trouble is the first thing that was wrong with a record, whose item that was where it could be
// told, and how many of its items are.
type trouble struct {
	reason, detail  string
	tenant, account string
	item, items     int
}

func (t *trouble) add(reason, detail string, item int) {
	if t.items++; t.items == 1 {
		t.reason, t.detail, t.item = reason, detail, item
	}
}

// deadLetter makes the dead letter of a record. Its headers say besides which of its items is the
// first bad one, and whose, as findings name the account.
func (b *outcome) deadLetter(r *stage.Record, bad *trouble) {
	b.counts.Add(1, deadLettered, bad.reason)
	out := stage.NewDeadLetter(r, bad.reason, bad.detail)
	out.Headers = append(out.Headers,
		stage.Header{Key: "stillwatch-item", Value: strconv.AppendInt(nil, int64(bad.item), 10)},
		stage.Header{
			Key: "stillwatch-bad-items", Value: strconv.AppendInt(nil, int64(bad.items), 10),
		})
	if bad.account != "" {
		out.Headers = append(out.Headers,
			stage.Header{Key: "stillwatch-tenant", Value: []byte(bad.tenant)},
			stage.Header{Key: "stillwatch-account", Value: []byte(bad.account)})
	}
	b.out = append(b.out, out)
}
