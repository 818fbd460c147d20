"""What a broker leaves on the disk, read by baton-data(5) and the messages alone: no code of the broker's has a part in it.

Layouts, tables and their order are taken from the page; hashes, checksums and compression are those of Python's libraries."""
import base64
import hashlib
import importlib
import json
import random
import re
import struct
import subprocess
import sys

import lmdb
import pytest
import xxhash
import zstandard
from google.protobuf import json_format

import harness
from events import do, event, history, ok, open_case

sys.path.insert(0, str(harness.TREE / "tests"))
import manuals  # noqa: E402  (lies one folder above)

PAGE = (harness.TREE / "broker/baton-data.5").read_text()
TABLES = [row[0] for row in manuals.table(PAGE, "Tables")]
RAW = {row[0] for row in manuals.table(PAGE, "Tables") if row[2].startswith("raw:")}
RAW_META = {row[0].split()[0].encode() for row in manuals.table(PAGE, "Names in meta") if row[1].startswith("raw:")}
NOTHING = bytes(32)
WORDS = random.Random(7)
EVENTS = 110


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def number(data):
    return int.from_bytes(data, "big")


def chain(before, sequence, head, body):
    return blake(before + struct.pack(">QI", sequence, len(head)) + head + body)


def fields(data, heading):
    """Bytes cut up as the page's table says: {name: number, or the 32 bytes of a hash}."""
    found = {}
    for offset, size, what in manuals.table(PAGE, heading):
        part = data[int(offset):int(offset) + int(size)]
        name = re.match(r"\w+", what)[0]
        found[name] = part if len(part) == 32 or name == "magic" else number(part)
    return found


def size_of(heading):
    return sum(int(row[1]) for row in manuals.table(PAGE, heading))


def read_segment(path):
    """[(sequence, head, body, chain hash)], and how many frames; ValueError where anything is not as it should be."""
    data = path.read_bytes()
    header_size, row_size, footer_size = (size_of(part) for part in ("Header of a segment", "Row of a frame", "Footer of a segment"))
    header, footer = fields(data, "Header of a segment"), fields(data[-footer_size:], "Footer of a segment")
    rows = [fields(data[at:at + row_size], "Row of a frame") for at in range(footer["at"], footer["at"] + footer["rows"] * row_size, row_size)]
    if header["magic"] != b"BATONSEG" or footer["magic"] != header["magic"] or header["format"] != 1 or header["reserved"] or footer["reserved"]:
        raise ValueError("no segment")
    if footer["check"] != xxhash.xxh3_64_intdigest(data[:header_size] + data[footer["at"]:-footer_size]):
        raise ValueError("header or rows")
    if len(data) != footer["at"] + footer["rows"] * row_size + footer_size or rows[0]["at"] != header_size:
        raise ValueError("its parts do not lie one behind the other")
    entries, before, sequence = [], header["before"], header["first"]
    for row in rows:
        frame = data[row["at"]:row["at"] + row["size"]]
        raw = zstandard.ZstdDecompressor().decompress(frame)
        if row["check"] != xxhash.xxh3_64_intdigest(frame) or len(raw) != row["raw"] or row["first"] != sequence or row["before"] != before:
            raise ValueError(f"the frame at {row['at']}")
        while raw:
            head, body = struct.unpack(">II", raw[:8])
            head, body, raw = raw[8:8 + head], raw[8 + head:8 + head + body], raw[8 + head + body:]
            before = chain(before, sequence, head, body)
            entries.append((sequence, head, body, before))
            sequence += 1
    if before != header["after"] or sequence != header["last"] + 1 or path.name != f"{header['first']:020}-{header['last']:020}.segment":
        raise ValueError("its end")
    return entries, len(rows)


def read_journal(folder):
    with lmdb.open(str(folder), max_dbs=2, readonly=True) as env, env.begin() as txn:
        entries, before = [], NOTHING
        for key, value in txn.cursor(db=env.open_db(b"entries", txn=txn, create=False)):
            assert value[0] == 1
            head_size = number(value[1:5])
            head, body = value[5:5 + head_size], value[5 + head_size:-32]
            before = chain(before, number(key), head, body)
            assert before == value[-32:]
            entries.append((number(key), head, body, before))
        meta = dict(txn.cursor(db=env.open_db(b"meta", txn=txn, create=False)))
        assert number(meta[b"format"]) == 1 and number(meta[b"epoch"]) >= 1
        return entries


def siphash(data):
    """SipHash-2-4 with a key of zeros, after the paper of Aumasson and Bernstein."""
    mask = 2**64 - 1
    v = [0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573]

    def turn(x, by):
        return (x << by | x >> (64 - by)) & mask

    def rounds(n):
        for _ in range(n):
            for a, b, by, half in ((0, 1, 13, 1), (2, 3, 16, 0), (0, 3, 21, 0), (2, 1, 17, 1)):
                v[a] = (v[a] + v[b]) & mask
                v[b] = turn(v[b], by) ^ v[a]
                if half:
                    v[a] = turn(v[a], 32)
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xff
    rounds(4)
    return struct.pack("<Q", v[0] ^ v[1] ^ v[2] ^ v[3])


def read_record(folder):
    """{table: {key: value without its checksum}}, each checked, and the digest of all."""
    digest, found = hashlib.blake2b(digest_size=32), {}
    with lmdb.open(str(folder), max_dbs=len(TABLES), readonly=True, lock=False) as env, env.begin() as txn:
        assert set(txn.cursor().iternext(values=False)) == {name.encode() for name in TABLES}, "no table that the page has not"
        for name in TABLES:
            rows = list(txn.cursor(db=env.open_db(name.encode(), txn=txn, create=False)))
            digest.update(name.encode() + b"\0" + struct.pack(">Q", len(rows)))
            found[name] = {}
            for key, value in rows:
                digest.update(struct.pack(">II", len(key), len(value)) + key + value)
                raw = name in RAW or (name == "meta" and key.split(b"\0")[0] in RAW_META)
                wanted = siphash(name.encode() + b"\0" + struct.pack(">H", len(key)) + key + value[:-8]) if raw else xxhash.xxh3_64_digest(value[:-8])
                assert value[-8:] == wanted and (raw or value[0] == 1), (name, key)
                found[name][key] = value[:-8] if raw else value[1:-8]
    return found, digest.digest()


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """(data folder, backup folder, export) of a broker that was stopped, and the case that all of it is about."""
    broker = harness.fresh_broker()
    there = tmp_path_factory.mktemp("formats") / "backup"
    try:
        broker.start()
        sales = broker.client("sales")
        opened = open_case(sales, "move.internet", by=("phone", "+442079460777"), need="a line \u202e at the \"new\" address\u00a0\t\\ \U0001f3e0")
        for _ in range(EVENTS):
            ok(do(sales, "note_added", case=opened.case, text="".join(WORDS.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(3000))))
        told = [e.sequence for e in history(sales, opened.case)]
        sales.close()
        harness.wait_for(lambda: broker.ctl_json("status")["not_checkpointed"] == 0, what="the checkpoint")
        broker.stop()
        broker.start()
        broker.ctl_json("backup", str(there), "snapshot")
        broker.stop()
        data = broker.folder / "data"
        text = subprocess.run([harness.program("batonctl"), "export", str(data), "with-key"], check=True, capture_output=True).stdout
        yield data, there, text, opened.case, told
    finally:
        harness.remove(broker)


@pytest.fixture(scope="module")
def messages():
    """EntryHead and Event of the messages that are installed with the page."""
    subprocess.run(["protoc", f"--proto_path={harness.TREE}/proto", f"--python_out={harness.MESSAGES}", "baton/disk.proto"], check=True)
    importlib.invalidate_caches()
    return importlib.import_module("baton.disk_pb2").EntryHead, importlib.import_module("baton.event_pb2").Event


def test_segments_are_what_the_journal_has(left, messages):
    data, there, _, case, told = left
    entries, frames = [], 0
    for path in sorted((there / "archive").iterdir()):
        found, n = read_segment(path)
        entries, frames = entries + found, frames + n
    journal = read_journal(data / "journal")
    assert frames >= 2 and entries == journal[:len(entries)] and len(entries) > EVENTS
    heads = {sequence: messages[0].FromString(head) for sequence, head, _, _ in entries}
    assert all(heads[sequence].case == case for sequence in told)
    notes = [messages[1].FromString(body) for sequence, _, body, _ in entries if sequence in told and body]
    assert sum(note.WhichOneof("kind") == "note_added" and len(note.note_added.text) == 3000 for note in notes) == EVENTS


@pytest.mark.parametrize("where", ["header", "frame", "rows", "footer"])
def test_a_changed_byte_is_found_by_the_page(left, tmp_path, where):
    path = sorted((left[1] / "archive").iterdir())[0]
    data = bytearray(path.read_bytes())
    footer = size_of("Footer of a segment")
    data[{"header": 40, "frame": 5000, "rows": len(data) - footer - 40, "footer": len(data) - footer + 18}[where]] ^= 4
    bad = tmp_path / path.name
    bad.write_bytes(data)
    with pytest.raises((ValueError, zstandard.ZstdError)):
        read_segment(bad)


def test_an_export_has_the_bytes_of_the_journal(left, messages):
    data, _, text, _, _ = left
    lines = [json.loads(line) for line in text.decode().splitlines()]
    first, journal = lines[0], read_journal(data / "journal")
    assert list(first) == [row[0] for row in manuals.table(PAGE, "Members of the first line")]
    assert (first["format"], first["version"], first["journalFormat"], first["from"]) == ("baton-export", 1, 1, "1")
    assert bytes.fromhex(first["identifiersKey"]) == (data / "identifiers.key").read_bytes()
    before, made = bytes.fromhex(first["before"]), []

    def part(line, name, message):
        if name + "Bytes" in line:
            return base64.b64decode(line[name + "Bytes"], validate=True)
        return json_format.ParseDict(line[name], message()).SerializeToString(deterministic=True) if name in line else b""
    for line in lines[1:]:
        head, body = part(line, "head", messages[0]), part(line, "body", messages[1])
        before = chain(before, int(line["sequence"]), head, body)
        assert before.hex() == line["chain"] and list(line) == [name for name in ("sequence", "chain", "head", "body") if name in line]
        made.append((int(line["sequence"]), head, body, before))
    assert made == journal and int(first["to"]) == len(journal)
    assert rb"\u202e at the \"new\" address" in text and "\u00a0\\u0009\\\\ \U0001f3e0".encode() in text


def test_the_manifest_names_all_of_a_backup(left):
    there = left[1]
    text = (there / "manifest").read_bytes()
    body, end = text[:text.rindex(b"end ")], text[text.rindex(b"end "):]
    assert end.decode() == f"end {blake(body).hex()}\n"
    rows = manuals.table(PAGE, "Lines of the manifest")
    shapes = {row[0].split()[0]: len(row[0].split()) for row in rows}
    lines = [line.split() for line in body.decode().splitlines()]
    assert all(len(line) == shapes[line[0]] for line in lines)
    facts = {line[0]: line[1:] for line in lines}
    files = {there / "manifest"}
    for word, *values in lines:
        path = {"segment": lambda: there / "archive" / f"{int(values[0]):020}-{int(values[1]):020}.segment", "file": lambda: there / values[0],
                "snapshot": lambda: there / "snapshots" / f"{int(values[0]):020}" / "record/data.mdb"}.get(word)
        if path:
            path = path()
            files.add(path)
            assert [str(path.stat().st_size), blake(path.read_bytes()).hex()] == {"segment": [values[-3], values[-1]]}.get(word, values[-2:])
    assert facts["before"] == [NOTHING.hex()] and facts["from"] == ["1"]
    last = read_segment(sorted((there / "archive").iterdir())[-1])[0][-1]
    assert facts["position"] == [str(last[0])] and facts["chain"] == [last[3].hex()]
    others = {path for path in there.rglob("*") if path.is_file()} - files
    assert {path.name for path in others} == {"pid", "snapshot"}


def test_a_snapshot_is_the_record_that_it_says(left):
    data, there, _, case, told = left
    for folder in sorted((there / "snapshots").iterdir()):
        lines = dict(line.rsplit(" ", 1) for line in (folder / "snapshot").read_text().splitlines())
        assert list(lines)[0] == "baton snapshot" and list(lines)[1:] == [row[0] for row in manuals.table(PAGE, "SNAPSHOTS")][1:]
        rows, digest = read_record(folder / "record")
        assert lines["digest"] == digest.hex() and int(lines["position"]) == int(folder.name) == number(rows["meta"][b"position"])
        assert lines["format"] == "3" and number(rows["meta"][b"format"]) == 3 and lines["recorded_us"] == str(number(rows["meta"][b"recorded_us"]))
    key = hashlib.blake2b(b"phone\0+442079460777", digest_size=16, key=(data / "identifiers.key").read_bytes()).digest()
    assert key in rows["identifiers"] and struct.pack(">Q", case) in rows["cases"]
    assert any(row.startswith(b"moves\0") for row in rows["inbox"])
    assert {row[0] for row in rows["standing"]} <= set(range(1, 11)) and 1 in {row[0] for row in rows["standing"]}
