package lookup

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync/atomic"

	"github.com/oschwald/maxminddb-golang/v2"
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/filewatch"
)

// file is a file that is read as a whole, and again when it changes.
type file struct {
	key, path, source string
	// read reads the file and returns what puts it into effect.
	read func(io.Reader) (commit func(), err error)
	// seen is what the file looked like when it was last read, broken what it looked like when it
	// could not be, and reason why: it is not read again before it changes.
	seen, broken os.FileInfo
	reason       error
	// failed is why it could not be read last.
	failed string
}

// errBusy says that a file changed while it was read.
var errBusy = errors.New("it is being written; put it in place with a rename")

// check reads the file if it has changed.
func (f *file) check() (changed bool, err error) {
	in, err := os.Open(f.path)
	if err != nil {
		return false, plainly(err)
	}
	defer func() { _ = in.Close() }()
	before, err := in.Stat()
	if err != nil {
		return false, plainly(err)
	}
	if filewatch.Same(f.seen, before) {
		return false, nil
	}
	if filewatch.Same(f.broken, before) {
		return false, f.reason
	}
	if before.IsDir() {
		return false, errors.New("is a folder")
	}
	commit, err := f.read(in)
	if err != nil {
		f.broken, f.reason = before, plainly(err)
		return false, f.reason
	}
	after, err := in.Stat()
	if err != nil {
		return false, plainly(err)
	}
	if !filewatch.Same(before, after) {
		return false, errBusy
	}
	commit()
	f.seen, f.broken, f.reason = before, nil, nil
	return true, nil
}

// plainly leaves out the path, which the message has already.
func plainly(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// factsFile is the table that was read last.
type factsFile struct {
	log     *zap.Logger
	metrics *metrics
	table   atomic.Pointer[enrich.Table]
}

// Facts returns what is known of an account.
func (f *factsFile) Facts(tenant, account string) (enrich.Facts, bool) {
	return f.table.Load().Facts(tenant, account)
}

func (f *factsFile) read(r io.Reader) (commit func(), err error) {
	bad := 0
	table, err := enrich.ReadCSV(r, func(row *enrich.RowError) {
		if bad++; bad <= maxComplaints {
			f.log.Warn("a row of account facts can't be read and is left out", zap.Error(row))
		}
	})
	f.metrics.bad.WithLabelValues(sourceFile).Add(float64(bad))
	if err != nil {
		return nil, err
	}
	// Facts of nobody are worse than yesterday's, and come of an export that failed.
	switch last := f.table.Load(); {
	case table.Len() > 0:
	case bad > 0:
		return nil, fmt.Errorf("none of its %d rows can be read", bad)
	case last != nil && last.Len() > 0:
		return nil, fmt.Errorf(
			"it has no rows any more, and had %d; to continue without them, restart", last.Len(),
		)
	}
	return func() {
		f.table.Store(table)
		f.metrics.facts.WithLabelValues(sourceFile).Set(float64(table.Len()))
		f.log.Info(
			"account facts were read from the file", zap.Int("accounts", table.Len()),
			zap.Int("left_out", bad),
		)
	}, nil
}

// maxMind is the database that was read last.
type maxMind struct {
	log     *zap.Logger
	metrics *metrics
	db      atomic.Pointer[maxminddb.Reader]
}

// network is what a record may tell.
type network struct {
	ASN     uint64 `maxminddb:"autonomous_system_number"`
	ASOrg   string `maxminddb:"autonomous_system_organization"`
	Country struct {
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
}

// maxASN is the highest number there is.
const maxASN = 1<<32 - 1

// Network looks an address up.
func (m *maxMind) Network(addr netip.Addr) enrich.Network {
	db := m.db.Load()
	if addr.Is6() && db.Metadata.IPVersion == 4 {
		return enrich.Network{}
	}
	var n network
	if err := db.Lookup(addr).Decode(&n); err != nil {
		m.metrics.fault.WithLabelValues(sourceMaxMind).Inc()
		return enrich.Network{}
	}
	return enrich.Network{ASN: int64(min(n.ASN, maxASN)), ASOrg: n.ASOrg, Country: n.Country.Code}
}

// probed is how many records of a database are looked at before it is put into effect.
const probed = 1000

// read takes the file into memory, so that nothing that happens to it later matters.
func (m *maxMind) read(r io.Reader) (commit func(), err error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, fmt.Errorf("not a database in MaxMind's format: %w", err)
	}
	useful, n := false, 0
	for result := range db.Networks() {
		var record network
		if err := result.Decode(&record); err != nil {
			return nil, fmt.Errorf(
				"its records are not those of an ASN, Country or City database: %w", err,
			)
		}
		useful = useful || record != network{}
		if n++; n == probed || useful && n > probed/10 {
			break
		}
	}
	if !useful {
		return nil, fmt.Errorf(
			"a database of type %s has no autonomous_system_number, autonomous_system_organization or country.iso_code",
			db.Metadata.DatabaseType,
		)
	}
	return func() {
		m.db.Store(db)
		m.log.Info(
			"a network database was read", zap.String("type", db.Metadata.DatabaseType),
			zap.Time("built", db.Metadata.BuildTime().UTC()),
		)
	}, nil
}
