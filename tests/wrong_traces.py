"""A trace with one line altered, missing or added must fail: the runner compares, and does not merely play. Prints TAP.

    wrong_traces.py BT_TRACE FOLDER
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def passes(runner, folder, lines):
    copy = pathlib.Path(folder) / "copy.trace"
    copy.write_text("".join(lines))
    done = subprocess.run([runner, str(copy)], capture_output=True, text=True, timeout=60)
    return done.returncode == 0 and "not ok" not in done.stdout


def alterations(lines, at):
    """(how, the lines) with the expected line `at` made wrong in three ways."""
    changed = re.sub(r"\d", lambda m: str((int(m[0]) + 1) % 10), lines[at], count=1)
    if changed == lines[at]:
        changed = lines[at].replace("\n", " more\n")
    yield "altered", lines[:at] + [changed] + lines[at + 1:]
    yield "missing", lines[:at] + lines[at + 1:]
    yield "twice", lines[:at + 1] + lines[at:]


def main(runner, folder):
    bad = False
    with tempfile.TemporaryDirectory() as temporary:
        for path in sorted(pathlib.Path(folder).glob("*.trace")):
            lines = path.read_text().splitlines(keepends=True)
            expected = [i for i, line in enumerate(lines) if line.startswith("  ")]
            at = expected[len(expected) // 2]
            wrong = [] if passes(runner, temporary, lines) else ["as it stands it fails"]
            wrong += [f"line {at + 1} {how}, and it passes" for how, copy in alterations(lines, at) if passes(runner, temporary, copy)]
            for text in wrong:
                print(f"# {text}")
            print("not ok" if wrong else "ok", f"- a wrong {path.name} fails")
            bad |= bool(wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
