"""Serving under stress: crowds of idle and slow clients, a server that ends, and two replicas behind nginx."""

import contextlib
import http.client
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from support import ROOT, Server, eventually, free_port, memory_kib

SMALL = ("--simulate", "users=600,films=400,ratings=40000")
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def setUpModule():
    global HOME
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    HOME = Path(folder.name) / "home"
    with Server(HOME, *SMALL):
        pass
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def recommend(**more):
    return Server(HOME, words=("serve", "recommend"), **more)


def read_metric(server, name):
    return sum(float(line.rsplit(" ", 1)[1]) for line in server.get("/metrics")[2].splitlines() if line.startswith(name))


class Crowd(contextlib.ExitStack):
    """Connections that are open and do no more than they must."""

    def __init__(self, port):
        super().__init__()
        self.port, self.sockets = port, []

    def open(self, count, first=b""):
        opened = [self.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=20)) for _ in range(count)]
        for one in opened:
            if first:
                one.sendall(first)
        self.sockets += opened
        return opened

    def drip(self, sockets):
        for one in sockets:
            with contextlib.suppress(OSError):
                one.send(b"x")


class Crowds(unittest.TestCase):
    def ask(self, server, count):
        """A normal client: on one connection, and on a new one each time."""
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for i in range(count):
            connection = kept if i % 2 else http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            connection.request("GET", f"/recommend/{1 + i % 500}?k=5")
            self.assertEqual(connection.getresponse().read()[:1], b"{")
            if connection is not kept:
                connection.close()
        kept.close()

    def test_ten_thousand_idle_connections_hold_up_nobody_and_cost_little(self):
        count = min(10000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)
        with recommend() as server, Crowd(server.port) as crowd:
            self.ask(server, 200)
            before_kib = memory_kib(server.process)
            crowd.open(count)
            self.assertTrue(eventually(lambda: read_metric(server, "marquee_http_connections ") > count))
            each_kib = (memory_kib(server.process) - before_kib) / count
            print(f"{count} idle connections: {each_kib:.1f} KiB each")
            self.assertLess(each_kib, 8)
            self.ask(server, 200)

    def test_slow_clients_hold_up_nobody(self):
        with recommend() as server, Crowd(server.port) as crowd:
            slow = crowd.open(300, b"GET /recommend/1 HTTP/1.1\r\nX-Slow: ")
            slow += crowd.open(300, b"POST /recommend/session HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
            crowd.open(100, b"GET /items?limit=400 HTTP/1.1\r\nHost: h\r\n\r\n" * 100)  # and never reads
            crowd.open(100, b"\x16\x03\x01\x00\xff\xff not http at all\r\n\r\n")
            for _ in range(5):
                crowd.drip(slow)
                self.ask(server, 40)

    def test_where_all_places_are_taken_the_longest_idle_gives_way(self):
        with recommend(settings=("server.max_connections=200",)) as server, Crowd(server.port) as crowd:
            for _ in range(5):
                crowd.open(200)
                self.ask(server, 40)
            self.assertLessEqual(read_metric(server, "marquee_http_connections "), 200 + 16 + 1)


class Ending(unittest.TestCase):
    def test_who_is_about_to_end_says_so_first_and_still_answers(self):
        with recommend(settings=("server.drain_ms=1500",)) as server:
            self.assertEqual(server.get("/health/ready")[2], {"status": "ready"})
            started = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            self.assertTrue(eventually(lambda: server.get("/health/ready")[0] == 503, timeout=1.4))
            self.assertEqual(server.get("/recommend/1?k=5")[0], 200)
            self.assertEqual(server.get("/health/live")[0], 200)
            self.assertEqual(server.process.wait(timeout=10), 0)
            self.assertLess(time.monotonic() - started, 5)


@unittest.skipUnless(NGINX, "no nginx: apt-get install nginx")
class BehindNginx(unittest.TestCase):
    """The configuration of deploy/nginx/, with other ports."""

    @contextlib.contextmanager
    def nginx(self, *replicas):
        port = free_port()
        with tempfile.TemporaryDirectory() as folder:
            config = (ROOT / "deploy/nginx/marquee.conf").read_text()
            for old, new in (("listen 8080", f"listen 127.0.0.1:{port}"), ("127.0.0.1:8001", f"127.0.0.1:{replicas[0].port}"),
                             ("127.0.0.1:8011", f"127.0.0.1:{replicas[1].port}")):
                self.assertIn(old, config)
                config = config.replace(old, new)
            (Path(folder) / "marquee.conf").write_text(config)
            (Path(folder) / "nginx.conf").write_text(
                f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\nhttp {{ access_log off;\n"
                + "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
                + f"include {folder}/marquee.conf; }}\n")
            process = subprocess.Popen([NGINX, "-p", folder, "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL)
            try:
                self.assertTrue(eventually(lambda: self.answers(port)))
                yield port
            finally:
                process.terminate()
                process.wait(timeout=20)

    def answers(self, port):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return True

    def load(self, port, stop, failures, counts):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while not stop.is_set():
            try:
                connection.request("GET", f"/recommend/{1 + counts[0] % 500}?k=5")
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failures.append(answer.status)
            except OSError as error:
                failures.append(error)
                connection.close()
            counts[0] += 1

    def test_the_kill_of_a_replica_under_load_fails_no_request(self):
        first, second = recommend(), recommend()
        with second, contextlib.ExitStack() as stack:
            first.__enter__()
            port = stack.enter_context(self.nginx(first, second))
            stop, failures, counts = threading.Event(), [], [[0] for _ in range(4)]
            threads = [threading.Thread(target=self.load, args=(port, stop, failures, count)) for count in counts]
            for thread in threads:
                thread.start()
            try:
                asked = lambda: sum(count[0] for count in counts)
                self.assertTrue(eventually(lambda: asked() > 400))
                first.kill()
                at_kill = asked()
                self.assertTrue(eventually(lambda: asked() > at_kill + 400))
                first.__enter__()
                self.assertTrue(eventually(lambda: read_metric(first, 'marquee_http_requests_total{method="GET",route="/recommend/{user_id}"') > 50, timeout=20))
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(failures, [])
            first.__exit__()


if __name__ == "__main__":
    unittest.main()
