"""pip makes a wheel of bindings/python and this build; installed into a folder of its own it finds its libraries by itself.

Nothing is downloaded: without setuptools the test is skipped (77).
"""
import argparse
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser()
    for name in ("package", "build", "tests"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    for needed in ("setuptools", "wheel", "pip"):
        if importlib.util.find_spec(needed) is None:
            print(f"skipped: {needed} is missing")
            return 77
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        shutil.copytree(args.package, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
        environment = {**os.environ, "SOTTO_BUILD": args.build, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("SOTTO_LIBRARY", None)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        alone = ["--no-deps", "--no-index"]
        subprocess.run([*pip, "wheel", *alone, "--no-build-isolation", "-w", folder, folder / "source"], check=True, env=environment)
        wheels = [path.name for path in folder.glob("*.whl")]
        if len(wheels) != 1 or not wheels[0].startswith("sotto-0.1.0-py3-none-linux_"):
            print(f"expected one wheel of this platform, got {wheels}")
            return 1
        subprocess.run([*pip, "install", *alone, "--target", folder / "site", folder / wheels[0]], check=True, env=environment)
        environment["PYTHONPATH"] = str(folder / "site")
        only = "greedy or dialogue_answers or outlive or ranked or spoken"
        return subprocess.run([sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", only, args.tests],
                              env=environment, cwd=folder, check=False).returncode


sys.exit(main())
