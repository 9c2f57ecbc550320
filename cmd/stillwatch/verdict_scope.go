package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/alert"
	"github.com/stillwatch/stillwatch/pkg/campaign"
	"github.com/stillwatch/stillwatch/pkg/review"
	"github.com/stillwatch/stillwatch/pkg/stream"
)

// scopeFlags say what a verdict is about: exactly one of them.
type scopeFlags struct {
	Finding      string   `placeholder:"UID" help:"About this finding (finding_info.uid)."`
	Campaign     string   `placeholder:"ID" help:"About this campaign (metadata.correlation_uid): all of its findings."`
	Account      []string `placeholder:"NAME" sep:"none" help:"About this account; may be repeated."`
	AccountsFile string   `placeholder:"FILE" help:"About the accounts of this file, one a line."`
	Organisation string   `placeholder:"NAME" help:"About the accounts of this billing account."`
	Client       string   `placeholder:"TEXT" help:"About the accounts with this client software, as findings show it."`
	TemplateOf   string   `placeholder:"UID" help:"About the accounts that write the prompt template of this finding."`
	Alerts       string   `placeholder:"FILE" help:"With --template-of: read the finding from this file of finding records, in place of topics.alerts."`
}

// about is a scope and, where it was read from a finding, the finding's tenant.
type about struct {
	review.Scope

	tenant string
}

// scope makes the scope of the flags.
func (s *scopeFlags) scope(ctx context.Context, t terminal, kafka *kafkaFlags) (about, error) {
	if s.Alerts != "" && s.TemplateOf == "" {
		return about{}, usage(errors.New("verdict: --alerts is for --template-of"))
	}
	given := 0
	for _, set := range []bool{
		s.Finding != "", s.Campaign != "", len(s.Account) > 0 || s.AccountsFile != "",
		s.Organisation != "", s.Client != "", s.TemplateOf != "",
	} {
		if set {
			given++
		}
	}
	if given != 1 {
		return about{}, usage(errors.New(
			"verdict: say what it is about by exactly one of --finding, --campaign, --account (or --accounts-file), --organisation, --client, --template-of",
		))
	}
	out := about{Scope: review.Scope{
		Finding: s.Finding, Campaign: s.Campaign, Accounts: s.Account,
		Organisation: s.Organisation, Client: s.Client,
	}}
	if s.AccountsFile != "" {
		text, err := os.ReadFile(s.AccountsFile)
		if err != nil {
			return about{}, usage(fmt.Errorf("verdict: --accounts-file: %w", err))
		}
		for line := range strings.Lines(string(text)) {
			if name := strings.TrimSpace(line); name != "" {
				out.Accounts = append(out.Accounts, name)
			}
		}
		if len(out.Accounts) == 0 {
			return about{}, usage(fmt.Errorf("verdict: %s names no account", s.AccountsFile))
		}
	}
	if s.TemplateOf == "" {
		return out, nil
	}
	f, err := s.found(ctx, t, kafka)
	if err != nil {
		return about{}, err
	}
	if len(f.Template) == 0 {
		return about{}, fmt.Errorf(
			"verdict: finding %s shows no prompt template (unmapped.stillwatch.template); give another scope",
			s.TemplateOf,
		)
	}
	out.Template, out.tenant = f.Template, f.Tenant
	return out, nil
}

// found reads the newest record of the finding of --template-of.
func (s *scopeFlags) found(
	ctx context.Context, t terminal, kafka *kafkaFlags,
) (*campaign.Finding, error) {
	where := s.Alerts
	var newest *campaign.Finding
	if s.Alerts != "" {
		all, err := readAlerts(s.Alerts)
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			if f.UID == s.TemplateOf {
				newest = f
			}
		}
	} else {
		conf, err := kafka.load(t)
		if err != nil {
			return nil, err
		}
		client, err := stream.New(conf.Kafka.Options, nil)
		if err != nil {
			return nil, usage(err)
		}
		where = "topic " + conf.Topics.Alerts
		if newest, err = newestRecord(ctx, client, conf.Topics.Alerts, s.TemplateOf); err != nil {
			return nil, err
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("verdict: no record of finding %s in %s", s.TemplateOf, where)
	}
	return newest, nil
}

// newestRecord reads a topic of findings for the newest record of one, nil when there is none.
func newestRecord(
	ctx context.Context, client *stream.Client, topic, uid string,
) (newest *campaign.Finding, err error) {
	var fault error
	read, err := client.Tail(ctx, topic, math.MaxInt, func(records []stream.Record) {
		for i := range records {
			if !bytes.Equal(records[i].Key, []byte(uid)) {
				continue
			}
			f, err := alert.Parse(records[i].Value)
			if err != nil {
				fault = fmt.Errorf("topic %s, offset %d: %w", topic, records[i].Offset, err)
				continue
			}
			if newest == nil || f.Sequence >= newest.Sequence {
				newest = f
			}
		}
	})
	if err == nil && len(read.Missed) > 0 {
		err = fmt.Errorf("topic %s: interrupted before it was read", topic)
	}
	return newest, errors.Join(err, fault)
}
