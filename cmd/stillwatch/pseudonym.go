package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/attribute"
	"github.com/stillwatch/stillwatch/pkg/backtest"
	"github.com/stillwatch/stillwatch/pkg/enrich"
	"github.com/stillwatch/stillwatch/pkg/stage/ingest"
)

type pseudonymCmd struct {
	configFlag
	Tenant    string `placeholder:"NAME" help:"The tenant whose findings are meant; each has pseudonyms of its own. Default: that of events which name none."`
	Attribute string `arg:"" help:"What the value is: payment, issuer, device or contract."`
	From      string `placeholder:"FILE" help:"Read values from a file instead, one a line, or - for standard input, and write each behind its pseudonym: how a pseudonym is looked up in a list of what it may stand for."`
	Value     string `arg:"" optional:"" help:"The value as the gateway sends it."`
}

// Run prints the pseudonym of each value, and before it the value where there are several.
func (c pseudonymCmd) Run(t terminal) error {
	of, err := pseudonymAttribute(c.Attribute)
	if err != nil {
		return usage(err)
	}
	if (c.Value == "") == (c.From == "") {
		return usage(errors.New("pseudonym: give either a value or --from"))
	}
	conf, err := c.load(t)
	if err != nil {
		return err
	}
	secrets := conf.Sketch.Secrets()
	if len(secrets) == 0 {
		return usage(errors.New(
			"sketch.secret is not set: name the service's configuration with --config, or put the secret it has into STILLWATCH_SKETCH_SECRET",
		))
	}
	p := pseudonymizer{of: of, tenant: cmp.Or(c.Tenant, enrich.DefaultTenant)}
	for _, secret := range secrets {
		p.identities = append(p.identities, ingest.NewIdentities(secret))
	}
	if c.Value != "" {
		list := p.pseudonyms(c.Value)
		if len(list) == 0 {
			return usage(fmt.Errorf("%q is a word for nothing, and counts as unknown", c.Value))
		}
		_, err := fmt.Fprintln(t.out, strings.Join(list, "\n"))
		return err
	}
	return p.lines(c.From, t.out)
}

// pseudonymAttribute is the attribute of that name whose values have pseudonyms.
func pseudonymAttribute(name string) (attribute.Attribute, error) {
	var known []string
	for a := range attribute.NumKept {
		if !a.HasPseudonym() {
			continue
		}
		if a.String() == name {
			return a, nil
		}
		known = append(known, a.String())
	}
	return 0, fmt.Errorf("%q has no pseudonyms; these have: %s", name, strings.Join(known, ", "))
}

// pseudonymizer makes the pseudonyms of one attribute's values.
type pseudonymizer struct {
	of         attribute.Attribute
	tenant     string
	identities []ingest.Identities
}

// pseudonyms are those of a value, under the current secret first; none for a word for nothing.
func (p *pseudonymizer) pseudonyms(value string) (list []string) {
	for _, i := range p.identities {
		if h := i.Hash(p.tenant, p.of, value); h != 0 {
			list = append(list, p.of.Pseudonym(h))
		}
	}
	return list
}

// lines reads values from a file, and writes each behind its pseudonyms.
func (p *pseudonymizer) lines(path string, w io.Writer) (err error) {
	in, err := backtest.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out := bufio.NewWriter(w)
	defer func() { err = errors.Join(err, out.Flush()) }()
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		value := strings.TrimSuffix(scanner.Text(), "\r")
		for _, name := range p.pseudonyms(value) {
			if _, err := fmt.Fprintf(out, "%s\t%s\n", name, value); err != nil {
				return err
			}
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
