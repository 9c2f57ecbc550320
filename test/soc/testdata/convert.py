"""Converts the Sigma rules of a folder for three tools, as `sigma convert` does, and writes
{"splunk": {"rule.yml": "query", ...}, ...} to standard output."""

import json
import pathlib
import sys

from sigma.backends.kusto import KustoBackend
from sigma.backends.opensearch import OpensearchLuceneBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.processing.pipeline import ProcessingPipeline

folder = pathlib.Path(sys.argv[1])


def pipeline(name):
    return ProcessingPipeline.from_yaml((folder / name).read_text())


backends = {
    "splunk": SplunkBackend(pipeline("pipeline-splunk.yml")),
    "opensearch": OpensearchLuceneBackend(),
    "kusto": KustoBackend(pipeline("pipeline-kusto.yml")),
}
rules = sorted(p for p in folder.glob("*.yml") if not p.name.startswith("pipeline-"))
out = {}
for name, backend in backends.items():
    out[name] = {}
    for rule in rules:
        (query,) = backend.convert(SigmaCollection.from_yaml(rule.read_text()))
        out[name][rule.name] = query
json.dump(out, sys.stdout, indent=2)
