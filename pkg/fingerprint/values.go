package fingerprint

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stillwatch/stillwatch/pkg/packed"
)

// attributeValue is a value of an attribute with its requests and its readable form.
type attributeValue struct {
	entry
	label string
}

// maxValues is the number of values kept per attribute: a profile shows MaxValues of them, the
// others are room to rise.
const maxValues = 8

// countValue counts a value; an attribute's values are few, so they are searched one by one.
func countValue(values *[]attributeValue, hash uint64, label string) {
	for i := range *values {
		if v := &(*values)[i]; v.hash == hash {
			v.count++
			if v.label == "" && label != "" {
				v.label = clip(label)
			}
			return
		}
	}
	v := attributeValue{entry{hash: hash, count: 1}, clip(label)}
	if len(*values) < maxValues {
		*values = append(*values, v)
		return
	}
	least := 0
	for i, x := range *values {
		if y := (*values)[least]; x.count < y.count || x.count == y.count && x.hash > y.hash {
			least = i
		}
	}
	v.err = (*values)[least].count
	v.count = v.err + 1
	(*values)[least] = v
}

// sortValues puts values in the order of the encoding.
func sortValues(values []attributeValue) {
	slices.SortFunc(values, func(x, y attributeValue) int { return cmp.Compare(x.hash, y.hash) })
}

// clip returns a label of at most MaxLabel bytes that keeps nothing else alive.
func clip(label string) string { return strings.Clone(clipTo(label, MaxLabel)) }

// clipTo cuts a text to at most so many bytes, at a rune.
func clipTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most
	for end > most-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// halveValues ages the values of an attribute.
func halveValues(values *[]attributeValue) {
	*values = slices.DeleteFunc(*values, func(v attributeValue) bool {
		return v.count/2 == v.err/2
	})
	for i := range *values {
		(*values)[i].count /= 2
		(*values)[i].err /= 2
	}
}

// mergeValues adds the values of other.
func mergeValues(values *[]attributeValue, other []attributeValue) {
	merged := slices.Clone(*values)
	for _, v := range other {
		if i := slices.IndexFunc(
			merged, func(x attributeValue) bool { return x.hash == v.hash },
		); i >= 0 {
			merged[i].count += v.count
			merged[i].err += v.err
			if merged[i].label == "" {
				merged[i].label = v.label
			}
		} else {
			merged = append(merged, v)
		}
	}
	slices.SortFunc(merged, func(x, y attributeValue) int {
		return cmp.Or(cmp.Compare(y.sure(), x.sure()), cmp.Compare(x.hash, y.hash))
	})
	*values = merged[:min(len(merged), maxValues)]
}

func appendValues(b []byte, values []attributeValue) []byte {
	b = append(b, byte(len(values)))
	for i := range values {
		v := &values[i]
		b = binary.LittleEndian.AppendUint64(b, v.hash)
		b = appendCount(b, v.count, v.err)
		b = packed.AppendText(b, v.label)
	}
	return b
}

func (r *reader) values() []attributeValue {
	n := r.Count(maxValues, 10)
	if n == 0 {
		return nil
	}
	values := make([]attributeValue, n)
	for i := range values {
		v := &values[i]
		v.hash = r.Fixed()
		v.count, v.err = r.counted()
		v.label = string(r.Text(MaxLabel))
		r.Check(i == 0 || values[i-1].hash < v.hash, "attribute values out of order")
	}
	return values
}

// modelUse is a model with its requests and its first use.
type modelUse struct {
	hash  uint64
	count uint32
	first int64
}

// maxModelUses is the number of models kept.
const maxModelUses = 12

func countModel(models *[]modelUse, hash uint64, t int64) {
	for i := range *models {
		if m := &(*models)[i]; m.hash == hash {
			m.count++
			m.first = min(m.first, t)
			return
		}
	}
	insertModel(models, modelUse{hash, 1, t})
}

// insertModel adds a model; when there are too many, the least used one goes, among those the one
// known longest.
func insertModel(models *[]modelUse, m modelUse) {
	if len(*models) >= maxModelUses {
		least := 0
		for i, x := range *models {
			y := (*models)[least]
			if cmp.Or(cmp.Compare(x.count, y.count), cmp.Compare(x.first, y.first),
				cmp.Compare(x.hash, y.hash)) < 0 {
				least = i
			}
		}
		(*models)[least] = m
		return
	}
	*models = append(*models, m)
}

func mergeModels(models *[]modelUse, other []modelUse) {
	for _, m := range other {
		if i := slices.IndexFunc(
			*models, func(x modelUse) bool { return x.hash == m.hash },
		); i >= 0 {
			(*models)[i].count += m.count
			(*models)[i].first = min((*models)[i].first, m.first)
		} else {
			insertModel(models, m)
		}
	}
}
