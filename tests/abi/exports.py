"""What the built libraries export, import and run when they are opened.

libsotto and libsotto-convert export the functions of their headers and nothing else; a plugin exports `sotto_plugin` and has no static constructor; no
library or program of ours asks for a socket; our own code does not end or print to the application's process."""
import argparse
import pathlib
import re

import border

NETWORK = set("socket socketpair connect bind listen accept accept4 shutdown send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg "
              "getaddrinfo freeaddrinfo getnameinfo gethostbyname gethostbyname2 gethostbyname_r gethostbyaddr getservbyname "
              "res_query res_search getsockname getpeername setsockopt getsockopt".split())
# A folder that is no part of the library, a child process that is ended when it is late, a sample that looks for a free port for the
# broker that it starts on this machine.
SAMPLES = "libsotto_samples.a"
PERMITTED = {("libsotto_host.a", "kill"), *(("smart_home", name) for name in NETWORK)}
ENDING = set("exit _exit _Exit quick_exit abort raise kill".split())
PRINTING = set("printf vprintf puts putchar perror _ZSt4cout _ZSt4cerr _ZSt4clog __printf_chk __vprintf_chk".split())


def symbols(library, *flags):
    """Names that nm prints, without symbol versions."""
    return {line.split()[-1].split("@")[0] for line in border.run("nm", *flags, library).splitlines()
            if line.strip() and not line.endswith(":")}


def defined(library):
    """The dynamic symbols a library defines; the version node itself (type A) is no symbol of code or data."""
    lines = border.run("nm", "-D", "--defined-only", library).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if line.split()[-2] != "A"}


def constructors(library):
    """Names of what runs when the library is opened, except the compiler's own frame_dummy."""
    sections = border.run("readelf", "-SW", library)
    section = re.search(r"\.init_array\s+INIT_ARRAY\s+([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)", sections)
    if ".preinit_array" in sections or re.search(r"\.ctors\b", sections):
        return ["a .preinit_array or .ctors section"]
    if not section:
        return []
    start, size = int(section.group(1), 16), int(section.group(2), 16)
    names = {}
    for line in border.run("nm", library).splitlines():
        words = line.split()
        if len(words) == 3:
            names.setdefault(int(words[0], 16), words[2])
    found = []
    for offset, rest in re.findall(r"^([0-9a-f]+)\s+[0-9a-f]+\s+R_\S+\s+(.*)$", border.run("readelf", "-rW", library), re.MULTILINE):
        if start <= int(offset, 16) < start + size:
            target = rest.split()[-1]
            found.append(names.get(int(target, 16), target) if re.fullmatch(r"[0-9a-f]+", target) else target)
    if len(found) != size // 8:
        found.append(f"{size // 8} entries, {len(found)} relocations")
    return [name for name in found if name != "frame_dummy"]


def main():
    parser = argparse.ArgumentParser()
    for name in ("include", "build"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--plugins", default="")
    parser.add_argument("--sanitize", default="")
    parser.add_argument("--build-type", default="")
    args = parser.parse_args()
    build = pathlib.Path(args.build)
    core, convert = build / "lib" / "libsotto.so", build / "lib" / "libsotto-convert.so"
    plugins = [pathlib.Path(path) for path in args.plugins.split(",") if path]
    programs = [path for path in sorted((build / "bin").glob("*")) if path.is_file()]
    archives = sorted(path for path in (build / "lib").glob("libsotto_*.a") if path.name != SAMPLES)
    faults = []

    count = 0
    for library, declared in ((core, border.functions(args.include)), (convert, border.functions(args.include, of_convert=True))):
        exported = defined(library)
        count += len(exported)
        faults += [f"{library.name}: {name} is declared in a header and not exported" for name in sorted(declared - exported)]
        faults += [f"{library.name}: {name} is exported and in no header" for name in sorted(exported - declared)]
    for plugin in plugins:
        if defined(plugin) != {"sotto_plugin"}:
            faults.append(f"{plugin.name}: exports {sorted(defined(plugin))}, not sotto_plugin alone")
        if args.sanitize:
            print(f"skipped: {plugin.name}: static constructors, because -fsanitize={args.sanitize} adds its own")
        else:
            faults += [f"{plugin.name}: static constructor {name}" for name in constructors(plugin)]
    for binary in [core, convert, *plugins, *programs]:
        for name in sorted(symbols(binary, "-D", "--undefined-only") & NETWORK):
            if (binary.name, name) not in PERMITTED:
                faults.append(f"{binary.name}: asks for the network function {name}")
    for archive in archives:
        wanted = symbols(archive, "--undefined-only")
        faults += [f"{archive.name}: calls {name}, which ends the application's process" for name in sorted(wanted & ENDING) if (archive.name, name) not in PERMITTED]
        if args.build_type == "Release":  # assertions of other builds print
            faults += [f"{archive.name}: uses {name}: the library does not print" for name in sorted(wanted & PRINTING)]

    border.report(faults, f"{count} functions of {core.name} and {convert.name}, {len(plugins)} plugins, {len(programs)} programs, "
                          f"{len(archives)} archives")


main()
