"""What `cmake --install` puts under a prefix of one's own choice."""
import os
import subprocess

import pytest

import harness
import service


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    place = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", str(harness.build_folder()), "--prefix", str(place)], check=True, capture_output=True)
    return place


def test_the_documents_and_samples_are_there(prefix):
    share = prefix / "share"
    for name in ("doc/baton/PROTOCOL.md", "baton/proto/baton/event.proto", "baton/proto/baton/frame.proto", "baton/proto/baton/disk.proto", "baton/conf/broker.conf",
                 "baton/conf/departments.conf", "baton/conf/adapters/exec.conf", "baton/conf/adapters/file.conf",
                 "baton/conf/adapters/http.conf", "baton/conf/adapters/mail.conf", "baton/conf/adapters/postgres.conf",
                 "baton/conf/adapters/postgres/outbox.sql", "baton/conf/adapters/postgres/inbox.sql",
                 "man/man1/baton-postgres.1", "man/man1/baton-mail.1", "man/man1/baton-http.1",
                 "baton/examples/attempts.sh", "baton/examples/desk.py", "baton/examples/answers.py", "baton/examples/ticket.sh",
                 "baton/examples/phone.c", "baton/examples/verify.py", "doc/baton/ADAPTERS.md", "man/man1/baton-exec.1", "man/man1/baton-file.1",
                 "man/man3/libbaton.3", "man/man5/baton-data.5", "man/man5/batonctl-json.5", "bash-completion/completions/batonctl"):
        assert (share / name).is_file(), name


def test_pkg_config_follows_the_prefix(prefix):
    pc = next(prefix.rglob("baton.pc"))

    def ask(what):
        return subprocess.run(["pkg-config", what, "baton"], check=True, capture_output=True, text=True,
                              env={**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}).stdout.strip()
    assert "-lbaton" in ask("--libs").split()
    for variable, name in (("includedir", "baton.h"), ("libdir", "libbaton.so")):
        place = os.path.realpath(ask(f"--variable={variable}"))
        assert place.startswith(str(prefix)) and os.path.exists(f"{place}/{name}"), place


def test_the_sample_configurations_are_good_where_they_lie(prefix):
    """With the keys that they name: paths in them, the example's too, lead somewhere."""
    keys = prefix / "share/baton/conf/keys"
    keys.mkdir()
    for name in ("moves", "web-shop", "care-mail", "billing", "broker"):
        subprocess.run([harness.program("batonctl"), "keygen", name], cwd=keys, check=True, capture_output=True)
    for name in ("care-mail.password", "care-mail.token"):
        (keys / name).write_text("x" * 40)
        (keys / name).chmod(0o600)
    for name, text in (("http-tokens", ""), ("web-shop.hook", "0123456789abcdef")):
        (keys / name).write_text(text)
        (keys / name).chmod(0o600)
    for program, conf in (("baton-exec", "exec"), ("baton-file", "file"), ("baton-http", "http"), ("baton-mail", "mail"),
                          ("baton-postgres", "postgres")):
        done = subprocess.run([str(prefix / "bin" / program), "--check", "--config", str(prefix / f"share/baton/conf/adapters/{conf}.conf")],
                              capture_output=True, text=True, cwd="/")
        assert done.returncode == 0 and "good" in done.stdout, done
    conf = (prefix / "share/baton/conf/adapters/exec.conf").read_text()
    command = next(line.split('"')[1] for line in conf.splitlines() if line.startswith("command"))
    assert (prefix / "share/baton/conf/adapters" / command.split()[-1]).resolve() == prefix / "share/baton/examples/desk.py"
    assert (prefix / "share/baton/examples/desk.py").is_file()


def test_a_package_has_units_user_folders_and_pages(tmp_path):
    """Below DESTDIR nothing but what belongs there, and programs named by where they will lie."""
    service.install(tmp_path, "/opt/baton")
    top = tmp_path / "opt/baton"
    for name in ("lib/systemd/system/batond.service", "lib/systemd/system/baton-exec@.service", "lib/systemd/system/baton-postgres@.service",
                 "lib/sysusers.d/baton.conf", "lib/tmpfiles.d/baton.conf", "share/man/man7/baton-service.7", "share/man/man8/batond.8",
                 "share/man/man5/broker.conf.5", "share/baton/conf/service/broker.conf", "sbin/batond", "bin/batonctl"):
        assert (top / name).is_file(), name
    assert [p.name for p in tmp_path.iterdir()] == ["opt"] and [p.name for p in (tmp_path / "opt").iterdir()] == ["baton"]
    for unit in (top / "lib/systemd/system").iterdir():
        command = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
        program = command.removeprefix("ExecStart=").split()[0]
        assert program.startswith("/opt/baton/") and os.access(tmp_path / program.lstrip("/"), os.X_OK), command
