"""Files as nobody should write them: taken correctly or refused with a reason, row by row, and never crashed on."""
import pytest

import harness
from adapter import Adapter
from events import unique
from test_file import FIELDS, HEAD, counts, names, put, reasons, rejects, texts


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker().start()
    yield made
    harness.remove(made)


@pytest.fixture
def drop(broker, tmp_path):
    made = Adapter(broker, "baton-file", "sales", tmp_path, {"folder": "drop", "fields": FIELDS, "once": True})
    (tmp_path / "drop").mkdir()
    yield made
    made.close()


@pytest.fixture
def play(broker, drop):
    """play(rows, head): what of it the broker took, and the reasons for what it did not; {k} and {who} are filled in."""
    def run(rows, head=HEAD):
        who, k = unique("customer"), unique("key")
        rows = rows if isinstance(rows, bytes) else rows.encode()
        put(drop, "x.csv", (head if isinstance(head, bytes) else head.encode()) + rows.replace(b"{k}", k.encode()).replace(b"{who}", who.encode()))
        assert drop.run() == 0
        told = reasons(drop, "x.csv") if "x.csv.reasons" in names(drop, "rejects") else []
        return texts(broker, who) if not drop.logged("file-refused") else None, [(int(r["row"]), r["reason"]) for r in told]
    return run


def test_quotes_of_all_sorts(play):
    taken, told = play('{k}-1,contact,,{who},""""\n{k}-2,note,,{who},"""a"""\n{k}-3,note,,{who},"",""\n{k}-4,note,,{who},a""b\n'
                       '{k}-5,note,,{who},"a""\n{k}-6,note,,{who},six\n{k}-7,note,,{who}, "x"\n{k}-8,"note",,"{who}",\'y\'\n')
    assert taken[:2] == ['"', '"a"'] and taken[-1] == "'y'"
    assert {row for row, _ in told} >= {3, 4} and "six" in taken


def test_a_quote_that_is_never_closed_costs_one_line(play):
    taken, told = play('{k}-1,contact,,{who},one\n{k}-2,note,,{who},"open\n' + "".join(f"{{k}}-{i},note,,{{who}},n{i}\n" for i in range(3, 500)))
    assert taken == ["one"] + [f"n{i}" for i in range(3, 500)]
    assert [row for row, _ in told] == [2] and "never ends" in told[0][1] or "longer" in told[0][1]


def test_newlines_inside_quotes(play):
    taken, told = play('{k}-1,contact,,{who},"one\n\n\r\n{k}-9,note,,{who},not a row"\n{k}-2,note,,{who},two\n')
    assert len(taken) == 2 and taken[0].startswith("one\n\n\r\n") and taken[0].endswith("not a row") and taken[1] == "two" and not told


def test_wrong_columns(play):
    taken, told = play("{k}-1,contact,,{who},one\n{k}-2\n{k}-3,note,,{who},a,b,c\n,,,,\n{k}-4" + "," * 600 + "\n{k}-5,note,,{who},five\n")
    assert taken == ["one", "five"]
    assert [row for row, _ in told] == [2, 3, 4, 5] and "more columns than can be read" in told[3][1], told


def test_nul_bytes(play):
    taken, told = play(b"{k}-1,contact,,{who},one\n{k}-2,note,,{who},a\0b\n\0\0\0\n{k}-\0,note,,{who},x\n{k}-3,note,,{who},three\n")
    assert taken == ["one", "three"] and len(told) == 3 and all("NUL" in why for _, why in told)


def test_a_byte_order_mark_before_a_quoted_header_and_one_in_the_middle(play):
    taken, told = play(b"{k}-1,contact,,{who},one\n\xef\xbb\xbf{k}-2,note,,{who},two\n", b'\xef\xbb\xbf"id",type,at,customer,words\n')
    assert taken == ["one", "two"] and not told


def test_a_file_in_utf_16(play):
    taken, _ = play(b"", HEAD.encode("utf-16"))
    assert taken is None, "refused as a whole: its first line names no column"


def test_a_line_of_10_mb(drop, play):
    """It is told with its first bytes' place, and takes neither memory nor the rest of the file with it."""
    taken, told = play(b"{k}-1,contact,,{who},one\n{k}-2,note,,{who}," + b"x" * 10_000_000 + b"\n{k}-3,note,,{who},\"" + (b"y" * 99 + b"\n") * 1000
                       + b"\n{k}-4,note,,{who},four\n")
    assert taken[0] == "one" and taken[-1] == "four"
    assert told[0][0] == 2 and "longer than a row" in told[0][1]


def test_a_header_of_10_mb(drop, play):
    taken, _ = play(b"", b"a," * 5_000_000 + b"\n")
    assert taken is None and names(drop, "rejects") == ["x.csv"]


def test_latin_1(play, drop):
    taken, told = play("{k}-1,contact,,{who},one\n".encode() + "{k}-2,note,,{who},caf\u00e9\n".encode("latin-1") + "{k}-3,note,,{who},caf\u00e9\n".encode())
    assert taken == ["one", "caf\u00e9"] and told == [(2, "column 5 is not valid UTF-8")]
    assert b"caf\xe9\n" in rejects(drop, "x.csv"), "what stands in the rejects is what stood there"


def test_duplicate_headers(play, drop):
    taken, _ = play("", "id,type,at,customer,words,customer\n")
    assert taken is None and 'more than one column \\"customer\\"' in drop.text()


def test_a_column_that_nobody_reads_may_be_there_twice(play):
    taken, told = play("{k}-1,contact,,{who},one,x,y\n", "id,type,at,customer,words,extra,extra\n")
    assert taken == ["one"] and not told


def test_no_line_end_at_the_end(play):
    taken, told = play("{k}-1,contact,,{who},one\n{k}-2,note,,{who},two")
    assert taken == ["one", "two"] and not told


def test_no_line_end_at_the_end_of_a_quoted_field(play):
    taken, told = play('{k}-1,contact,,{who},one\n{k}-2,note,,{who},"two')
    assert taken == ["one"] and [row for row, _ in told] == [2]


def test_line_ends_of_all_sorts_in_one_file(play):
    taken, told = play("{k}-1,contact,,{who},one\r\n{k}-2,note,,{who},two\n\r\n\n{k}-3,note,,{who},three\r\n{k}-4,note,,{who},fo\rur\n"
                       "{k}-5,note,,{who},\"fi\rve\"\n{k}-6,note,,{who},six\r", HEAD.replace("\n", "\r\n"))
    assert taken == ["one", "two", "three", "fi\rve", "six"] and [row for row, _ in told] == [4]


def test_text_that_is_code_elsewhere_is_text_here(play):
    words = ["'; DROP TABLE cases; --", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{column}", "${HOME}", "%n%n%s", "../../etc/passwd",
             "\u202eright to left", "\u0000"[1:] + "\x1b[2J"]
    rows = "".join(f'{{k}}-{i},{"note" if i else "contact"},,{{who}},"{w}"\n' for i, w in enumerate(words))
    taken, told = play(rows)
    refused = {row - 1 for row, _ in told}
    assert taken == [w for i, w in enumerate(words) if i not in refused] and len(taken) >= 8


@pytest.mark.parametrize("name", ["-rf.csv", "a\nb.csv", "caf\u00e9.csv", "$(touch x).csv", "x" * 240 + ".csv"])
def test_strange_file_names(broker, drop, name):
    who, k = unique("customer"), unique("key")
    put(drop, name, HEAD + f"{k},contact,,{who},one\nbroken\n")
    assert drop.run() == 0
    assert names(drop, "done") == [name] and texts(broker, who) == ["one"]
    assert all(line.startswith("ts=") or " " in line for line in drop.text().splitlines()) and counts(drop)["rejected"] == "1"


def test_an_empty_file_and_one_with_a_header_alone(drop):
    put(drop, "empty.csv", "")
    put(drop, "head.csv", HEAD)
    put(drop, "blank.csv", "\n\n\r\n")
    assert drop.run() == 0
    assert names(drop, "done") == ["head.csv"] and names(drop, "rejects") == ["blank.csv", "empty.csv"]
