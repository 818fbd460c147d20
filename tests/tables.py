"""Tables that must agree: the codes of PROTOCOL.md, base/code.h and baton/frame.proto; the rules of RULES.md and their traces; the
refusals of the core and the traces that show them. Prints TAP."""
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


def main(top):
    top = pathlib.Path(top)
    bad = codes(top)
    return 1 if traces(top) or bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
