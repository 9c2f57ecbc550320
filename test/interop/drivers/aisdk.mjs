// Makes the calls with Vercel's AI SDK, whose telemetry goes out as OpenTelemetry spans. The calls
// are those of calls.json, put into the SDK's own words: it has no prompts without a chat, and no
// Messages API here.
import { readFileSync } from 'node:fs';
import { createOpenAI } from '@ai-sdk/openai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { embed, generateText, jsonSchema, streamText, tool } from 'ai';

const calls = JSON.parse(readFileSync(process.env.CALLS, 'utf8'));
const users = ['ada', 'bob'];
let who = {};

// Says who asked, as docs/gateways/otlp.md asks for.
const whoProcessor = {
  onStart: (span) => span.setAttributes(who),
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME }),
  spanProcessors: [whoProcessor, new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();

const openai = createOpenAI({ baseURL: `${process.env.MODEL_URL}/v1`, apiKey: 'sk-none' });

// Turns a request into the SDK's settings.
function settings(call) {
  const r = call.request;
  const input = Array.isArray(r.input) ? r.input : [{ role: 'user', content: r.input }];
  const messages = r.messages ?? input;
  const parts = (content) => (typeof content === 'string' ? [{ text: content }] : content);
  const instruction = messages.find((m) => m.role === 'system' || m.role === 'developer');
  const system = r.instructions
    ?? (instruction && parts(instruction.content).map((part) => part.text).join('\n'));
  const given = {
    model: call.api === 'responses' ? openai.responses(r.model) : openai.chat(r.model),
    system,
    messages: messages.filter((m) => m.role === 'user' || m.role === 'assistant').map((m) => ({
      role: m.role,
      content: parts(m.content).map((part) => ({ type: 'text', text: part.text })),
    })),
    temperature: r.temperature,
    topP: r.top_p,
    maxOutputTokens: r.max_tokens ?? r.max_output_tokens,
    seed: r.seed,
    maxRetries: 0,
    experimental_telemetry: {
      isEnabled: true, functionId: 'tides', metadata: { userId: who['user.id'] },
    },
    providerOptions: { openai: {} },
  };
  if (r.reasoning) {
    given.providerOptions.openai = {
      reasoningEffort: r.reasoning.effort,
      reasoningSummary: r.reasoning.summary,
      forceReasoning: true,
    };
  }
  if (r.user) given.providerOptions.openai.user = r.user;
  if (r.reasoning_effort) given.providerOptions.openai.reasoningEffort = r.reasoning_effort;
  if (r.tools) {
    given.tools = Object.fromEntries(r.tools.map((t) => [t.function.name, tool({
      description: t.function.description, inputSchema: jsonSchema(t.function.parameters),
    })]));
    given.toolChoice = r.tool_choice;
  }
  return given;
}

async function make(call) {
  if (call.api === 'embeddings') {
    await embed({
      model: openai.embedding(call.request.model), value: call.request.input, maxRetries: 0,
      experimental_telemetry: { isEnabled: true, functionId: 'tides' },
    });
  } else if (call.request.stream) {
    await streamText(settings(call)).consumeStream();
  } else {
    await generateText(settings(call));
  }
}

for (const [i, call] of calls.entries()) {
  if (!['chat', 'responses', 'embeddings'].includes(call.api)) continue;
  const user = users[i % users.length];
  who = {
    'user.id': user, 'session.id': `session-${user}`,
    'client.address': '203.0.113.7', 'user_agent.original': 'tide-app/2.1',
  };
  try {
    await make(call);
  } catch (failure) {
    if (failure.statusCode !== call.status) throw failure;
  }
}
await provider.shutdown();
