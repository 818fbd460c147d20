"""A department's system for the tests of hooks: an HTTP server in a thread that says what a test wants it to say."""
import http.server
import json
import socket
import ssl
import subprocess
import threading


class Call:
    """What came in."""

    def __init__(self, handler, body):
        self.path, self.headers, self.body = handler.path, handler.headers, body
        self.delivery, self.attempt = self.headers["Baton-Delivery"], int(self.headers["Baton-Attempt"])
        self.socket = handler.connection

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def asked(self):
        """How often the broker has handed it over because it was put off."""
        return self.json["attempt"]

    @property
    def sequence(self):
        return int(self.delivery.split("/")[1])

    @property
    def event(self):
        return self.json["recorded"]["event"]

    @property
    def text(self):
        return self.event.get("noteAdded", {}).get("text", "")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        call = Call(self, self.rfile.read(int(self.headers["Content-Length"])))
        system = self.server.system
        with system.lock:
            system.calls.append(call)
            system.now += 1
            system.most = max(system.most, system.now)
        try:
            said = system.answer(call)
        finally:
            with system.lock:
                system.now -= 1
        if said is None:  # it wrote what it wanted, or nothing
            self.close_connection = True
            return
        status, body, *headers = said if isinstance(said, tuple) else (said, b"")
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body).encode(), [*headers, ("Content-Type", "application/json")]
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 64

    def handle_error(self, request, address):
        pass  # the other side may go whenever it likes


class System:
    """answer(call): a status, or (status, body, headers...), or None after it wrote to call.socket itself."""

    def __init__(self, answer=lambda call: 200, tls=None, port=0):
        self.calls, self.lock, self.answer, self.tls, self.now, self.most = [], threading.Lock(), answer, tls, 0, 0
        self.server = None
        self.begin(port)

    def begin(self, port=0):
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.system = self
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def end(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def url(self, path="/hooks/baton"):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}{path}"

    def texts(self):
        return [c.text for c in list(self.calls) if c.text]

    def of(self, text):
        return [c for c in list(self.calls) if c.text == text]


def make_authority(folder):
    """ca.pem, and server.pem and client.pem that it signed, each with its key; strange.pem that it did not."""
    def run(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority")
    run("req", "-x509", *key, "-keyout", "strange.key", "-out", "strange.pem", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    for name, more in (("server", "subjectAltName=DNS:localhost,IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")):
        run("req", *key[:-2], "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / f"{name}.ext").write_text(more + "\n")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    for name in ("client", "server", "strange"):
        (folder / f"{name}.key").chmod(0o600)
    return folder


def server_tls(folder, name="server", clients=False):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    if clients:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(folder / "ca.pem")
    return made


class Raw:
    """A server that says `text` to whoever connects, in pieces from a generator, and never reads more than it must."""

    def __init__(self, say):
        self.say, self.count, self.open = say, 0, True
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while self.open:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer):
        try:
            peer.recv(65536)
            for piece in self.say():
                peer.sendall(piece)
        except OSError:
            pass
        finally:
            peer.close()

    def end(self):
        self.open = False
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"
