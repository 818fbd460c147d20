"""Real mail servers in a private folder, for the tests of baton-mail: Dovecot for IMAP, exim for SMTP. Loopback only.

Both run as the user who runs the tests, or, where that is root (whom they would not serve), as nobody. exim delivers into the
maildirs that Dovecot shows; an address before its "+" names the mailbox: care+anything@example.org is care's.
"""
import email
import email.policy
import imaplib
import os
import pathlib
import pwd
import shutil
import signal
import smtplib
import subprocess
import tempfile
import time

import harness

WHO = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
GROUP = "nogroup" if os.geteuid() == 0 else str(os.getegid())
AS = ["setpriv", f"--reuid={WHO}", f"--regid={GROUP}", "--clear-groups"] if os.geteuid() == 0 else []
BOXES = ["staff", "robot"] + [f"box-{i}" for i in range(1, 100)]  # who has a maildir
PASSWORD = "open-sesame"

DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = {folder}
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
ssl_cert = <{folder}/tls.crt
ssl_key = <{folder}/tls.key
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = {who}
default_internal_group = {group}
default_login_user = {who}
mail_location = maildir:{folder}/mail/%n
mail_uid = {who}
mail_gid = {group}
first_valid_uid = 0
first_valid_gid = 0
maildir_stat_dirs = yes
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={who} gid={group} home={folder}/home/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap {{
  vsz_limit = 1G
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""

EXIM = """
exim_path = /usr/sbin/exim4
primary_hostname = mail.example.org
spool_directory = {folder}/spool
log_file_path = {folder}/exim-%s.log
pid_file_path = {folder}/exim.pid
exim_user = {who}
exim_group = {group}
never_users =
deliver_drop_privilege = true
keep_environment =
daemon_smtp_ports = {smtp}
local_interfaces = 127.0.0.1
domainlist local_domains = example.org : example.com
hostlist relay = 127.0.0.1
acl_smtp_rcpt = check
acl_smtp_data = check_data
tls_advertise_hosts = *
tls_certificate = {folder}/tls.crt
tls_privatekey = {folder}/tls.key
host_lookup =
rfc1413_query_timeout = 0s
message_size_limit = 60M
deliver_queue_load_max = 100
queue_only_load = 100
remote_max_parallel = 1
smtp_accept_max = 50
smtp_accept_max_per_connection = 10000
smtp_accept_queue_per_connection = 0
log_selector = +smtp_confirmation
begin acl
check:
  defer  local_parts = later
         message = come back later
  deny   local_parts = never
         message = nobody of that name
  accept
check_data:
  accept
begin routers
bouncing:
  driver = redirect
  allow_fail
  local_parts = gone
  verify = false
  data = :fail: this mailbox is gone
robot:
  driver = accept
  local_parts = lsearch;{folder}/robots
  transport = robot
  unseen
box:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;{folder}/boxes
  local_part_suffix = +*
  local_part_suffix_optional
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {folder}/mail/$local_part_data
  create_directory
  delivery_date_add
  envelope_to_add
  return_path_add
  user = {who}
  group = {group}
robot:
  driver = autoreply
  from = $local_part_data@example.org
  to = $h_from:
  subject = I am away: $h_subject:
  text = I am out of the office.
  user = {who}
  group = {group}
begin retry
* * F,1h,1m
begin authenticators
login:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{password}}}}}
  server_set_id = $auth2
"""


class Servers:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="baton-mail-"))
        self.dovecot = self.exim = None
        self.boxes = 0
        for name in ("mail", "spool", "run", "state", "home"):
            (self.folder / name).mkdir()
        (self.folder / "robots").write_text("")
        (self.folder / "boxes").write_text("".join(f"{b}: {b}\n" for b in BOXES))
        self.make_certificate()
        self.take_ports()
        self.own()

    def take_ports(self):
        self.ports = {name: harness.free_port() for name in ("imap", "imaps", "smtp")}
        values = {"folder": self.folder, "who": WHO, "group": GROUP, "password": PASSWORD, "ssl": "yes", **self.ports}
        (self.folder / "dovecot.conf").write_text(DOVECOT.format(**values))
        (self.folder / "exim.conf").write_text(EXIM.format(**values))

    def own(self):
        if os.geteuid() == 0:
            for at, folders, files in os.walk(self.folder / "mail" if self.boxes else self.folder):
                for name in [at] + [os.path.join(at, n) for n in folders + files]:
                    shutil.chown(name, WHO, GROUP)

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.folder / "tls.key",
                        "-out", self.folder / "tls.crt"], check=True, capture_output=True)

    def start_dovecot(self):
        self.dovecot = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.folder / "dovecot.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        harness.wait_for(self.answers_imap, 20, "dovecot")

    def start_exim(self):
        self.exim = subprocess.Popen(AS + ["/usr/sbin/exim4", "-C", self.folder / "exim.conf", "-bdf", "-q1s"], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        harness.wait_for(self.answers_smtp, 20, "exim")

    def start(self):
        """A port that was free may be another's by now: then with others."""
        for last in (False, False, True):
            try:
                self.start_dovecot()
                self.start_exim()
                return self
            except AssertionError:
                if last:
                    raise
                self.end()
                self.take_ports()
                self.own()

    def answers_imap(self):
        assert self.dovecot.poll() is None, (self.folder / "dovecot.log").read_text()[-2000:]
        try:
            imaplib.IMAP4("127.0.0.1", self.ports["imap"]).logout()
            return True
        except OSError:
            return False

    def answers_smtp(self):
        assert self.exim.poll() is None, "".join(p.read_text()[-1000:] for p in self.folder.glob("exim-*.log"))
        try:
            smtplib.SMTP("127.0.0.1", self.ports["smtp"]).quit()
            return True
        except OSError:
            return False

    def stop(self, name):
        process = getattr(self, name)
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            setattr(self, name, None)

    def box(self):
        """The name of a mailbox that is new."""
        self.boxes += 1
        name = f"box-{self.boxes}"
        self.renumber(name, self.boxes + 1000)
        return name

    def renumber(self, box, validity):
        """Gives the mailbox another UIDVALIDITY: what Dovecot knows of it is lost, the mails are not."""
        place = self.folder / "mail" / box
        for sub in ("cur", "new", "tmp"):
            (place / sub).mkdir(parents=True, exist_ok=True)
        for known in place.glob("dovecot*"):
            known.unlink()
        (place / "dovecot-uidlist").write_text(f"3 V{validity} N1 G{validity:032x}\n")
        self.own()

    def end(self):
        for process in (self.dovecot, self.exim):
            if process:
                os.killpg(process.pid, signal.SIGKILL)  # with all it started: nobody needs an end in order any more
                process.wait(20)
        self.dovecot = self.exim = None

    def close(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- mail

    def deliver(self, box, raw):
        """Puts a mail into a mailbox as it stands, as Dovecot's own user would."""
        with self.imap(box) as c:
            assert c.append("INBOX", "", None, raw if isinstance(raw, bytes) else raw.encode())[0] == "OK"

    def send(self, sender, to, raw):
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"]) as s:
            s.sendmail(sender, [to] if isinstance(to, str) else to, raw if isinstance(raw, bytes) else raw.encode())

    def imap(self, box, folder="INBOX"):
        c = imaplib.IMAP4("127.0.0.1", self.ports["imap"])
        c.login(box, PASSWORD)
        c.select(folder)
        return c

    def mails(self, box, folder="INBOX"):
        """The parsed mails of a folder, each with .flags."""
        with self.imap(box) as c:
            if c.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            found = []
            for part in c.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1]:
                if isinstance(part, tuple):
                    made = email.message_from_bytes(part[1], policy=email.policy.default)
                    made.flags = [f.decode() for f in imaplib.ParseFlags(part[0])]
                    found.append(made)
            return found

    def wait_for_mail(self, box, fits=lambda m: True, count=1, folder="INBOX", timeout=20):
        def found():
            have = [m for m in self.mails(box, folder) if fits(m)]
            if len(have) < count:
                time.sleep(0.03)  # a login each time
            return have if len(have) >= count else None
        return harness.wait_for(found, timeout, f"mail of {box}")


def text_of(mail):
    return mail.get_content().replace("\r\n", "\n")


def mail(sender="ann@example.com", to="care@example.org", subject="Hello", text="I need help.", headers=()):
    made = email.message.EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = email.utils.formatdate(time.time())
    made["Message-ID"] = email.utils.make_msgid(domain="example.com")
    for name, value in headers:
        del made[name]
        made[name] = value
    made.set_content(text)
    return made.as_bytes(policy=email.policy.SMTP)
