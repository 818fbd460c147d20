"""PROTOCOL.md, base/code.h and baton/frame.proto name the same codes with the same numbers. Prints TAP."""
import pathlib
import re
import sys


def main(top):
    top = pathlib.Path(top)
    proto = {int(n): name for name, n in re.findall(r"^\s*CODE_(\w+) = (\d+);", (top / "proto/baton/frame.proto").read_text(), re.M)}
    header = re.findall(r"X\((\d+), (\w+), ", (top / "broker/base/code.h").read_text())
    broker = {int(n): name for n, name in header if int(n) < 100}
    page = {int(n): name for n, name in re.findall(r"^\| (\d+) \| `(\w+)` \|", (top / "proto/PROTOCOL.md").read_text(), re.M)}
    bad = False
    for name, table in (("base/code.h", broker), ("PROTOCOL.md", page)):
        odd = sorted(set(proto.items()) ^ set(table.items()))
        for number, code in odd:
            print(f"# {number} {code}: in one of frame.proto and {name} only")
        print("not ok" if odd or not proto else "ok", f"- tables: the codes of frame.proto and {name}")
        bad |= bool(odd) or not proto
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
