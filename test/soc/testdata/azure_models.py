"""Reads the recipe for Sentinel with the models of Microsoft's SDK, and exits with what they do not
know or find invalid: a key of another name is lost when a model is read and written again."""

import json
import pathlib
import sys

from azure.mgmt.loganalytics._utils.model_base import _deserialize
from azure.mgmt.loganalytics.models import Table
from azure.mgmt.monitor.models import DataCollectionRuleResource
from azure.mgmt.securityinsight.models import ScheduledAlertRule

folder = pathlib.Path(sys.argv[1])
faults = []


def lost(before, after, path):
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key not in after:
                faults.append(f"{path}.{key} is not known")
            else:
                lost(value, after[key], f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (b, a) in enumerate(zip(before, after)):
            lost(b, a, f"{path}[{i}]")
    elif before != after:
        faults.append(f"{path}: {before!r} is read as {after!r}")


for name, model in (("dcr", DataCollectionRuleResource), ("rule", ScheduledAlertRule)):
    before = json.loads((folder / f"{name}.json").read_text())
    read = model.deserialize(before)
    validate = getattr(read, "validate", None)
    if validate:
        faults += [f"{name}: {e}" for e in validate()]
    lost(before, read.serialize(keep_readonly=True), name)


def undeclared(read, before, path):
    """The models of Log Analytics keep what they do not know: they are asked for their fields."""
    fields = {f._rest_name: name for name, f in type(read)._attr_to_rest_field.items()}
    for key, value in before.items():
        if key not in fields:
            faults.append(f"{path}.{key} is not known")
            continue
        below = getattr(read, fields[key])
        pairs = zip(below, value) if isinstance(value, list) else [(below, value)]
        for r, v in pairs:
            if isinstance(v, dict):
                undeclared(r, v, f"{path}.{key}")


table = json.loads((folder / "table.json").read_text())
undeclared(_deserialize(Table, table), table, "table")
sys.exit("\n".join(faults) or 0)
