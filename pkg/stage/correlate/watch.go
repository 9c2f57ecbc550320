package correlate

import (
	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/campaign/watch"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
	"github.com/stillwatch/stillwatch/pkg/watchlist"
)

// WatchOptions hands watch lists to correlate.
type WatchOptions struct {
	// List gives the list that is in force, the same pointer as long as it is the same list; nil
	// when nothing is watched for. It is asked at every batch.
	List func() *watchlist.List
	// Secrets are the deployment's secrets in use, the current one first: what has no readable form
	// in a profile is compared by its keyed hash, and a profile may be older than the rotation.
	Secrets [][]byte
	// Sighted, when set, is told at every evaluation of what the indicators were found on.
	Sighted func(watch.Sighting)
}

// watcher hands an engine the list in force.
type watcher struct {
	o    WatchOptions
	made []ingest.Identities
	list *watchlist.List
}

func newWatcher(o WatchOptions) watcher {
	w := watcher{o: o}
	for _, s := range o.Secrets {
		w.made = append(w.made, ingest.NewIdentities(s))
	}
	return w
}

// hand gives the engine the list if it is another one than before.
func (w *watcher) hand(e *campaign.Engine) {
	if w.o.List == nil {
		return
	}
	if list := w.o.List(); list != w.list {
		w.list = list
		e.SetWatchList(watch.List{List: list, Hash: w.hash})
	}
}

// hash is what ingest would have made of a value.
func (w *watcher) hash(tenant string, a attribute.Attribute, value string) (out []uint64) {
	for _, made := range w.made {
		out = append(out, made.Hash(tenant, a, value))
	}
	return out
}
