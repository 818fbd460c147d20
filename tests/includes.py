"""Fails on a forbidden include: the dependency direction between rooms, and one owner for each library.

Prints TAP. Also puts one forbidden include of each sort into a made-up tree and checks that it is seen.
"""
import pathlib
import re
import sys
import tempfile

# A room may include itself and these.
ROOMS = {
    "base": set(),
    "service": {"base"},
    "core": {"base"},
    "codec": {"base", "core"},
    "config": {"base", "core", "codec"},
    "store": {"base", "core", "codec"},
    "archive": {"base"},
    "journal": {"base", "core", "codec", "archive"},
    "wire": {"base", "core", "codec"},
    "query": {"base", "core", "codec", "config", "store", "journal", "wire"},
    "watch": {"base", "core", "codec", "config", "store", "wire"},
    "control": {"base", "core", "codec", "config", "store", "journal", "wire", "query", "watch"},
    "metrics": {"base", "core", "codec", "config", "store", "journal", "wire", "query", "watch", "control"},
    "loop": {"base", "core", "codec", "config", "store", "journal", "wire", "query", "watch", "control", "metrics", "service"},
    "backup": {"base", "core", "codec", "config", "store", "archive", "journal", "loop"},
}
EVERY_ROOM = set(ROOMS) | {"ctl"}
ROOMS["main"] = ROOMS["ctl"] = set(ROOMS)
# Who may include a library's header: rooms, "adapter" for every adapter, or one adapter by its folder.
OWNERS = [
    (r"lmdb\.h", {"store", "journal", "sdk"}),
    (r"libconfig\.h", {"config", "sdk"}),
    (r"glib\.h|glib/.*|glib-object\.h", {"config", "mail"}),
    (r"gmime/.*|libxml/.*", {"mail"}),
    (r"curl/.*", {"http", "mail", "net"}),
    (r"zmq(_utils)?\.h", {"wire", "sdk"}),
    (r"baton/\w+\.pb-c\.h|protobuf-c/.*|google/protobuf.*", {"codec", "sdk"}),
    (r"jansson\.h", {"watch", "control", "codec", "ctl", "sdk", "adapter"}),
    (r"sodium.*\.h", {"journal", "archive", "store", "config", "backup", "sdk", "http"}),
    (r"microhttpd\.h", {"http", "metrics"}),
    (r"xxhash\.h", {"codec", "archive", "adapter"}),
    (r"zstd\.h", {"archive"}),
    (r"(n?curses|ncursesw?/.*|term)\.h", {"ctl"}),
    (r"libpq-fe\.h", {"postgres"}),
    (r"systemd/.*", {"service", "sdk"}),
]
# The core is pure: no clock, no I/O, no randomness.
PURE = {"core"}
PURE_HEADERS = r"(stddef|stdlib|stdint|stdbool|stdarg|stdalign|string|strings|limits|inttypes|assert|ctype|errno|float|math)\.h"
# base/str, base/arena and the like are pure; what reads the clock or writes is not for the core (formatting times is).
IMPURE_CALLS = r"\b(malloc|calloc|realloc|free|s?rand\w*|getenv|system|exit|abort|atexit)\s*\("  # stdlib.h is for qsort and bsearch
IMPURE_BASE = {"base/log.h", "base/counters.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def room_of(path, top):
    parts = path.relative_to(top).parts
    if parts[0] == "broker":
        return "main" if len(parts) == 2 else parts[1]
    return "sdk" if parts[1] == "sdk" else "adapter"


def faults(top):
    """Sentences, one for each forbidden include under top."""
    for path in sorted(p for d in ("broker", "adapters") for p in (top / d).rglob("*.[ch]")):
        room = room_of(path, top)
        where = path.relative_to(top)
        folder = where.parts[1]  # of an adapter: what it alone may include
        if room not in ROOMS and room not in ("sdk", "adapter"):
            yield f"{where}: no rule for the room {room}"
            continue
        folder = where.parts[1]  # of an adapter: what it alone may include
        text = path.read_text(errors="replace")
        if room in PURE:
            for call in re.findall(IMPURE_CALLS, re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)):
                yield f"{where}: the core is pure: no {call}()"
        for quote, header in INCLUDE.findall(text):
            target = header.split("/")[0]
            of_broker = "/" in header and target in EVERY_ROOM
            if of_broker and room in ("sdk", "adapter"):
                yield f"{where}: an adapter includes the broker's {header}"
            elif of_broker and target != room and target not in ROOMS[room]:
                yield f"{where}: {room} may not include {header}"
            for pattern, owners in OWNERS:
                if re.fullmatch(pattern, header) and not owners & {room, folder}:
                    yield f"{where}: {header} belongs to {', '.join(sorted(owners))}"
            if room in PURE:
                if quote == "<" and not re.fullmatch(PURE_HEADERS, header) or header in IMPURE_BASE:
                    yield f"{where}: the core is pure: no {header}"


FORBIDDEN = [
    ("broker/core/a.c", "#include <time.h>"),
    ("broker/core/a.c", '#include "codec/event_codec.h"'),
    ("broker/core/a.c", "#include <lmdb.h>"),
    ("broker/core/a.c", '#include "base/log.h"'),
    ("broker/core/a.c", "void *f(void) { return malloc(1); }"),
    ("broker/store/a.c", '#include "journal/journal.h"'),
    ("broker/journal/a.c", '#include "store/store.h"'),
    ("broker/wire/a.c", '  #  include "config/config.h"'),
    ("broker/wire/a.c", "#include <baton/frame.pb-c.h>"),
    ("broker/loop/a.c", "#include <zmq.h>"),
    ("broker/query/a.c", "#include <lmdb.h>"),
    ("broker/main.c", "#include <libconfig.h>"),
    ("broker/loop/a.c", "#include <glib.h>"),
    ("adapters/exec/a.c", "#include <zmq.h>"),
    ("adapters/exec/a.c", "#include <curl/curl.h>"),
    ("broker/wire/a.c", "#include <curl/curl.h>"),
    ("adapters/exec/a.c", "#include <microhttpd.h>"),
    ("broker/control/a.c", "#include <microhttpd.h>"),
    ("broker/control/a.c", '#include "metrics/metrics.h"'),
    ("adapters/file/a.c", "#include <libpq-fe.h>"),
    ("broker/journal/a.c", "#include <libpq-fe.h>"),
    ("adapters/file/a.c", "#include <gmime/gmime.h>"),
    ("adapters/sdk/a.c", '#include "base/str.h"'),
    ("broker/base/a.c", "#include <systemd/sd-journal.h>"),
    ("broker/main.c", "#include <systemd/sd-daemon.h>"),
    ("broker/wire/a.c", '#include "service/service.h"'),
    ("broker/attic/a.c", "#include <stdio.h>"),
    ("broker/journal/a.c", "#include <zstd.h>"),
    ("broker/loop/a.c", '#include "archive/archive.h"'),
    ("broker/loop/a.c", '#include "backup/backup.h"'),
    ("broker/backup/a.c", '#include "wire/wire.h"'),
    ("broker/archive/a.c", '#include "journal/journal.h"'),
]
ALLOWED = [
    ("broker/core/a.c", '#include <string.h>\n#include "base/arena.h"\n#include "core/case.h"'),
    ("broker/store/a.c", '#include <lmdb.h>\n#include "codec/record_codec.h"'),
    ("broker/service/a.c", '#include <systemd/sd-daemon.h>\n#include "base/log.h"'),
    ("adapters/http/a.c", "#include <curl/curl.h>"),
    ("adapters/http/a.c", '#include <microhttpd.h>\n#include <sodium.h>'),
    ("adapters/postgres/a.c", "#include <libpq-fe.h>"),
    ("adapters/mail/a.c", "#include <gmime/gmime.h>\n#include <curl/curl.h>\n#include <glib.h>"),
    ("adapters/sdk/a.c", '#include <zmq.h>\n#include "baton.h"\n#include <baton/frame.pb-c.h>'),
]


def found_in(path, text):
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder)
        (top / path).parent.mkdir(parents=True)
        (top / path).write_text(text + "\n")
        return list(faults(top))


def main(top):
    bad = False
    for path, text in FORBIDDEN + ALLOWED:
        fine = bool(found_in(path, text)) == ((path, text) in FORBIDDEN)
        bad |= not fine
        kind = "is seen" if (path, text) in FORBIDDEN else "is allowed"
        print("ok" if fine else "not ok", f"- includes: {text.strip().splitlines()[0].strip()} in {path} {kind}".replace("#", "").replace("  ", " "))
    found = list(faults(pathlib.Path(top)))
    for sentence in found:
        print("#", sentence)
    print("not ok" if found else "ok", "- includes: no forbidden include in the tree")
    return 1 if bad or found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
