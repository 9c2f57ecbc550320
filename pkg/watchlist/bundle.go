package watchlist

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// object is any STIX object, and what holds objects: a bundle or a TAXII envelope.
type object struct {
	Type        string          `json:"type"`
	SpecVersion string          `json:"spec_version"`
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Labels      []string        `json:"labels"`
	Types       []string        `json:"indicator_types"`
	CreatedBy   string          `json:"created_by_ref"`
	Modified    string          `json:"modified"`
	Revoked     bool            `json:"revoked"`
	Confidence  *int            `json:"confidence"`
	Pattern     string          `json:"pattern"`
	PatternType string          `json:"pattern_type"`
	ValidUntil  string          `json:"valid_until"`
	Relation    string          `json:"relationship_type"`
	Source      string          `json:"source_ref"`
	Target      string          `json:"target_ref"`
	MISPType    string          `json:"x_misp_type"`
	MISPName    string          `json:"x_misp_name"`
	More        bool            `json:"more"`
	Objects     json.RawMessage `json:"objects"`
}

// Parse reads indicators as they are passed on: STIX 2.1 and 2.0 bundles, the envelopes in which
// TAXII 2.1 delivers objects, arrays of objects, and several of these one after the other, as the
// pages of a collection come.
func Parse(data []byte) (*List, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%d bytes; at most %d are read, split it", len(data), MaxBytes)
	}
	data, err := plain(data)
	if err != nil {
		return nil, err
	}
	r := reader{names: map[string]string{}, indicates: map[string]string{}}
	documents := json.NewDecoder(bytes.NewReader(data))
	more := false
	for n := 1; ; n++ {
		var document json.RawMessage
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) && n > 1 {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("no JSON object: %w", err)
		}
		if more, err = r.document(document); err != nil {
			return nil, err
		}
	}
	if more {
		r.notes = append(r.notes, "the last TAXII envelope says that more objects follow: "+
			"fetch the other pages too, they may be in this file or in others")
	}
	return r.list(), nil
}

// plain is the text as UTF-8 without byte order marks; Windows writes UTF-16 with one.
func plain(data []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	}
	if order != nil {
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = order.Uint16(data[2*i:])
		}
		data = []byte(string(utf16.Decode(units)))
	}
	for bom := []byte("\ufeff"); ; {
		rest, found := bytes.CutPrefix(bytes.TrimSpace(data), bom)
		if !found {
			break
		}
		data = rest
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")) {
		return nil, errors.New("XML; STIX 1 is not read, export the list as STIX 2.1")
	}
	return data, nil
}

// reader gathers the objects of a file.
type reader struct {
	names, indicates map[string]string
	indicators       []object
	skipped          []Skipped
	notes            []string
}

// document reads what holds objects; more says that its sender has others.
func (r *reader) document(raw json.RawMessage) (more bool, err error) {
	if raw[0] == '[' {
		if len(bytes.TrimSpace(raw[1:len(raw)-1])) == 0 {
			return false, errors.New("no JSON object in the array")
		}
		return false, r.objects(raw, "the array")
	}
	var holder object
	if err := json.Unmarshal(raw, &holder); err != nil {
		return false, fmt.Errorf("no JSON object: %w", err)
	}
	switch {
	case holder.Type == "bundle":
		return false, r.objects(holder.Objects, "the bundle")
	case isEnvelope(raw):
		return holder.More, r.objects(holder.Objects, "the TAXII envelope")
	default:
		return false, fmt.Errorf("type %q; want a STIX bundle, a TAXII envelope or an array of "+
			"STIX objects", clean(holder.Type))
	}
}

// isEnvelope says whether an object has the properties of a TAXII 2.1 envelope (section 3.7) and
// no others; an empty one is what a server sends that has nothing.
func isEnvelope(raw json.RawMessage) bool {
	var properties map[string]json.RawMessage
	if json.Unmarshal(raw, &properties) != nil || properties == nil {
		return false
	}
	for name := range properties {
		if !slices.Contains([]string{"more", "next", "objects"}, name) {
			return false
		}
	}
	return true
}

func (r *reader) objects(raw json.RawMessage, holder string) error {
	if len(raw) == 0 {
		return nil
	}
	var objects []json.RawMessage
	if err := json.Unmarshal(raw, &objects); err != nil {
		return fmt.Errorf("%s's objects: %w", holder, err)
	}
	for n, raw := range objects {
		var o object
		// What is no indicator may have a property of another type under the same name.
		if err := json.Unmarshal(raw, &o); err != nil && (o.Type == "" || o.Type == "indicator") {
			r.skip(o.ID, o.Name, fmt.Sprintf("object %d: %v", n+1, err))
			continue
		}
		r.take(&o)
	}
	return nil
}

func (r *reader) skip(id, name, reason string) {
	r.skipped = append(r.skipped, Skipped{ID: clean(id), Name: clean(name), Reason: clean(reason)})
}

func (r *reader) take(o *object) {
	switch {
	case o.Type == "indicator" && !strings.HasPrefix(o.ID, "indicator--"):
		r.skip(o.ID, o.Name, "it has no identifier of an indicator")
	case o.Type == "indicator":
		r.indicators = append(r.indicators, *o)
	case o.Type == "relationship" && o.Relation == "indicates" && !o.Revoked:
		// Of several, the first by name: the order of a bundle means nothing.
		if old, ok := r.indicates[o.Source]; !ok || o.Target < old {
			r.indicates[o.Source] = o.Target
		}
	case strings.HasPrefix(o.Type, "x-misp-") && slices.Contains(o.Labels, mispDetect):
		r.skip(o.ID, o.Name+o.MISPName, fmt.Sprintf("MISP writes %q as an object of its own, not "+
			"as an indicator: it has no pattern", o.MISPType+o.MISPName))
	case o.Name != "":
		r.names[o.ID] = clean(o.Name)
	}
}

// mispDetect is the label with which misp-stix marks what its author wants to be looked for.
const mispDetect = `misp:to_ids="True"`

// unusable says why an indicator is not read, before its pattern is looked at.
func (o *object) unusable() error {
	types := o.Types
	if o.SpecVersion == "" {
		types = append(types, o.Labels...) // STIX 2.0 has the types of indicators there.
	}
	switch {
	case slices.Contains(types, "benign"):
		return errors.New("its producer calls it benign")
	case o.PatternType == "" && o.SpecVersion == "":
		return nil // STIX 2.0 has no pattern_type: its patterns are STIX patterns.
	case o.PatternType == "":
		return errors.New(
			"it has no pattern_type, which STIX 2.1 requires; only stix is understood",
		)
	case !strings.EqualFold(o.PatternType, "stix"):
		return fmt.Errorf("pattern_type %q; only stix is understood", clean(o.PatternType))
	default:
		return nil
	}
}
