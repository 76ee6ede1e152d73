"""Chat.kt compiles and runs on a tiny model; Null.kt is refused by the compiler, because the bindings say what may be null."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

RUNTIME = "/usr/share/java/kotlin-stdlib.jar"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main():
    parser = argparse.ArgumentParser()
    for name in ("kotlinc", "java", "sources", "jar", "libraries", "model"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    sources = pathlib.Path(args.sources)
    with tempfile.TemporaryDirectory() as folder:
        chat = run(args.kotlinc, "-cp", args.jar, sources / "Chat.kt", "-d", folder)
        if chat.returncode:
            print("Chat.kt does not compile:", chat.stdout, chat.stderr)
            return 1
        said = run(args.java, "-Xcheck:jni", "-cp", f"{folder}:{args.jar}:{RUNTIME}", "ChatKt", args.libraries, args.model)
        wrong = run(args.kotlinc, "-cp", args.jar, sources / "Null.kt", "-d", folder)
    print(said.stdout, said.stderr)
    expected = ("small-f32: 320 tokens, [", "LENGTH at ", "16 tokens", "[PERCENT 30.0]", "CHINESE, valence ", "[PHONE]", "NOT_FOUND: assistant", "NOT_FOUND: creating a dialogue")
    missing = [words for words in expected if words not in said.stdout]
    if said.returncode or missing or "WARNING" in said.stdout:
        print(f"Chat.kt: expected {missing}")
        return 1
    if wrong.returncode == 0 or "null can not be a value of a non-null type" not in wrong.stderr:
        print("Null.kt: expected the compiler to refuse the null:", wrong.stdout, wrong.stderr)
        return 1
    return 0


sys.exit(main())
