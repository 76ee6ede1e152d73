"""Installs Sotto into an empty folder and uses it from outside: an application by CMake and by pkg-config, a plugin by CMake."""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile

import border


def configure_and_build(source, build, prefix, args):
    flags = f"-fsanitize={args.sanitize}" if args.sanitize else ""
    border.run("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_C_COMPILER={args.cc}",
               f"-DCMAKE_CXX_COMPILER={args.cxx}", f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_CXX_FLAGS={flags}",
               "-DCMAKE_BUILD_TYPE=Release")
    border.run("cmake", "--build", build)


def expect(text, *parts):
    missing = [part for part in parts if part not in text]
    if missing:
        sys.exit(f"{missing} not in:\n{text}")


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "build", "cc", "cxx"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--sanitize", default="")
    parser.add_argument("--backends", default="", help="names that the installed plugins must offer")
    args = parser.parse_args()
    os.umask(0o002)  # a group may write what this makes, yet not the installed plugins
    projects = pathlib.Path(args.source, "tests", "abi", "package")
    backends = [f"backend {name}: " for name in args.backends.split(",") if name]

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        made = work / "made"
        border.run("cmake", "--install", args.build, "--prefix", made)
        prefix = work / "moved"  # nothing in the package may name the folder it was installed into
        made.rename(prefix)

        configure_and_build(projects / "application", work / "application", prefix, args)
        configure_and_build(projects / "plugin", work / "plugin", prefix, args)
        plugins = (work / "application" / "plugin_dir.txt").read_text()
        tea = next((work / "plugin").glob("libtea.so"))
        tea.chmod(0o755)
        tea.parent.chmod(0o755)
        expect(border.run(work / "application" / "application", plugins, tea), "plugin com.example.tea 1.0.0: loaded", "tea: found", *backends)

        pkg_config = shutil.which("pkg-config")
        if not pkg_config:
            print("skipped: pkg-config is not installed")
            return
        environment = dict(os.environ, PKG_CONFIG_PATH=str(next(prefix.glob("lib*/**/sotto.pc")).parent))
        words = border.run(pkg_config, "--cflags", "--libs", "sotto", env=environment).split()
        libraries = border.run(pkg_config, "--variable=libdir", "sotto", env=environment).strip()
        folder_of_plugins = border.run(pkg_config, "--variable=plugindir", "sotto", env=environment).strip()
        sanitize = [f"-fsanitize={args.sanitize}"] if args.sanitize else []
        border.run(args.cc, "-std=c99", "-pedantic", "-Wall", *sanitize, projects / "application" / "main.c", "-o", work / "by_pkg_config",
                   *words, f"-Wl,-rpath,{libraries}")
        expect(border.run(work / "by_pkg_config", folder_of_plugins), "tea: none", *backends)
    print("an application by CMake and by pkg-config and a plugin, all from the installed package")


main()
