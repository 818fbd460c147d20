"""Tables that must agree: the codes of PROTOCOL.md, base/code.h and baton/frame.proto; the rules of RULES.md and their traces; the
refusals of the core and the traces that show them; the figures of base/counters.h, baton-metrics(7) and the alert rules. Prints TAP."""
import pathlib
import re
import sys


def check(what, odd):
    for line in odd:
        print(f"# {line}")
    print("not ok" if odd else "ok", f"- tables: {what}")
    return bool(odd)


def codes(top):
    proto = {int(n): name for name, n in re.findall(r"^\s*CODE_(\w+) = (\d+);", (top / "proto/baton/frame.proto").read_text(), re.M)}
    header = re.findall(r"X\((\d+), (\w+), ", (top / "broker/base/code.h").read_text())
    broker = {int(n): name for n, name in header if int(n) < 100}
    page = {int(n): name for n, name in re.findall(r"^\| (\d+) \| `(\w+)` \|", (top / "proto/PROTOCOL.md").read_text(), re.M)}
    bad = False
    for name, table in (("base/code.h", broker), ("PROTOCOL.md", page)):
        odd = [f"{number} {code}: in one of frame.proto and {name} only" for number, code in sorted(set(proto.items()) ^ set(table.items()))]
        bad |= check(f"the codes of frame.proto and {name}", odd if proto else ["frame.proto has no codes"])
    return bad


def traces(top):
    """Every rule names its traces, every trace plays a rule, and every refusal that the core can give stands in one."""
    there = {path.stem: path.read_text() for path in (top / "tests/trace").glob("*.trace")}
    lists = re.findall(r"\(((?:`[a-z_]+`(?:,\s+|\s+and\s+)?)+)\)", (top / "proto/RULES.md").read_text())
    named = {name for names in lists for name in re.findall(r"`([a-z_]+)`", names)}
    odd = [f"{name}: RULES.md names it, and there is no such trace" for name in sorted(named - set(there))]
    odd += [f"{name}.trace: no rule of RULES.md names it" for name in sorted(set(there) - named)]
    bad = check(f"RULES.md and its {len(there)} traces", odd)
    core = {code for path in (top / "broker/core").glob("*.c") for code in re.findall(r"refuse\(d, BT_(\w+),", path.read_text())}
    shown = {code for text in there.values() for code in re.findall(r"^  refused (\w+)", text, re.M)}
    bad |= check(f"traces show {len(core & shown)} of {len(core)} refusals of the core", [f"{code}: no trace shows it" for code in sorted(core - shown)])
    return bad


def figures(top):
    """{sample: (type and labels, help)} of the table of figures, by the names under which they are told."""
    def rows(macro):
        text = re.search(rf"#define {macro}\(X\)((?:[^\n]*\\\n)*[^\n]*)", header).group(1).replace("\\\n", " ")
        for row in re.findall(r'X\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)', text):
            yield [word or bare for word, bare in re.findall(r'"((?:[^"\\]|\\.)*)"|(\w+)', row)]

    header = (top / "broker/base/counters.h").read_text()
    told = {}
    for name, text in rows("BT_COUNTERS"):
        told["baton_" + re.sub("_us$", "_seconds", name) + "_total"] = ("counter", text)
    for name, unit, _, text in rows("BT_HISTOGRAMS"):
        told[f"baton_{name}" + (unit and "_" + unit)] = ("histogram", text)
    for name, kind, unit, label, other, text in rows("BT_GATHERED"):
        labels = ", ".join(filter(None, (label, other)))
        suffix = {"COUNTER": "_total", "INFO": "_info", "GAUGE": ""}[kind]
        told[f"baton_{name}" + (unit and "_" + unit) + suffix] = (kind.lower() + (labels and " by " + labels), text)
    return told


def metrics(top):
    """The manual has each figure as the table has it; the alert rules and their tests use no other."""
    told = figures(top)
    page = dict(re.findall(r"^\.It Va (baton_\w+)\n(.*\n\.br\n.*)$", (top / "broker/metrics/baton-metrics.7").read_text(), re.M))
    wanted = {name: f"{facts}\n.br\n{text[0].upper()}{text[1:]}." for name, (facts, text) in told.items()}
    odd = [f"{name}: {what}" for name in sorted(set(wanted) | set(page))
           for what in ["not in baton-metrics(7)" * (name not in page) or "not in the table" * (name not in wanted)
                        or "told otherwise by baton-metrics(7)" * (page[name] != wanted[name])] if what]
    bad = check(f"the {len(told)} figures of base/counters.h and baton-metrics(7)", odd if told else ["no figures"])
    for path in (top / "conf/prometheus/baton.rules.yml", top / "tests/system/prometheus_rules.yml"):
        used = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\bbaton_\w+", path.read_text())}
        bad |= check(f"{path.name} uses figures that are there", [f"{name}: no such figure" for name in sorted(used - set(told))])
    return bad


def commands(top):
    """Every command of the broker has its entry in batonctl.8, with the options that it takes, and no entry is of none."""
    rows = re.findall(r'^    \{"([a-z ]+)", (?:READ|ADMIN),\s*((?:"[^"]*"\s*)+),', (top / "broker/control/command.c").read_text(), re.M)
    page = (top / "broker/ctl/batonctl.8").read_text()
    entries = {}
    for entry in re.findall(r"^\.It (?:Xo\n((?:\..*\n)*?)\.Xc|(Cm .*))$", page, re.M):
        text = " ".join(re.sub(r"^\.", "", line) for line in "".join(entry).splitlines())
        words = re.match(r"Cm ((?:[a-z-]+ ?)+)", re.sub(r" (?:Op|Oo|Ar|Fl|Cm)\b.*", "", text[3:]) and text)
        entries[words[1].strip()] = text
    own = {"keygen", "verify", "verify --repair", "top", "config try", "export", "import", "restore"}
    tests_only = {"clock advance", "clock jump"}
    words = {w for w, _ in rows} - tests_only
    odd = [f"{w}: not in batonctl.8" for w in sorted(words - set(entries))]
    odd += [f"{w}: in batonctl.8, and no command" for w in sorted(set(entries) - words - own)]
    general = {"for", "version", "case"}  # of interventions: said once for all of them
    for w, arguments in rows:
        options = set(re.findall(r"\[([a-z]+)=", arguments)) - general
        odd += [f"{w}: {o}= is not in batonctl.8" for o in sorted(options) if w in entries and not re.search(rf"\b{o}\b", entries[w] if "filters" not in entries[w] else page)]
    return check(f"batonctl.8 and its {len(words)} commands", odd)


def main(top):
    top = pathlib.Path(top)
    bad = codes(top) | metrics(top) | commands(top)
    return 1 if traces(top) or bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
