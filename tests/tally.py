"""Counts every test of every runner from what they wrote, prints the closing line and sets the exit code.

FOLDER holds TAP (*.tap), ctest's verbose log with TAP inside (ctest.log) and JUnit XML (*.xml).
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

TAP = re.compile(r"^(?:\d+: )?\s*(ok|not ok)\b(.*)$")
# "3/9 Test #3: unit.codec ...***Failed   0.01 sec"
CTEST = re.compile(r"^\s*\d+/\d+ Test\s+#(\d+): (\S+) \.*\s*(\*\*\*\S.*?|Passed)\s+[\d.]+ sec")


def tap(lines):
    """(passed, failed, skipped) and the failed names, of lines of TAP."""
    counts, failed = [0, 0, 0], []
    for line in lines:
        match = TAP.match(line)
        if not match:
            continue
        verdict, rest = match.groups()
        if re.search(r"#\s*SKIP", rest, re.I):
            counts[2] += 1
        elif verdict == "ok":
            counts[0] += 1
        else:
            counts[1] += 1
            failed.append(rest.strip(" -"))
    return counts, failed


def ctest(text):
    """As tap(), and a program that failed without saying which test did (a crash, a leak) is a failure too."""
    counts, failed = [0, 0, 0], []
    for match in re.finditer(CTEST.pattern, text, re.M):
        number, name, verdict = match.groups()
        own, own_failed = tap(re.findall(rf"^{number}: .*$", text, re.M))
        if verdict != "Passed" and own[1] == 0:
            own[1], own_failed = 1, [f"{name} {verdict}"]
        elif own == [0, 0, 0]:
            own[0] = 1
        counts = [a + b for a, b in zip(counts, own)]
        failed += [f"{name}: {n}" for n in own_failed]
    if sum(counts) == 0:
        return [0, 1, 0], ["ctest ran nothing"]
    return counts, failed


def junit(root):
    counts, failed = [0, 0, 0], []
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts[1] += 1
            failed.append(f"{case.get('classname')}::{case.get('name')}")
        elif case.find("skipped") is not None:
            counts[2] += 1
        else:
            counts[0] += 1
    return counts, failed


def main(folder):
    total, failed = [0, 0, 0], []
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.suffix == ".xml":
            counts, names = junit(ElementTree.parse(path).getroot())
        elif path.suffix == ".tap":
            counts, names = tap(path.read_text().splitlines())
        else:
            counts, names = ctest(path.read_text(errors="replace"))
        print(f"{path.stem}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped")
        total = [a + b for a, b in zip(total, counts)]
        failed += names
    for name in failed:
        print("FAILED", name)
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
