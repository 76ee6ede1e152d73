"""The smart speaker's evening with the default model, on the CPU and on the Vulkan device: the same words. Which are right is
tests/tools/smart_speaker.py's to say."""
import argparse
import pathlib
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--speaker", required=True)
parser.add_argument("--samples", required=True)
arguments = parser.parse_args()
SAMPLES = pathlib.Path(arguments.samples)
NO_DEVICE = ("there is no libvulkan", "no driver on this machine", "lists no device", "cannot be used")


def talk(backend):
    done = subprocess.run([arguments.speaker, "--backend", backend, "--script", SAMPLES / "home.txt", "--clock", "2026-11-28T20:30",
                           "--weather", SAMPLES / "weather.tsv"], capture_output=True, timeout=900, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


status, on_cpu, err = talk("cpu")
if status != 0:
    sys.exit(f"the conversation on the CPU ended with {status}: {err}")
status, on_device, err = talk("vulkan")
if status != 0:
    if any(sentence in err for sentence in NO_DEVICE):
        print(err)
        sys.exit(77)
    sys.exit(f"the conversation on the device ended with {status}: {err}")
if " on vulkan," not in err:
    sys.exit(f"the model did not run on the device: {err}")
for cpu, device in zip(on_cpu.splitlines(), on_device.splitlines()):
    if cpu != device:
        sys.exit(f"the CPU says '{cpu}', the device '{device}'")
if len(on_cpu.splitlines()) < 20 or on_cpu != on_device:
    sys.exit(f"{len(on_cpu)} bytes on the CPU, {len(on_device)} on the device")
print(f"{len(on_cpu.splitlines())} lines, the same on both")
