package gateway

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

const (
	// FormatAuto recognises the format of every object by its names.
	FormatAuto = "auto"
	// FormatMapping reads every object by the deployment's own mappings.
	FormatMapping = "mapping"
)

// Options configure a Reader.
type Options struct {
	// Format is the format of the records: "auto", "native", "litellm", "mapping" or the name of a
	// mapping. Naming it saves the recognition, which reads objects that are not native twice. What
	// is wrapped around events is taken off in any case.
	Format string `yaml:"format" json:"format"`
	// MappingFiles names the deployment's own mappings, which are tried before the built-in
	// formats. Whoever reads the configuration puts their content into Own.
	MappingFiles []string `yaml:"mappings" json:"mappings"`
	// Own and Builtin are the content of the mapping files: the deployment's, and those that come
	// with Stillwatch.
	Own     []MappingFile `yaml:"-" json:"-"`
	Builtin []MappingFile `yaml:"-" json:"-"`
	// Join bounds the wait for the other parts of a call that a gateway reports in several records.
	Join JoinOptions `yaml:"join" json:"join"`
	// Secret keys the hashes that take the place of credentials; without one credentials are
	// dropped.
	Secret []byte `yaml:"-" json:"-"`
	// Limits bound each object.
	Limits event.Limits `yaml:"limits" json:"limits"`
	// TrustedHops is the number of own proxies that append to X-Forwarded-For behind the one that
	// faces the clients. Where a gateway reports the whole list as the client's address, the entry
	// that many places from the right end is taken: what stands further left is the client's own
	// claim.
	TrustedHops int `yaml:"trusted_hops" json:"trusted_hops"`
	// Topics holds what differs for single topics, by their names.
	Topics map[string]TopicOptions `yaml:"topics" json:"topics"`
}

// TopicOptions are what a topic may have of its own; what is left out is as for all topics.
// Mappings are chosen by their names as the format, and the bounds of joins and objects protect the
// process, whatever it reads: neither is a matter of topics.
type TopicOptions struct {
	Format      string `yaml:"format" json:"format"`
	TrustedHops *int   `yaml:"trusted_hops" json:"trusted_hops"`
}

// For returns the options for the records of a topic.
func (o Options) For(topic string) Options {
	own := o.Topics[topic]
	o.Topics = nil
	if own.Format != "" {
		o.Format = own.Format
	}
	if own.TrustedHops != nil {
		o.TrustedHops = *own.TrustedHops
	}
	return o
}

// DefaultOptions recognise the format and have the decoder's limits.
func DefaultOptions() Options {
	return Options{
		Format: FormatAuto, MappingFiles: []string{}, Topics: map[string]TopicOptions{},
		Limits: event.DefaultLimits(), Join: DefaultJoinOptions(),
	}
}

// Validate tells what is wrong with the options.
func (o Options) Validate() error {
	if _, err := o.compile(); err != nil {
		return err
	}
	for _, topic := range slices.Sorted(maps.Keys(o.Topics)) {
		if _, err := o.For(topic).compile(); err != nil {
			return fmt.Errorf("gateway.topics.%s: %s",
				topic, strings.TrimPrefix(err.Error(), "gateway: "))
		}
	}
	return nil
}

// compile validates the options and returns the mappings: the deployment's own first.
func (o Options) compile() ([]*mapping, error) {
	if o.Limits.MaxBytes <= 0 || o.Limits.MaxDepth <= 0 || o.Limits.MaxFields <= 0 {
		return nil, errors.New(
			"gateway: limits max_bytes, max_depth and max_fields must be positive",
		)
	}
	if o.TrustedHops < 0 {
		return nil, fmt.Errorf("gateway: trusted_hops is %d, give 0 or more", o.TrustedHops)
	}
	if err := o.Join.validate(); err != nil {
		return nil, err
	}
	all, err := compileMappings(o.Builtin, o.Own)
	if err != nil {
		return nil, err
	}
	if o.Format == FormatMapping && len(o.MappingFiles) == 0 && len(o.Own) == 0 {
		return nil, errors.New(
			"gateway: format mapping needs mappings: name at least one mapping file there",
		)
	}
	formats := append(Formats(), FormatMapping)
	for _, m := range all {
		formats = append(formats, m.name)
	}
	if o.Format != FormatAuto && !slices.Contains(formats, o.Format) {
		return nil, fmt.Errorf("gateway: format %q is not known, choose one of %q or %q",
			o.Format, formats, FormatAuto)
	}
	return all, nil
}
