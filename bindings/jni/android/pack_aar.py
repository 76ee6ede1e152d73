"""Packs sotto.aar: classes.jar, jni/<abi>/lib*.so, the manifest, the rules for shrinking, and headers with libsotto as a prefab module.

    pack_aar.py --classes build/java/classes --libraries arm64-v8a=FOLDER [--libraries x86_64=FOLDER] --output sotto.aar

A FOLDER is lib of a build: libsotto.so, libsotto_jni.so, and plugins in sotto/. Android packages files named lib*.so alone, so that
a library that asks for another name (libsotto.so.1) is refused: it was not built for Android.
"""
import argparse
import io
import json
import pathlib
import re
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = HERE.parents[2] / "sdk" / "include"
API_LEVEL = 24


def fail(sentence):
    sys.exit(f"pack_aar: {sentence}")


def libraries_of(folder):
    """The files for jni/<abi>, every one under the name that the loader will ask for."""
    files = [folder / "libsotto.so", folder / "libsotto_jni.so", *sorted((folder / "sotto").glob("*.so"))]
    for file in files:
        if not file.is_file():
            fail(f"{file} is missing: build the targets sotto, sotto_jni and the plugins")
        wanted = re.search(rb"\0(libsotto\.so\.[0-9.]+)\0", file.read_bytes())
        if wanted:
            fail(f"{file} names {wanted.group(1).decode()}, which Android does not package: "
                 "build with the NDK, whose libraries have no version")
        if not re.fullmatch(r"lib\w+\.so", file.name):
            fail(f"{file.name} is not named lib*.so")
    return files


def classes_jar(classes):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as jar:
        for path in sorted(classes.rglob("*.class")):
            jar.writestr(zipfile.ZipInfo(path.relative_to(classes).as_posix()), path.read_bytes())
    return packed.getvalue()


def prefab(libraries):
    """Headers and libsotto for native code of the application (AGP's prefab)."""
    yield "prefab/prefab.json", json.dumps({"schema_version": 2, "name": "sotto", "version": "0.1.0", "dependencies": []}).encode()
    yield "prefab/modules/sotto/module.json", json.dumps({"export_libraries": [], "library_name": "libsotto"}).encode()
    for header in sorted((HEADERS / "sotto").iterdir()):
        yield f"prefab/modules/sotto/include/sotto/{header.name}", header.read_bytes()
    for abi, files in libraries.items():
        at = f"prefab/modules/sotto/libs/android.{abi}"
        yield f"{at}/abi.json", json.dumps({"abi": abi, "api": API_LEVEL, "ndk": 27, "stl": "c++_static", "static": False}).encode()
        yield f"{at}/libsotto.so", files[0].read_bytes()


def contents(classes, libraries):
    yield "AndroidManifest.xml", (HERE / "AndroidManifest.xml").read_bytes()
    yield "R.txt", b""
    yield "classes.jar", classes_jar(classes)
    yield "proguard.txt", (HERE / "consumer-rules.pro").read_bytes()
    for abi, files in libraries.items():
        for file in files:
            yield f"jni/{abi}/{file.name}", file.read_bytes()
    yield from prefab(libraries)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--classes", required=True, type=pathlib.Path)
    parser.add_argument("--libraries", required=True, action="append", help="ABI=FOLDER")
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    libraries = {}
    for pair in args.libraries:
        abi, _, folder = pair.partition("=")
        libraries[abi] = libraries_of(pathlib.Path(folder))
    if not (args.classes / "dev/sotto/Natives.class").is_file():
        fail(f"{args.classes} has no dev/sotto/Natives.class: build the target sotto_jar")
    with zipfile.ZipFile(args.output, "w", zipfile.ZIP_DEFLATED) as aar:
        for name, content in contents(args.classes, libraries):
            aar.writestr(zipfile.ZipInfo(name), content)  # without the time of packing: the same files give the same bytes
    print(f"{args.output}: {', '.join(libraries)}, {sum(map(len, libraries.values()))} libraries")


main()
