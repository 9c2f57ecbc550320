"""Makes the calls with clients that an OpenTelemetry instrumentation watches.

Usage: otel.py openai-v2 | genai | openllmetry | openinference | anthropic-sdk

Whom the application serves is no part of these conventions: a processor of the application's own
sets user.id and the like on every span and log record, as docs/gateways/otlp.md asks for.
"""

import contextlib
import sys

from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import calls

USERS = {"sk-ada-0001": "ada", "sk-bob-0002": "bob"}
who = {}


class Who(SpanProcessor, LogRecordProcessor):
    """Says who asked."""

    def on_start(self, span, parent_context=None):
        span.set_attributes(who)

    def on_emit(self, log_data):
        log_data.log_record.attributes = {**(log_data.log_record.attributes or {}), **who}

    def shutdown(self):
        pass

    def force_flush(self, timeout_millis=None):
        return True


def instrument(name):
    """Switches an instrumentation on; returns the APIs that it knows and what surrounds a call."""
    if name == "anthropic-sdk":  # which has spans of its own
        return {"messages"}
    if name == "openai-v2":
        from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
        OpenAIInstrumentor().instrument()
        return {"chat", "embeddings"}
    if name == "genai":
        from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
        from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
        OpenAIInstrumentor().instrument()
        AnthropicInstrumentor().instrument()
        return {"chat", "embeddings", "responses", "messages"}
    if name == "openllmetry":
        from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    else:
        from openinference.instrumentation.anthropic import AnthropicInstrumentor
        from openinference.instrumentation.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()
    return {"chat", "embeddings", "responses", "messages", "completion"}


def surrounding(name, user):
    """OpenInference has a context of its own for who asked."""
    if name != "openinference":
        return contextlib.nullcontext()
    from openinference.instrumentation import using_attributes
    return using_attributes(user_id=user, session_id="session-" + user)


def main(name):
    traces, logs = TracerProvider(), LoggerProvider()
    traces.add_span_processor(Who())
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    logs.add_log_record_processor(Who())
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    trace.set_tracer_provider(traces)
    _logs.set_logger_provider(logs)
    known = instrument(name)
    for call in calls.read():
        if call["api"] not in known:
            continue
        key = calls.key_of(call["name"])
        user = USERS[key]
        who.clear()
        who.update({"client.address": "203.0.113.7", "user_agent.original": "tide-app/2.1"})
        if name != "openinference":
            who.update({"user.id": user, "session.id": "session-" + user})
        with surrounding(name, user):
            calls.make(call, key)
    traces.shutdown()
    logs.shutdown()


main(sys.argv[1])
