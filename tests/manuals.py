"""Every manual page: clean by mandoc's own judgement, and in step with the tables of the programs. Prints TAP.

What is compared: options of each adapter and of libbaton, exit codes, the log's warnings and errors (broker), every event that a
page's DIAGNOSTICS names, and what baton-data(5) says of the files. Keys and commands of the broker are compared by unit tests (test_config, test_control)."""
import pathlib
import re
import subprocess
import sys

KINDS = ("exec", "file", "http", "mail", "postgres")
# What mandoc finds fault with that is meant so: lines as long as in the rest of the tree; pages that are not installed here.
MEANT = ("input text line longer than 80 bytes", "ALERTS instead of CAVEATS", "referenced manual not found", "outdated mandoc.db")


def check(what, odd):
    for line in odd:
        print(f"# {line}")
    print("not ok" if odd else "ok", f"- manuals: {what}")
    return bool(odd)


def pages(top):
    return sorted(p for folder in ("broker", "adapters", "conf") for p in (top / folder).rglob("*.[1-8]"))


def lint(top):
    bad = False
    for page in pages(top):
        done = subprocess.run(["mandoc", "-Tlint", str(page)], capture_output=True, text=True)
        odd = [line for line in (done.stdout + done.stderr).splitlines() if not any(word in line for word in MEANT)]
        bad |= check(f"{page.name} is clean", odd)
    return bad


def section(text, name):
    """A page's part under this heading."""
    found = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    return found[1] if found else ""


def plain(text):
    """Without macros and escapes, as one line of words."""
    text = re.sub(r"^\.(It|Cm|Dq|Do|Xr|Pa|Ql|Ev|Fl|Va)\b", "", text, flags=re.M)
    return " ".join(re.sub(r"\\&|\\-", lambda m: "-" if m[0] == r"\-" else "", text).split())


def option_keys(sources):
    """The rows of the option tables in C."""
    return {key for path in sources for key in re.findall(r'"([a-z_.]+)",[\s\\]*BATON_(?:STRING|INT|BOOL|FILE|SECTION)', path.read_text())}


def options(top):
    bad = False
    for kind in KINDS:
        text = (top / f"adapters/{kind}/baton-{kind}.1").read_text()
        headings = "\n".join(re.findall(r"^\.It Cm (.*)$", section(text, "OPTIONS"), re.M))
        words = set(re.findall(r"[a-z][a-z_.]*", headings)) | set(re.findall(r"^\.Cm ([a-z_]+\.[a-z_]+)", section(text, "OPTIONS"), re.M))
        for group in re.findall(r"^\.Ss Options of (\w+)$", section(text, "OPTIONS"), re.M):  # there, keys are written without it
            words |= {f"{group}.{word}" for word in words}
        keys = option_keys((top / f"adapters/{kind}").glob("*.[ch]"))
        odd = [f"{key}: not under OPTIONS" for key in sorted(keys - words)] if keys else ["no options were found in the code"]
        code = "".join(path.read_text() for folder in (kind, "map", "net", "sdk") for path in (top / "adapters" / folder).glob("*.[ch]"))
        odd += [f"{word}: under OPTIONS, and the program does not know it"
                for word in sorted(set(re.findall(r"(?:^| , )(?:Cm )?([a-z_.]{2,})", headings, re.M))) if not re.search(rf"\b{re.escape(word)}\b", code)]
        bad |= check(f"baton-{kind}(1) has its {len(keys)} options", odd)
    library = (top / "adapters/sdk/libbaton.3").read_text()
    listed = set(re.findall(r"[a-z][a-z_.]*", "\n".join(re.findall(r"^\.It Cm (.*)$", library, re.M))))
    keys = option_keys([top / "adapters/sdk/main.c"]) | option_keys((top / "adapters/sdk").glob("spool*.c"))
    return check(f"libbaton(3) has the {len(keys)} options of every adapter", [f"{key}: is not there" for key in sorted(keys - listed)]) or bad


def exits(top):
    """The numbers under EXIT STATUS are those that the program can end with."""
    def told(page):
        return set(re.findall(r"(?<![\w.])(\d)(?= )", plain(section(page.read_text(), "EXIT STATUS"))))

    def of(path, pattern):
        return {value for value in re.findall(pattern, path.read_text())}
    broker = {"0"} | of(top / "broker/main.c", r"(?:FAILED|USAGE|NO_DATA) = (\d)")
    adapter = of(top / "adapters/sdk/main.c", r"EXIT_(?:GOOD|FAILED|CONFIG) = (\d)")
    names = re.search(r"enum bt_exit \{([^}]*)\}", (top / "broker/ctl/ctl.h").read_text())[1].split(",")
    cases = [("broker/batond.8", broker), ("broker/ctl/batonctl.8", {str(i) for i in range(len(names))})]
    cases += [(f"adapters/{kind}/baton-{kind}.1", adapter) for kind in KINDS]
    bad = False
    for path, codes in cases:
        page = top / path
        bad |= check(f"{page.name} tells of exit codes {' '.join(sorted(codes))}",
                     [f"{code}: in one of page and program only" for code in sorted(codes ^ told(page))])
    units = (top / "conf/systemd/batond.service.in").read_text(), (top / "conf/systemd/baton-adapter@.service.in").read_text()
    never = [set(re.search(r"^RestartPreventExitStatus=(.*)$", text, re.M)[1].split()) for text in units]
    odd = [] if never == [broker - {"0", "1"}, adapter - {"0", "1"}] else [f"units do not restart after {never}"]
    return check("units try again what may pass and nothing else", odd) or bad


def events_of(top, folder, pattern):
    return {name for path in (top / folder).rglob("*.c") for name in re.findall(pattern, path.read_text())}


def named(text, pattern=r"[a-z]+(-[a-z]+)+"):
    """The events that DIAGNOSTICS quotes: words with a dash, unless told otherwise."""
    quoted = re.findall(r"\.(?:It )?Dq ([^\n]*)", text) + re.findall(r"Do (.*?) Dc", text)
    return {word.rstrip(" ,.") for line in quoted for word in line.split() if re.fullmatch(pattern, word.rstrip(" ,."))}


def events(top):
    text = section((top / "broker/batond.8").read_text(), "DIAGNOSTICS")
    logged = events_of(top, "broker", r'"([a-z]+(?:-[a-z]+)+)"')
    serious = events_of(top, "broker", r'bt_log\(\s*BT_LOG_(?:WARN|ERROR),\s*"([a-z-]+)"')
    odd = [f"{name}: is logged as a warning or an error, and not in DIAGNOSTICS" for name in sorted(serious - named(text, "[a-z-]+"))]
    odd += [f"{name}: in DIAGNOSTICS, and nobody logs it" for name in sorted(named(text) - logged)]
    bad = check(f"batond(8) has the {len(serious)} warnings and errors of the log", odd if serious else ["none were found"])
    shared = events_of(top, "adapters/sdk", r'"([a-z]+(?:-[a-z]+)+)"')
    for kind in KINDS:
        text = section((top / f"adapters/{kind}/baton-{kind}.1").read_text(), "DIAGNOSTICS")
        there = shared | events_of(top, f"adapters/{kind}", r'"([a-z]+(?:-[a-z]+)+)"')
        bad |= check(f"the events in baton-{kind}(1) are logged", [f"{name}: nobody logs it" for name in sorted(named(text) - there)])
    return bad


def table(page, heading):
    """The rows of the table under this heading, its first one left out, as lists of cells without macros."""
    part = re.search(rf"^\.S[sh] {heading}\n(.*?)(?=^\.S[sh] |\Z)", page, re.M | re.S)
    rows = re.findall(r"^\.It (?!Em )(.* Ta .*)$", part[1] if part else "", re.M)
    return [[re.sub(r"\b(?:Li|Pa|No) | ;|(?<= ): ", "", cell).strip() for cell in row.split(" Ta ")] for row in rows]


def differing(what, page, source):
    """Two lists that are to be the same, in order."""
    return [] if page == source and source else [f"{what}: {page} on the page, {source} in the source"]


def numbers_of(text):
    """The constants of an enum, also where they are sums of others."""
    known = {"BT_CHAIN_SIZE": 32, "BT_ENTRY_PART_MAX": 1 << 20}
    for name, value in re.findall(r"\b([A-Z_]+) =\s*([^,/}]+)", re.sub(r"/\*.*?\*/", "", text, flags=re.S)):
        try:
            known[name] = eval(value, {}, known)  # sums and shifts of what stands before
        except (NameError, SyntaxError):
            pass
    return known


def layouts(top, page):
    """Offsets follow from sizes, and sums are those of the source, which is also what they are called."""
    source = (top / "broker/archive/format.h").read_text()
    known, odd = numbers_of(source), []
    for heading, name in (("Header of a segment", "HEADER_SIZE"), ("Row of a frame", "ROW_SIZE"), ("Footer of a segment", "FOOTER_SIZE")):
        at, rows = 0, table(page, heading)
        for offset, size, what in rows:
            odd += [f"{heading}: {what} is at {at}"] * (int(offset) != at)
            at += int(size)
        said = re.search(rf"^\.Ss {heading}\n(\d+) bytes", page, re.M)
        odd += differing(heading, [at, int(said[1])], [known[name]] * 2)
        sizes = [int(n) for n in re.findall(r"\d+", re.search(rf"{name} =([^,]*),", source)[1].replace("2 * BT_CHAIN_SIZE", "32 + 32")
                                            .replace("BT_CHAIN_SIZE", "32").replace("MAGIC_SIZE", "8"))]
        odd += differing(f"{heading}, sizes", [int(row[1]) for row in rows], sizes)
    magic = re.search(r'SEGMENT_MAGIC "(\w+)"', source)[1]
    odd += [f"{magic} is not the magic in three places of ARCHIVE and EXAMPLES"] * (page.count(magic) != 3)
    return odd + [f"{known['FRAME_RAW']} is not on the page"] * (str(known["FRAME_RAW"]) not in page)


def format_numbers(top, page):
    of = {"journal": ("journal/engine.h", r"BT_JOURNAL_FORMAT = (\d+)"), "entry": ("journal/engine.h", r"BT_JOURNAL_FORMAT = (\d+)"),
          "segment": ("archive/archive.h", r"BT_SEGMENT_FORMAT = (\d+)"), "record": ("store/store.h", r"BT_RECORD_FORMAT = (\d+)"),
          "row": ("codec/record_codec.c", r"enum \{ FORMAT = (\d+)"), "snapshot": ("loop/snapshot.c", r"#define FORMAT (\d+)"),
          "backup": ("backup/manifest.h", r"BT_BACKUP_FORMAT = (\d+)"), "export": ("backup/export.c", r"EXPORT_FORMAT = (\d+)")}
    source = {name: re.search(pattern, (top / "broker" / path).read_text())[1] for name, (path, pattern) in of.items()}
    odd = differing("FORMATS AND VERSIONS", {row[0]: row[1] for row in table(page, "FORMATS AND VERSIONS")}, source)
    for words in (f"baton snapshot {source['snapshot']} Ta", f"baton backup {source['backup']} Ta", f"raw: {source['record']}\n",
                  f"version Ta {source['export']}\n", f"journalFormat Ta {source['journal']}\n", f"Ta format, {source['segment']}\n"):
        odd += [f"{words.strip()}: is not on the page"] * (words not in page)
    return odd


def names_on_disk(top, page):
    """Every name that the source joins to a folder's, and the words that begin or end one."""
    all_of_it = "".join(path.read_text() for path in (top / "broker").rglob("*.c"))
    names = {name for name in re.findall(r'bt_path_join\([^;"{]*, "([^"]+)"\)', all_of_it) if not name.startswith("/")}
    names |= {f"{word}-PID-XXXXXX" for word in re.findall(r'bt_dir_temporary\([^;"{]*"(\w+)"', all_of_it)}
    names |= {f"DIR.{word}" for word in re.findall(r'free_name\([^;"{]*"(\w+)"', all_of_it)}
    names |= set(re.findall(r'#define (?:UNFINISHED|PAGE|BT_BACKUP_\w+) "([^"]+)"', all_of_it + (top / "broker/backup/manifest.h").read_text()))
    told = {word.rstrip("/") for line in re.findall(r"\bPa ((?:[^\n](?!\b(?:No|Ta|Cm)\b))*)", page) for word in re.split(r"[ ,;]+", line)}
    whole = {part for word in told for part in (word, *word.split("/"))}
    return [f"{name}: is in the source, and not on the page" for name in sorted(names - whole)] if len(names) > 15 else ["too few names were found"]


def formats(top):
    page, codec = (top / "broker/baton-data.5").read_text(), (top / "broker/codec/entry_json.c").read_text()
    store = "".join(path.read_text() for path in (top / "broker/store").glob("*.c"))
    source = re.findall(r'^    \[BT_T_\w+\] = "(\w+)",', store, re.M)
    odd = differing("Tables", [row[0] for row in table(page, "Tables")], source)
    messages = dict(re.findall(r"\[BT_T_(\w+)\] = check_(\w+)", store))
    odd += differing("Tables, messages", {row[0]: re.match(r"\w+", row[2])[0] for row in table(page, "Tables")[:-1] if row[2][:4] != "raw:"},
                     {name.lower(): message.capitalize() + "Record" for name, message in messages.items()})
    odd += differing("Names in meta", sorted(row[0].split()[0] for row in table(page, "Names in meta")), sorted(set(re.findall(r'BT_LIT\("([a-z_]+)"\)', store))))
    standing = re.search(r"BT_STANDING_NONE,(.*?)BT_STANDING_COUNT", (top / "broker/core/standing.h").read_text(), re.S)[1]
    kinds = [name.lower() for name in re.findall(r"^\s*BT_STANDING_(\w+),", standing, re.M)]
    odd += differing("kinds in standing", re.findall(r"\b\d+ ([a-z_]+)(?=[,;])", re.search(r"^Kinds in\n(.*?)\.Ss", page, re.M | re.S)[1]), kinds)
    own = re.findall(r"^  BT_(\w+) = (1\d{3}),", (top / "broker/core/event.h").read_text(), re.M)
    odd += differing("kinds of entries", [row for row in table(page, "Value of an entry") if re.fullmatch(r"1\d{3}", row[0])],
                     [[n, {"CURSOR_MOVED": "cursor"}.get(name, name.lower())] for name, n in own])
    manifest = re.search(r"---- writing ----(.*?)---- reading ----", (top / "broker/backup/manifest.c").read_text(), re.S)[1]
    words = {word for pattern in (r'(?:"|\\n)([a-z]+)(?= %| ")', r'"(segment|away)"', r'"(baton) backup') for word in re.findall(pattern, manifest)}
    odd += differing("Lines of the manifest", sorted(row[0].split()[0] for row in table(page, "Lines of the manifest")), sorted(words))
    written = re.search(r"fprintf\(f, \"(baton snapshot.*?)\",", (top / "broker/loop/snapshot.c").read_text(), re.S)[1]
    odd += differing("page of a snapshot", [row[0].split()[0] for row in table(page, "SNAPSHOTS")], re.findall(r"(?:^|\\n)([a-z_]+)(?= )", written))
    members = re.findall(r'\\"(\w+)\\":', codec)
    odd += differing("members of an export", sorted(row[0] for heading in ("Members of the first line", "Members of an entry") for row in table(page, heading)),
                     sorted(members + [part + end for part in re.findall(r'put_part\("(\w+)"', codec) for end in ("", "Bytes")]))
    spool = re.search(r"^\.Ss The spool on the disk(.*?)\.El", (top / "adapters/sdk/libbaton.3").read_text(), re.M | re.S)[1]
    tables = re.search(r"table_names\[.*?\] = \{(.*?)\}", (top / "adapters/sdk/spool_open.c").read_text())[1]
    odd += differing("tables of the spool", re.findall(r"^\.It Li (\w+)$", spool, re.M), re.findall(r'"(\w+)"', tables))
    bad = check("baton-data(5) has the layouts of segments", layouts(top, page))
    bad |= check("baton-data(5) has the numbers of formats", format_numbers(top, page))
    bad |= check("baton-data(5) has the names on the disk", names_on_disk(top, page))
    return check("baton-data(5) has tables, kinds, lines and members", odd) or bad


def installed(top):
    build = "".join(path.read_text() for folder in ("broker", "adapters", "conf") for path in (top / folder).rglob("CMakeLists.txt"))
    build += (top / "CMakeLists.txt").read_text()
    return check("every page is installed", [f"{page.name}: no CMakeLists.txt names it" for page in pages(top)
                                            if page.name not in build and f"}}/*{page.suffix})" not in build])


def main(top):
    top = pathlib.Path(top)
    found = [lint(top), options(top), exits(top), events(top), formats(top), installed(top)]
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
