"""A page that tries every way to an address that it must not reach, and the service that stands there."""

import asyncio
import socket
import threading
from dataclasses import dataclass, field

from captures.truth_server import Answering, Request, TruthServer
from captures.truth_web import MAIN, NAMES, head, page, send

#: Loopback, as all targets of the tests; the rules of the guarded run allow 127.0.0.1 only.
INSIDE = "127.0.0.9"
DECIMAL = int.from_bytes(bytes(int(part) for part in INSIDE.split(".")), "big")

#: By way: the piece of page that tries it. ``{port}`` is the service's.
WAYS = {
    "image": "<img src='http://127.0.0.9:{port}/?way=image'>",
    "ipv6": "<img src='http://[::ffff:127.0.0.9]:{port}/?way=ipv6'>",
    "decimal": "<img src='http://{decimal}:{port}/?way=decimal'>",
    "name": "<img src='http://inside.example:{port}/?way=name'>",
    "redirect": "<img src='/to-inside?{port}'>",
    "frame": "<iframe src='http://127.0.0.9:{port}/?way=frame'></iframe>",
    "fetch": "<script>fetch('http://127.0.0.9:{port}/?way=fetch', {{mode: 'no-cors'}}).catch(() => 0)</script>",
    "post": "<script>fetch('http://127.0.0.9:{port}/?way=post', {{mode: 'no-cors', method: 'POST', body: 'x'}}).catch(() => 0)</script>",
    "socket": "<script>new WebSocket('ws://127.0.0.9:{port}/?way=socket')</script>",
    "beacon": "<script>navigator.sendBeacon('http://127.0.0.9:{port}/?way=beacon', 'x')</script>",
    "preload": "<link rel=preload as=image href='http://127.0.0.9:{port}/?way=preload'>",
    "worker": "<script>new Worker('/inside-worker.js?{port}')</script>",
    "service worker": "<script>navigator.serviceWorker.register('/inside-worker.js?{port}&service')</script>",
    "object": "<object type='application/pdf' data='http://127.0.0.9:{port}/?way=object'></object>",
    "tls": "<img src='https://127.0.0.9:{port}/?way=tls'>",
    "form": "<form id=f target=g method=post action='http://127.0.0.9:{port}/?way=form'></form><iframe name=g></iframe><script>f.submit()</script>",
}
QUIET_WAYS = (
    "<link rel=preconnect href='http://127.0.0.9:{port}'><link rel=dns-prefetch href='http://inside.example'>"
    "<link rel=prefetch href='http://127.0.0.9:{port}/?way=prefetch'>"
    "<script>const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.9:{udp}'}}]}});"
    "peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer));</script>"
)


@dataclass(slots=True)
class Inside:
    """The service that must not be reached: counts connections and datagrams."""

    asked: list[str] = field(default_factory=list)
    connections: int = 0
    datagrams: int = 0
    port: int = 0
    udp_port: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> "Inside":
        listener = socket.create_server((INSIDE, 0))
        listener.settimeout(0.05)
        self.port = listener.getsockname()[1]
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind((INSIDE, 0))
        datagrams.settimeout(0.05)
        self.udp_port = datagrams.getsockname()[1]
        for work, end in ((self._serve, listener), (self._receive, datagrams)):
            thread = threading.Thread(target=work, args=(end,), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)

    def _serve(self, listener: socket.socket) -> None:
        with listener:
            while not self._stop.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                self.connections += 1
                with connection:
                    connection.settimeout(1)
                    try:
                        first = connection.recv(65536).split(b"\r\n")[0].decode("latin-1")
                        self.asked.append(first)
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nin")
                    except OSError:
                        continue

    def _receive(self, datagrams: socket.socket) -> None:
        with datagrams:
            while not self._stop.is_set():
                try:
                    datagrams.recv(2048)
                except TimeoutError:
                    continue
                self.datagrams += 1


def intrusion_web(inside: Inside) -> TruthServer:
    places = {"port": inside.port, "udp": inside.udp_port, "decimal": DECIMAL}

    async def serve(request: Request, answer: Answering) -> None:
        path = request.path.split("?")[0]
        if path == "/ways":
            ways = "".join(way.format(**places) for way in (*WAYS.values(), QUIET_WAYS))
            await send(answer, page("Sixteen ways in", ways))
        elif path == "/to-inside":
            await answer.whole(head("302 Found", f"Location: http://{INSIDE}:{inside.port}/?way=redirect", length=0))
        elif path == "/inside-worker.js":
            way = "service-worker" if request.path.endswith("service") else "worker"
            script = f"fetch('http://{INSIDE}:{inside.port}/?way={way}', {{mode: 'no-cors'}}).catch(() => 0)"
            await send(answer, script, "text/javascript")
        elif path == "/moved-inside":
            await answer.whole(head("301 Moved", f"Location: http://{INSIDE}:{inside.port}/secret", length=0))
        elif path == "/jump-inside":
            await send(answer, f"<script>location = 'http://{INSIDE}:{inside.port}/secret'</script>")
        else:
            await asyncio.sleep(0)
            await send(answer, "rebound", "text/plain")

    return TruthServer(serve, names=NAMES)


WAYS_URL = f"http://{MAIN}/ways"
