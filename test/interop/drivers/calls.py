"""Makes the calls of calls.json with the clients of OpenAI and Anthropic."""

import json
import os
import pathlib

import anthropic
import openai

FILE = pathlib.Path(__file__).parent.parent / "model" / "calls.json"


def read():
    """The calls, in order."""
    return json.loads(FILE.read_text())


def key_of(name):
    """Ada makes every other call, Bob the rest."""
    names = [call["name"] for call in read()]
    return ("sk-ada-0001", "sk-bob-0002")[names.index(name) % 2]


def make(call, key="sk-none", headers=None):
    """Makes one call, whose failure is part of it."""
    request = dict(call["request"])
    try:
        if call["api"] == "messages":
            client = anthropic.Anthropic(
                base_url=os.environ["MODEL_URL"], api_key=key, max_retries=0,
                default_headers=headers)
            answer = client.messages.create(**request)
        else:
            client = openai.OpenAI(
                base_url=os.environ["MODEL_URL"] + "/v1", api_key=key, max_retries=0,
                default_headers=headers)
            method = {
                "chat": client.chat.completions.create,
                "completion": client.completions.create,
                "responses": client.responses.create,
                "embeddings": client.embeddings.create,
            }[call["api"]]
            answer = method(**request)
        if request.get("stream"):
            for _ in answer:
                pass
    except (openai.APIStatusError, anthropic.APIStatusError) as failure:
        if failure.status_code != call.get("status"):
            raise
