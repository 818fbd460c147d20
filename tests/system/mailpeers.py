"""Mail servers that lie, for the tests of baton-mail: each says what a test wants it to say."""
import contextlib
import itertools
import socket
import threading


class Peer:
    """Takes connections one after the other; talk(client, lines) is the test's or the subclass's."""

    def __init__(self, context=None):
        self.door, self.context, self.count, self.over = socket.socket(), context, 0, False
        self.door.bind(("127.0.0.1", 0))
        self.door.listen(8)
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while not self.over:
            with contextlib.suppress(OSError):
                client, _ = self.door.accept()
                self.count += 1
                client.settimeout(60)
                with (self.context.wrap_socket(client, server_side=True) if self.context else client) as c:
                    self.talk(c, c.makefile("rb"))

    def close(self):
        self.over = True
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


class Silent(Peer):
    def talk(self, client, lines):
        lines.read()


VALIDITY = itertools.count(5000)  # a folder of its own for each


class Imap(Peer):
    """An IMAP server with the mails {uid: bytes}. lies: what it says instead, by command ("FETCH"), as a function of this server
    and the command's tag; None is the truth."""

    def __init__(self, mails=None, lies=None, can="IMAP4rev1"):
        self.mails, self.lies, self.can, self.said = mails or {}, lies or {}, can, []
        self.validity = next(VALIDITY)
        super().__init__()

    def fetch(self, uid, shown=None):
        body = self.mails.get(uid)
        return b"* 1 FETCH (UID %d RFC822.SIZE %d BODY[]<0> {%d}\r\n%s)\r\n" % (shown or uid, len(body), len(body), body) if body else b""

    def truth(self, verb, words):
        if verb == "CAPABILITY":
            return f"* CAPABILITY {self.can}\r\n".encode()
        if verb == "SELECT":
            return b"* 1 EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT 1] x\r\n" % self.validity
        if verb == "SEARCH":
            first = int(words[-1].split(":")[0])
            return b"* SEARCH" + b"".join(b" %d" % u for u in sorted(self.mails) if u >= first) + b"\r\n"
        return self.fetch(int(words[2])) if verb == "FETCH" else b""

    def talk(self, client, lines):
        client.sendall(b"* OK hello\r\n")
        for line in lines:
            words = line.decode().split()
            if len(words) < 2:
                continue
            tag, verb = words[0], words[2] if words[1] == "UID" else words[1]
            self.said.append(verb)
            words = words[1:]
            lie = self.lies.get(verb) and self.lies[verb](self, tag)
            if callable(lie):
                lie(client)
                return
            if lie is not None:
                client.sendall(lie)
                continue
            client.sendall(self.truth(verb, words) + f"{tag} OK done\r\n".encode())


class Smtp(Peer):
    """Takes mail into .mails. judge: of a mail's bytes, whether the connection ends there instead, or what is answered."""

    def __init__(self, judge=lambda data: False, greeting=b"220 hello\r\n"):
        self.judge, self.greeting, self.mails = judge, greeting, []
        super().__init__()

    def talk(self, client, lines):
        if callable(self.greeting):
            self.greeting(client)
            return
        client.sendall(self.greeting)
        for line in lines:
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                client.sendall(b"354 go on\r\n")
                data = b"".join(iter(lines.readline, b".\r\n"))
                verdict = self.judge(data)
                if isinstance(verdict, bytes):
                    client.sendall(verdict)
                    continue
                if verdict:
                    return
                self.mails.append(data)
            client.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
