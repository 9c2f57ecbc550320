package gateway

import "slices"

// spot is where an envelope has events.
type spot struct {
	// list is the name of a list whose items have them, empty when the object itself has one.
	list string
	// path leads to the event, or a list of them, by names of objects; empty when the items are it.
	path []string
	// encoded says that the value is base64.
	encoded bool
}

// envelope is what another system puts around events.
type envelope struct {
	// all are the names of which every one has to be there, any those of which one; on the second
	// level as parent.name.
	all, any []string
	// strict ones are recognised whatever else the object looks like. Each has names that no
	// gateway's own record has.
	strict bool
	places []spot
	// empty is the reason for which an envelope without an event is skipped: that it has none is
	// what it says. Without it, it is none.
	empty string
}

// Reasons for which an envelope is skipped.
const (
	// reasonControl is a message of CloudWatch to itself.
	reasonControl = "control_message"
	// reasonDeleted is the deletion of a row, or a value that a connector deleted.
	reasonDeleted = "deleted"
)

func under(path ...string) spot { return spot{path: path} }

// columns are where a row has an event that an application keeps as JSON.
func columns(row ...string) (spots []spot) {
	for _, name := range [...]string{"payload", "event", "data", "value", "record", "message"} {
		spots = append(spots, under(append(slices.Clip(row), name)...))
	}
	return spots
}

// envelopes lists what is taken off. The first that an object's names are those of counts.
var envelopes = []envelope{
	{ // CloudEvents in structured mode.
		all: []string{"specversion", "source", "type"},
		any: []string{"data", "data_base64"}, strict: true,
		places: []spot{under("data"), {path: []string{"data_base64"}, encoded: true}},
	},
	{ // Amazon EventBridge.
		all: []string{"detail-type", "detail", "source"}, strict: true,
		places: []spot{under("detail")},
	},
	{ // Kafka Connect's JSON with schemas: JsonConverter.
		all: []string{"payload", "schema.type"}, strict: true,
		places: []spot{under("payload")}, empty: reasonDeleted,
	},
	{ // Debezium's change events: the row as it is now, which MongoDB's connector writes as a
		// string.
		all: []string{"op", "after"}, any: []string{"source", "ts_ms"},
		places: append([]spot{under("after")}, columns("after")...), empty: reasonDeleted,
	},
	{ // The row alone, as Debezium's ExtractNewRecordState leaves it.
		any: []string{"__op", "__deleted", "__source_ts_ms"}, places: columns(),
	},
	{ // Amazon Data Firehose, to an HTTP endpoint.
		all:    []string{"requestId", "timestamp", "records"},
		places: []spot{{list: "records", path: []string{"data"}, encoded: true}},
	},
	{ // Azure's diagnostic settings, Kafka's REST proxy.
		all: []string{"records"}, places: []spot{{list: "records"}},
	},
	{ // CloudWatch Logs' subscriptions.
		all: []string{"logEvents"}, places: []spot{{list: "logEvents", path: []string{"message"}}},
	},
	{ // The same, as Lambda gets it.
		all:    []string{"awslogs.data"},
		places: []spot{{path: []string{"awslogs", "data"}, encoded: true}},
	},
	{ // What Lambda gets of Kinesis, SQS and SNS.
		all: []string{"Records"}, places: []spot{
			{list: "Records", path: []string{"kinesis", "data"}, encoded: true},
			{list: "Records", path: []string{"body"}},
			{list: "Records", path: []string{"Sns", "Message"}},
		},
	},
	{ // Amazon SNS.
		all: []string{"Type", "TopicArn", "Message"}, places: []spot{under("Message")},
	},
	{ // Google Cloud Pub/Sub, pushed.
		all:    []string{"subscription", "message.data"},
		places: []spot{{path: []string{"message", "data"}, encoded: true}},
	},
	{ // The same, pulled.
		all:    []string{"messageId", "data"},
		places: []spot{{path: []string{"data"}, encoded: true}},
	},
	{ // Google Cloud Logging.
		all: []string{"logName"}, any: []string{"jsonPayload", "textPayload"},
		places: []spot{under("jsonPayload"), under("textPayload")},
	},
	{ // Azure Event Grid.
		all: []string{"eventType", "eventTime", "data"}, places: []spot{under("data")},
	},
	{ // Graylog's GELF.
		all:    []string{"version", "host", "short_message"},
		places: []spot{under("full_message"), under("short_message")},
	},
	{ // Elasticsearch's hits.
		all: []string{"_index", "_source"}, places: []spot{under("_source")},
	},
	{
		// Log shippers: Fluent Bit's and Fluentd's log, log_processed and message, Vector's,
		// Filebeat's, Logstash's and Datadog's message, journald's MESSAGE, rsyslog's msg, Splunk's
		// event, the value of Kafka's HTTP bridges, and Filebeat's json, where it parses a line by
		// its defaults.
		any: []string{
			"log_processed", "message", "log", "MESSAGE", "msg", "event", "value", "json",
		},
		places: []spot{
			under("log_processed"), under("message"), under("log"), under("MESSAGE"),
			under("msg"), under("event"), under("value"), under("json"),
		},
	},
}

// first is the name under which an object has the spot.
func (p *spot) first() string {
	if p.list != "" {
		return p.list
	}
	return p.path[0]
}

// is tells whether an object with these names is such an envelope.
func (e *envelope) is(names *outline) bool {
	for _, name := range e.all {
		if !names.hasPath(name) {
			return false
		}
	}
	return len(e.any) == 0 || slices.ContainsFunc(e.any, names.has)
}

// envelopeOf recognises an envelope by its names.
func envelopeOf(names *outline) *envelope {
	for i := range envelopes {
		if envelopes[i].is(names) {
			return &envelopes[i]
		}
	}
	return nil
}
