"""Measures every adapter between its real department system and a broker, and prints one table; adapters.sh says how to call it
and what the columns are."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))


def arguments():
    made = argparse.ArgumentParser(prog="adapters.sh", description="Measures every adapter between its department system and a broker.")
    made.add_argument("--seconds", type=int, default=4, help="time of each measurement")
    made.add_argument("--only", default="", metavar="WORDS", help="only the rows whose names hold this")
    made.add_argument("--folder", default="", help="where the data lies: the disk under it belongs to the figures")
    made.add_argument("--json", action="store_true", help="JSON instead of the table")
    made.add_argument("build", help="a build folder without sanitizers")
    options = made.parse_args()
    if options.seconds < 1:
        made.error("--seconds: at least 1")
    return options


OPTIONS = arguments()
os.environ["BATON_BUILD"] = os.path.abspath(OPTIONS.build)

import harness  # noqa: E402
from adapters_in import WAYS_IN, HttpDrain  # noqa: E402
from adapters_out import WAYS_OUT  # noqa: E402
from adapters_place import Place, rss_mib  # noqa: E402

WAYS = (*WAYS_IN, *WAYS_OUT, HttpDrain)  # the one that stops the broker is the last
MOST, FIRST, PACE = 200000, 100, 50
HEAD = ("", "N", "events/s", "of base", "N", "p50 ms", "p99 ms", "of base", "RSS MiB", "lines")
WIDTHS = (24, 9, 10, 9, 6, 9, 9, 9, 9, 6)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def lines_of(code):
    folder = harness.TREE / "adapters" / code
    return sum(path.read_bytes().count(b"\n") for path in folder.iterdir() if path.suffix in (".c", ".h"))


def rate(way, seconds):
    """How many, and events/s: a small load first, then larger ones until one takes long enough."""
    n = way.fixed * seconds or FIRST
    while True:
        took = way.burst(n)
        if took >= seconds * 0.6 or n >= MOST or way.fixed:
            return n, n / took
        n = int(min(MOST, 20 * n, max(2 * n, seconds * n / took)))


def measure(way, place, seconds):
    """A row; just before each measurement the same over libbaton, in half the time."""
    half = max(1, seconds // 2)
    row = {"row": way.name, "base_events_per_s": place.plain_rate(half)}
    if way.per_s:
        row["base_p50_ms"], row["base_p99_ms"] = place.plain_latency(PACE * half, PACE)
    try:
        way.start()
        row["events"], row["events_per_s"] = rate(way, seconds)
        if way.per_s:
            row["paced"] = way.per_s * seconds * (1 if way.per_s == PACE else 4)
            row["p50_ms"], row["p99_ms"] = way.latency(row["paced"])
        row["rss_mib"] = rss_mib(way.adapter.process)
    finally:
        way.close()
    return {**row, "lines": lines_of(way.code)}


def base(rows):
    """What stood beside the rows, as a row of its own: the middle one."""
    def middle(key):
        return statistics.median(r[key] for r in rows if key in r)
    return {k: middle(f"base_{k}") for k in ("events_per_s", "p50_ms", "p99_ms") if any(f"base_{k}" in r for r in rows)}


def put(*cells):
    print("".join(f"{c:<{w}}" if i == 0 else f"{c:>{w}}" for i, (c, w) in enumerate(zip(cells, WIDTHS))).rstrip())


def put_row(r):
    def ms(key):
        return f"{r[key]:,.2f}" if key in r else "-"

    def of_base(key):
        if key not in r or "base_" + key not in r:
            return "-"
        share = r[key] / r["base_" + key]
        return f"{share:,.2f}" if share >= 0.1 else f"{share:.4f}"
    put(r["row"], f"{r['events']:,}" if "events" in r else "-", f"{r['events_per_s']:,.0f}", of_base("events_per_s"),
        f"{r['paced']:,}" if "paced" in r else "-", ms("p50_ms"), ms("p99_ms"), of_base("p50_ms"),
        f"{r['rss_mib']:.1f}" if "rss_mib" in r else "-", f"{r['lines']:,}" if "lines" in r else "-")


def put_spool(f):
    print(f"\nspool, {f['events']:,} events of 300 bytes put in, none sent:")
    for what, us, sync in (("one at a time", f["us_one"], f["sync_one"]), ("64 at a time", f["us_64"], f["sync_64"])):
        print(f"  put + commit, {what:<13} {us:8.2f} us an event, {us / sync:5.2f} of append + fdatasync")
    print(f"  on disk {f['disk']:.0f} bytes an event; RSS {f['rss_kib'][0] / 1024:.1f} MiB before, {f['rss_kib'][1] / 1024:.1f} MiB full, "
          "pages of the file included")


def put_table(told):
    print(f"{told['seconds']} s a measurement, data on {told['disk']}, {told['processors']} processors, load {told['load'][0]:.1f} before, "
          f"{told['load'][1]:.1f} after\n")
    put(*HEAD)
    put_row({"row": "base: libbaton", **told["base"]})
    for row in told["rows"]:
        put_row(row)
    if told["spool"]:
        put_spool(told["spool"])


def main(options):
    ways = [w for w in WAYS if options.only in w.name]
    if not ways:
        sys.exit(f"--only: no row's name holds that; there are: {'; '.join(w.name for w in WAYS)}")
    folder = pathlib.Path(options.folder or options.build)
    folder.mkdir(parents=True, exist_ok=True)
    where = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=folder)).resolve()
    disk = subprocess.run(["df", "--output=source,fstype", where], capture_output=True, text=True, check=True).stdout.split()[-2:]
    told = {"seconds": options.seconds, "disk": " ".join(disk), "processors": os.cpu_count(), "load": [os.getloadavg()[0]],
            "rows": [], "spool": None}
    place = Place(where)
    try:
        for i, way in enumerate(ways):
            progress(f"{i + 1} of {len(ways)}: {way.name}")
            told["rows"].append(measure(way(place, where / way.__name__), place, options.seconds))
        if any("spool" in w.name for w in ways):
            progress("the spool")
            told["spool"] = place.run("bench_spool", *place.words("plain"), where / "spool", 10000 * options.seconds)
    finally:
        progress("")
        place.close()
        shutil.rmtree(where, ignore_errors=True)
    told["base"] = base(told["rows"])
    told["load"].append(os.getloadavg()[0])
    if options.json:
        json.dump(told, sys.stdout, indent=1)
        print()
    else:
        put_table(told)


if __name__ == "__main__":
    main(OPTIONS)
