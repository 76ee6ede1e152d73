"""Builds the C and C++ programs of README.md from an installed Sotto alone, by CMake and by pkg-config, and holds a short chat."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def run(*command, **options):
    print("+", " ".join(map(str, command)), flush=True)
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, timeout=300, **options)
    if done.returncode:
        sys.exit(f"failed with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def program(readme, language):
    return re.search(r"^```%s\n(.*?)^```" % re.escape(language), readme, re.DOTALL | re.MULTILINE).group(1)


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "build", "model", "cc", "cxx", "sanitize"):
        parser.add_argument("--" + name, default="")
    args = parser.parse_args()
    readme = (pathlib.Path(args.source) / "README.md").read_text(encoding="utf-8")

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        prefix, project = work / "prefix", work / "project"
        run("cmake", "--install", args.build, "--prefix", prefix)
        project.mkdir()
        (project / "chat.c").write_text(program(readme, "c"), encoding="utf-8")
        (project / "chatpp.cc").write_text(program(readme, "cpp"), encoding="utf-8")
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(Chat C CXX)\nfind_package(Sotto REQUIRED)\n"
            "add_executable(chat chat.c)\nadd_executable(chatpp chatpp.cc)\n"
            "target_compile_features(chatpp PRIVATE cxx_std_17)\n"
            "foreach(program chat chatpp)\n  target_link_libraries(${program} Sotto::sotto)\nendforeach()\n")
        flags = f"-fsanitize={args.sanitize}" if args.sanitize else ""
        run("cmake", "-S", project, "-B", work / "b", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_C_COMPILER={args.cc}",
            f"-DCMAKE_CXX_COMPILER={args.cxx}", f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_CXX_FLAGS={flags}")
        run("cmake", "--build", work / "b")

        plugins = next(prefix.glob("lib*/**/libdialogue.so")).parent
        # The tiny model has no chat template, so the chat ends with the sentence that says so: what is judged here is that the
        # programs build, load the plugins and the model, and end orderly.
        for name in ("chat", "chatpp"):
            done = subprocess.run([work / "b" / name, plugins, args.model], input="hello\n", text=True, capture_output=True,
                                  timeout=120)
            print(name, done.returncode, repr(done.stdout), repr(done.stderr))
            if done.returncode < 0 or "template" not in done.stdout + done.stderr:
                sys.exit(f"{name}: expected the sentence about the missing chat template")

        if shutil.which("pkg-config"):
            found = dict(os.environ, PKG_CONFIG_PATH=":".join(str(p.parent) for p in prefix.glob("lib*/**/sotto.pc")))
            words = run("pkg-config", "--cflags", "--libs", "sotto", env=found).split()
            run(args.cc, "-std=c99", *flags.split(), project / "chat.c", "-o", work / "chat", *words)


main()
