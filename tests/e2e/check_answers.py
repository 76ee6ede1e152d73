#!/usr/bin/env python3
"""check_answers.py: reads the lines of `grammar_random COUNT SEED --print` and validates each answer with the jsonschema package (by hand; no
test needs it). Prints how many lines there were; exit 1 when one is not valid."""
import json
import sys

import jsonschema


def without_nullable(schema):
    """`nullable` is OpenAPI's word: the package does not know it."""
    if isinstance(schema, list):
        return [without_nullable(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: without_nullable(v) for k, v in schema.items() if not (k == "nullable" and v is True)}
    return {"anyOf": [out, {"type": "null"}]} if schema.get("nullable") is True else out


lines = wrong = 0
for line in sys.stdin:
    row = json.loads(line)
    lines += 1
    try:
        jsonschema.Draft202012Validator(without_nullable(row["schema"]), format_checker=jsonschema.FormatChecker()).validate(json.loads(row["answer"]))
    except (ValueError, jsonschema.ValidationError) as e:
        wrong += 1
        print(e, row, sep="\n")
print(f"{lines} answers, {wrong} not valid")
sys.exit(1 if wrong or not lines else 0)
