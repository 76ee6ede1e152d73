"""The conformance kit on the CPU backend, on a processor that qemu-user plays: which instruction set does the backend choose there, and
does everything it computes conform? A set that the processor lacks would end in an illegal instruction."""
import argparse
import json
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    for name in ("emulator", "program", "library", "reference", "cpu", "expect"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--device", default="0", help="index of the device, best set of instructions first")
    parser.add_argument("--filter", action="append", default=[])
    args = parser.parse_args()
    command = [*args.emulator.split(), "-cpu", args.cpu, args.program, args.library, "--reference", args.reference, "--json",
               "--device", args.device]
    for name in args.filter:
        command += ["--filter", name]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    try:
        report = json.loads(run.stdout)
    except ValueError:
        sys.exit(f"{' '.join(command)}: no report, exit status {run.returncode}\n{run.stdout}")
    details = [device["detail"] for device in report["devices"]]
    faults = list(report["faults"])
    if details != [args.expect]:
        faults.append(f"on {args.cpu} device {args.device} is {details}, expected {args.expect}")
    sections = [section for device in report["devices"] for section in device["sections"]]
    for section in sections:
        faults += [f"{section['name']}: {fault}" for fault in section["faults"]]
    cases = sum(section["cases"] for section in sections)
    for fault in faults:
        print("FAULT", fault)
    print(f"{args.cpu}, {', '.join(details)}: {cases} cases of {len(sections)} sections in {report['seconds']:.0f} s, {len(faults)} faults")
    sys.exit(0 if run.returncode == 0 and report["conforms"] and cases and not faults else 1)


main()
