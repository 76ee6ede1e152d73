"""Puts the native libraries of a finished build beside the package, where there is one: the wheel then needs nothing else.

The build is the folder named by SOTTO_BUILD, or build/ of this tree. Without one the wheel is pure Python, and finds libsotto at run
time by sotto.load(folder) or the variable SOTTO_LIBRARY.
"""
import os
import pathlib
import shutil
import sysconfig

from setuptools import setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70
    from wheel.bdist_wheel import bdist_wheel

HERE = pathlib.Path(__file__).resolve().parent


def native_folder():
    """lib of the build, or None."""
    lib = pathlib.Path(os.environ.get("SOTTO_BUILD", HERE.parents[1] / "build")) / "lib"
    return lib if (lib / "libsotto.so").exists() else None


class BuildWithLibraries(build_py):
    def run(self):
        super().run()
        lib = native_folder()
        if lib is None:
            return
        into = pathlib.Path(self.build_lib) / "sotto" / "lib"
        shutil.rmtree(into, ignore_errors=True)
        (into / "sotto").mkdir(parents=True)
        shutil.copy((lib / "libsotto.so").resolve(), into / "libsotto.so")
        for plugin in sorted((lib / "sotto").glob("*.so")):
            shutil.copy(plugin, into / "sotto" / plugin.name)
        for path in [into, into / "sotto", *into.rglob("*.so")]:
            path.chmod(0o755)  # a plugin that others may write is refused, whatever the umask says


class WheelOfThisMachine(bdist_wheel):
    """No part is compiled against Python: py3-none, and the platform only where libraries are inside."""

    def get_tag(self):
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_") if native_folder() else "any"
        return "py3", "none", platform


setup(cmdclass={"build_py": BuildWithLibraries, "bdist_wheel": WheelOfThisMachine})
