"""Makes the calls through the LiteLLM proxy at MODEL_URL, and some that are to be no events."""

import json
import os
import pathlib
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import calls  # noqa: E402


def post(path, body, **headers):
    """Asks without a client; any answer will do."""
    request = urllib.request.Request(
        os.environ["MODEL_URL"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "probe/1.0",
                 "X-Forwarded-For": "203.0.113.66",
                 **{k.replace("_", "-"): v for k, v in headers.items()}})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as failure:
        return failure.read()


def main():
    for call in calls.read():
        calls.make(call, calls.key_of(call["name"]), {"X-Forwarded-For": "203.0.113.7"})
    chat, messages = ({**c["request"]} for c in calls.read() if c["name"] in ("turns", "messages"))
    # Calls that the proxy refuses: without a key, and with keys that nobody gave out.
    post("/v1/chat/completions", chat)
    post("/v1/chat/completions", chat, Authorization="Bearer sk-made-up-0003")
    post("/v1/messages", messages, x_api_key="sk-made-up-0004")
    # What is no call of a model by a user.
    post("/v1/models", None, Authorization="Bearer sk-ada-0001")
    post("/v1/messages/count_tokens", {k: messages[k] for k in ("model", "messages")},
         Authorization="Bearer sk-ada-0001")
    post("/v1/responses/resp_0000?custom_llm_provider=openai", None,
         Authorization="Bearer sk-ada-0001")
    post("/health", None, Authorization="Bearer sk-master-0000")
    # A body that the proxy hands on as it is.
    post("/through", chat, Authorization="Bearer sk-ada-0001")


main()
