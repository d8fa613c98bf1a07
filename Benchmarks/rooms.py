# SPDX-License-Identifier: Apache-2.0
"""Where a server's time goes, by room: samples of perf, each counted for the nearest caller that belongs to a room."""
import collections
import pathlib
import re
import shutil
import subprocess
import tempfile

from systems import ROOT

FREQUENCY = 997
# What is no room of ours and has a line of its own, by the module or the library it is in.
MODULES = {"NIOCore": "NIO", "NIOPosix": "NIO", "NIOSSL": "NIO", "NIOConcurrencyHelpers": "NIO", "GRDB": "SQLite: GRDB",
           "Crypto": "crypto", "_CryptoExtras": "crypto"}
LIBRARIES = {"libsqlite3": "SQLite: engine", "libcrypto": "crypto", "libunbound": "Resolver", "libssl": "crypto"}
SYMBOLS = (("sqlite3", "SQLite: engine"), ("CNIOBoringSSL", "crypto"), ("CCryptoBoringSSL", "crypto"),
           ("CNIOLinux", "NIO"), ("c_nio", "NIO"))
RUNTIME = re.compile(
    r"^_?(swift_|_?swift|malloc|free|calloc|realloc|cfree|_int_|int_malloc|__libc_|mem(cpy|move|set|cmp)|__mem|str|"
    r"pthread_|__pthread|___pthread|__lll|operator |\$sS|\$ss|tc_)")


class Profile:
    """Samples a process from now to `stop`; nothing where there is no perf, or no right to use it."""

    def __init__(self, pid):
        self.file = pathlib.Path(tempfile.mkdtemp(prefix="postern-perf-")) / "data"
        self.process = None
        if shutil.which("perf"):
            self.process = subprocess.Popen(
                ["perf", "record", "-q", "-F", str(FREQUENCY), "-g", "-p", str(pid), "-o", self.file],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        """Each sample: the thread's name, and its symbols and libraries, the innermost first."""
        if not self.process:
            return []
        self.process.send_signal(2)
        self.process.wait(60)
        text = subprocess.run(
            ["perf", "script", "-i", self.file, "-F", "comm,ip,sym,dso"], capture_output=True, text=True, errors="replace").stdout
        shutil.rmtree(self.file.parent, ignore_errors=True)
        return list(samples(text))


def samples(text):
    for block in text.split("\n\n"):
        thread, *lines = block.strip("\n").splitlines() or [""]
        frames = []
        for line in lines:
            found = re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line)
            if found:
                frames.append((found[1], pathlib.Path(found[2]).name))
        if frames:
            yield thread.strip(), frames


def thread_room(name):
    """For samples that say nothing of who asked: what the thread is for."""
    if name.startswith("NIO"):
        return "event loops"
    return "database writer" if "overcommit" in name else "tasks"


def module(symbol):
    """The Swift module that a mangled name belongs to."""
    found = re.match(r"^\$s(\d+)(\w+)", symbol)
    return found[2][:int(found[1])] if found else None


ROOMS = {path.name for path in (ROOT / "Sources").iterdir()}


def room(symbol, library):
    name = module(symbol)
    if name in ROOMS:
        return name
    if name in MODULES:
        return MODULES[name]
    for part, where in LIBRARIES.items():
        if library.startswith(part):
            return where
    return next((where for part, where in SYMBOLS if symbol.startswith(part)), None)


def kind(symbol, library):
    """What the innermost frame is: the kernel's work, the language's and the C library's, or the room's own."""
    if library.startswith(("[kernel", "[k")) or library.endswith((".ko", "[unknown]")) and not symbol.startswith("$"):
        return "kernel"
    if library.startswith(("libc.", "libc-", "libm", "ld-", "libswift")) or RUNTIME.match(symbol):
        return "runtime"
    return "own"


def table(samples, microseconds, functions=15):
    """Prints the rooms, with what each costs of the `microseconds` of a message, and the functions that cost most.

    In brackets: what no room can be found for, scheduling and memory for the most part, by kind of thread.
    """
    if not samples:
        print("  no profile: perf is not here, or may not be used")
        return
    costs, inner = collections.defaultdict(collections.Counter), collections.Counter()
    for thread, frames in samples:
        where = next((found for found in (room(*frame) for frame in frames) if found), f"({thread_room(thread)})")
        costs[where][kind(*frames[0])] += 1
        inner[frames[0][0], where] += 1
    share = microseconds / len(samples)
    print(f"  {'':26}{'of all':>8}{'µs':>8}{'own':>8}{'runtime':>9}{'kernel':>8}   ({len(samples):,} samples)")
    for name, kinds in sorted(costs.items(), key=lambda item: -item[1].total()):
        print(f"  {name:26}{kinds.total() / len(samples):>8.1%}{kinds.total() * share:>8.1f}{kinds['own'] * share:>8.1f}"
              f"{kinds['runtime'] * share:>9.1f}{kinds['kernel'] * share:>8.1f}")
    print("  the functions that cost most, with the room they work for:")
    names = demangled([symbol for (symbol, _), _ in inner.most_common(functions)])
    for ((_, where), count), name in zip(inner.most_common(functions), names):
        print(f"  {count / len(samples):>7.1%}{count * share:>8.1f} µs  {where}: {name[:100]}")


def demangled(symbols):
    if not shutil.which("swift-demangle"):
        return symbols
    run = subprocess.run(["swift-demangle", "-simplified"], input="\n".join(symbols), capture_output=True, text=True)
    return run.stdout.splitlines() or symbols
