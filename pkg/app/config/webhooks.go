package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stillwatch/stillwatch/pkg/pipeline"
	"github.com/stillwatch/stillwatch/pkg/stage/forwarding"
	"github.com/stillwatch/stillwatch/pkg/webhook"
)

// Webhook is an HTTP endpoint that findings are posted to.
type Webhook struct {
	webhook.Options   `yaml:",inline"`
	forwarding.Filter `yaml:",inline"`

	// Start is where a webhook begins that is new: latest with the findings from then on, earliest
	// with all that the alerts topic holds.
	Start string `yaml:"start"`
	// HeaderFiles are headers whose values are read from files.
	HeaderFiles map[string]string `yaml:"header_files"`
}

// SetDefaults sets the defaults of a webhook that has no name and no URL yet.
func (w *Webhook) SetDefaults() {
	*w = Webhook{
		Options: webhook.DefaultOptions(), Filter: forwarding.DefaultFilter(),
		Start: pipeline.Latest,
	}
}

// Validate reports everything that is wrong with the webhook, in one error.
func (w *Webhook) Validate() error {
	errs := []error{w.Options.Validate(), w.Filter.Validate()}
	if w.Start != pipeline.Earliest && w.Start != pipeline.Latest {
		errs = append(errs, fmt.Errorf("start: %q is neither earliest nor latest", w.Start))
	}
	return errors.Join(errs...)
}

// readHeaderFiles reads the files that header_files name.
func (c *Config) readHeaderFiles(files Files) (errs []error) {
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		for _, name := range slices.Sorted(maps.Keys(w.HeaderFiles)) {
			key := fmt.Sprintf("webhooks.%d.header_files: %s", i+1, name)
			if _, set := w.Headers[name]; set {
				errs = append(errs, fmt.Errorf("%s: is set in headers too; keep one", key))
				continue
			}
			value, err := files.readSecret(w.HeaderFiles[name])
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", key, err))
				continue
			}
			if w.Headers == nil {
				w.Headers = map[string]string{}
			}
			w.Headers[name] = value
		}
	}
	return errs
}

// validateWebhooks reports what is wrong with the webhooks, and names that two of them have.
func (c *Config) validateWebhooks() (errs []error) {
	names := map[string]int{}
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		key := fmt.Sprintf("webhooks.%d", i+1)
		errs = append(errs, under(key, w.Validate())...)
		if first, ok := names[w.Name]; ok && w.Name != "" {
			errs = append(errs, fmt.Errorf("%s.name: %q is the name of webhooks.%d already",
				key, w.Name, first))
		} else {
			names[w.Name] = i + 1
		}
	}
	return errs
}
