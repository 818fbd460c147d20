"""The HTTP that adapters.py measures with: a client and a server that cost little beside what they load."""
import select
import socket


class Posts:
    """An HTTP client of several connections that are kept: each has one request under way."""

    def __init__(self, port, connections):
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
        for s in self.sockets:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, requests, statuses):
        """All of them, each answered with one of the statuses."""
        todo, waits = iter(requests), {}
        poller = select.epoll()
        for s in self.sockets:
            if request := next(todo, None):
                waits[s.fileno()] = s
                poller.register(s, select.EPOLLIN)
                s.sendall(request)
        while waits:
            ready = poller.poll(10)
            assert ready, "the adapter does not answer"
            for fd, _ in ready:
                self.answer(waits[fd], statuses)
                if request := next(todo, None):
                    waits[fd].sendall(request)
                else:
                    poller.unregister(waits.pop(fd))
        poller.close()

    @staticmethod
    def answer(s, statuses):
        said = s.recv(65536)
        while b"\r\n\r\n" not in said:
            piece = s.recv(65536)
            assert piece, "the adapter ended a connection"
            said += piece
        head, body = said.split(b"\r\n\r\n", 1)
        size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < size:
            body += s.recv(65536)
        assert int(head.split()[1]) in statuses, said[:600]

    def close(self):
        for s in self.sockets:
            s.close()


class Calls:
    """A department's HTTP server, in one thread: answers every call with 200 and gives its body to heard(body)."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    def __init__(self, heard):
        self.listener, self.heard, self.peers = socket.create_server(("127.0.0.1", 0)), heard, {}
        self.poller = select.epoll()
        self.poller.register(self.listener, select.EPOLLIN)
        self.port = self.listener.getsockname()[1]

    def serve(self, goes_on):
        while goes_on():
            for fd, _ in self.poller.poll(0.1):
                if fd == self.listener.fileno():
                    peer, _ = self.listener.accept()
                    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.peers[peer.fileno()] = [peer, b""]
                    self.poller.register(peer, select.EPOLLIN)
                else:
                    self.read(fd)

    def read(self, fd):
        peer, text = self.peers[fd]
        try:
            piece = peer.recv(262144)
        except OSError:
            piece = b""
        if not piece:
            self.poller.unregister(fd)
            self.peers.pop(fd)[0].close()
            return
        text += piece
        while (end := text.find(b"\r\n\r\n")) >= 0:
            size = int(text[:end].lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if len(text) < end + 4 + size:
                break
            self.heard(text[end + 4:end + 4 + size])
            text = text[end + 4 + size:]
            peer.sendall(self.ANSWER)
        self.peers[fd][1] = text

    def close(self):
        self.listener.close()
