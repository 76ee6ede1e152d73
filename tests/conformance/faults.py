"""Plants faults in a backend (faulty_backend.cc, a device for each) and expects sotto-conformance to find and name every one."""
import argparse
import json
import re
import subprocess
import sys

# Device: the sections that are run, and what one of the sentences must say. None: it is no fault.
FAULTS = {
    "none": ("outputs", None),
    "pairing": ("rotation", r"halves layout, rotary_dim 16 of 16.*is the pairing of dimensions wrong\?"),
    "norm order": ("norm of q and k", r"on the wrong side of the rotation"),
    "window": ("window, sink", r"window 5.*one position more"),
    "sink": ("window, sink", r"sink.*without the sink"),
    "bias": ("linear F32", r"with bias.*without the bias"),
    "gelu": ("activations", r"gelu_erf.*another gelu"),
    "gate offset": ("clamp, scale", r"offset.*without the gate's offset"),
    "positions": ("embed", r"with positions.*without the table of positions"),
    "epsilon": ("norm", r"layer norm.*without epsilon"),
    "scale of add": ("add, mul", r"and scale.*without the scale"),
    "strength": ("adapters", r"at strength 1"),
    "deaf": ("cancel in prefill", r"should_stop was never asked in a run of"),
    "slow to stop": ("cancel in", r"cancel in prefill answered after \d+ ms, at most 50"),
    "work before refusal": ("full cache", r"work was begun: should_stop was asked 1 times"),
    "no lengths": ("input", r"sequence 0 holds nothing \(unset\)"),
    "uncounted tokens": ("committed", r"said to hold 4 committed tokens, going on behind them fails"),
    "neighbours": ("row invariance", r"a row's bits depend on its neighbours"),
    "decode": ("prefill = decode", r"decode: relative error"),
    "leak": ("10,000", r"memory grew by \d+ bytes a run over 10000, and as much the 2 times before"),
    "fills once": ("10,000", None),
    "exception": ("input", r"an exception left run: out of range"),
    "crash": ("input", r"the backend crashed: Aborted"),
    "odd status": ("input", r"run answered 4711, which is no status"),
    "truncate": ("truncate", r"a cache row of an earlier token changed after truncate"),
    "no sentence": ("truncate", r"without filling the caller's sotto_error"),
    "unset result": ("input", r"cache_create answered SOTTO_OK and left its result unset"),
    "exit": ("input", r"did the library call exit\?"),
    "bad_alloc": ("absurd", r"an exception left cache_create: std::bad_alloc"),
    "unknown field": ("unknown fields", r"an unknown field was ignored"),
    "two releases": ("refused uploads", r"release was called 2 times"),
    "descriptors": ("create and destroy", r"file descriptors grew from \d+ to \d+"),
}


def conformance(program, library, *options):
    ran = subprocess.run([program, library, "--json", *options], stdout=subprocess.PIPE, text=True, check=False)
    return ran.returncode, json.loads(ran.stdout)


def fault_of(args, index, name):
    """What is wrong with the report on one device, or None."""
    sections, sentence = FAULTS[name]
    status, report = conformance(args.program, args.library, "--device", str(index), "--filter", sections)
    said = [fault for section in report["devices"][0]["sections"] for fault in section["faults"]]
    if sentence is None:
        return f"faults where there are none: {said}" if status != 0 or said else None
    if args.sanitize and name == "leak":
        return None
    if status != 1 or report["conforms"]:
        return f"not found (status {status})"
    return None if any(re.search(sentence, one) for one in said) else f"{sentence!r} is not among {said}"


def main():
    parser = argparse.ArgumentParser()
    for option in ("--program", "--library"):
        parser.add_argument(option, required=True)
    parser.add_argument("--sanitize", default="", help="with sanitizers memory is not judged")
    args = parser.parse_args()
    _, report = conformance(args.program, args.library, "--filter", "device")
    names = [device["name"] for device in report["devices"]]
    if sorted(names) != sorted(FAULTS):
        sys.exit(f"devices {names}, expected {list(FAULTS)}")
    wrong = [f"{name}: {why}" for index, name in enumerate(names) if (why := fault_of(args, index, name))]
    if wrong:
        sys.exit("\n".join(wrong))
    planted = sum(sentence is not None for _, sentence in FAULTS.values())
    print(f"{planted} planted faults, each found and named")


main()
