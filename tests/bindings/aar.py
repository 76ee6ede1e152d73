"""pack_aar.py makes an archive that is laid out as Android wants, of this machine's libraries under Android's names; and refuses them
under their own names. The rules for shrinking keep every method that the library looks up."""
import argparse
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
import zipfile


def renamed(libraries, into):
    """The build's libraries as the NDK would name them: a copy whose soname has no version."""
    (into / "sotto").mkdir(parents=True)
    names = ["libsotto.so", "libsotto_jni.so", *(f"sotto/{path.name}" for path in sorted((libraries / "sotto").glob("*.so")))]
    for name in names:
        image = (libraries / name).resolve().read_bytes()
        (into / name).write_bytes(re.sub(rb"\0libsotto\.so\.([0-9.]+)\0", lambda m: b"\0libsotto.so\0" + b"\0" * (len(m[1]) + 1), image))
    return {pathlib.PurePath(name).name for name in names}


def archive_faults(path, names):
    with zipfile.ZipFile(path) as aar:
        entries = set(aar.namelist())
        manifest = xml.etree.ElementTree.fromstring(aar.read("AndroidManifest.xml"))
        with zipfile.ZipFile(io.BytesIO(aar.read("classes.jar"))) as jar:
            classes = set(jar.namelist())
            first = jar.read("dev/sotto/Natives.class")
    if manifest.tag != "manifest" or manifest.get("package") != "dev.sotto":
        yield "the manifest names no package dev.sotto"
    if int.from_bytes(first[6:8], "big") != 52:
        yield f"classes of version {int.from_bytes(first[6:8], 'big')}, expected 52: Java 8"
    foreign = [name for name in classes if not name.startswith("dev/sotto/")]
    if foreign or len(classes) < 30:
        yield f"classes.jar has {len(classes)} classes, of others {foreign}"
    wanted = {f"jni/x86_64/{name}" for name in names} | {
        "proguard.txt", "R.txt", "prefab/prefab.json", "prefab/modules/sotto/module.json", "prefab/modules/sotto/include/sotto/sotto.h",
        "prefab/modules/sotto/libs/android.x86_64/abi.json", "prefab/modules/sotto/libs/android.x86_64/libsotto.so"}
    for name in sorted(wanted - entries):
        yield f"{name} is missing"
    for name in entries:
        if name.startswith("jni/") and not re.fullmatch(r"jni/x86_64/lib\w+\.so", name):
            yield f"{name}: Android would not take it"


def rule_faults(bindings):
    """Every row of on_load.cc's table against the rules."""
    rows = re.findall(r'\{"dev/sotto/(\w+)", "(\w+)", "', (bindings / "native/on_load.cc").read_text(encoding="utf-8"))
    rules_text = (bindings / "android/consumer-rules.pro").read_text(encoding="utf-8")
    rules = dict(re.findall(r"-keep class dev\.sotto\.(\w+) \{(.*?)\n\}", rules_text, re.S))
    for owner, method in rows:
        if not re.search(rf"\b{method}\(", rules.get(owner, "")):
            yield f"consumer-rules.pro does not keep {owner}.{method}"
    if len(rows) < 7:
        yield f"on_load.cc has {len(rows)} rows"


def main():
    parser = argparse.ArgumentParser()
    for name in ("bindings", "classes", "libraries"):
        parser.add_argument("--" + name, required=True, type=pathlib.Path)
    args = parser.parse_args()
    pack = [sys.executable, "-B", args.bindings / "android/pack_aar.py", "--classes", args.classes]
    faults = list(rule_faults(args.bindings))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        output = folder / "sotto.aar"
        desktop = subprocess.run([*pack, "--libraries", f"x86_64={args.libraries}", "--output", output], capture_output=True, text=True)
        if desktop.returncode == 0 or "Android does not package" not in desktop.stderr:
            faults.append(f"libraries with a version in their names were taken: {desktop.stdout}{desktop.stderr}")
        names = renamed(args.libraries, folder / "lib")
        subprocess.run([*pack, "--libraries", f"x86_64={folder / 'lib'}", "--output", output], check=True)
        faults += archive_faults(output, names)
        shutil.copy(output, folder / "first.aar")
        subprocess.run([*pack, "--libraries", f"x86_64={folder / 'lib'}", "--output", output], check=True)
        if output.read_bytes() != (folder / "first.aar").read_bytes():
            faults.append("packing the same files again gives other bytes")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
