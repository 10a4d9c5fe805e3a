"""idle_connections.py [COUNT]: what an idle connection costs the server, plain and with TLS, in memory of the process.

Starts build/release/bin/marquee (MARQUEE_BUILD) on a small simulated home and opens COUNT (10,000; 2,000 with TLS) connections that
have each had one answer."""

import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROGRAM = Path(os.environ.get("MARQUEE_BUILD", "build/release")) / "bin/marquee"
PORT = int(os.environ.get("PORT", 18119))
ASK = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def memory_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def cost(home, count, settings, context):
    flags = [word for setting in settings for word in ("--config", setting)]
    server = subprocess.Popen([PROGRAM, "--home", home, *flags, "serve", "recommend", "--port", str(PORT)], stdout=subprocess.PIPE)
    server.stdout.readline()
    open_ones = []

    def connect():
        plain = socket.create_connection(("127.0.0.1", PORT))
        one = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        one.sendall(ASK)
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
        return one

    for _ in range(200):
        connect().close()
    time.sleep(0.5)
    before = memory_kib(server.pid)
    for _ in range(count):
        open_ones.append(connect())
    time.sleep(0.5)
    each = (memory_kib(server.pid) - before) / count
    for one in open_ones:
        one.close()
    server.send_signal(signal.SIGINT)
    server.wait()
    return each


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        home = folder + "/home"
        made = subprocess.Popen([PROGRAM, "--home", home, "up", "--port", str(PORT), "--simulate", "users=600,films=400,ratings=40000"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health")
                break
            except OSError:
                time.sleep(0.1)
        made.send_signal(signal.SIGINT)
        made.wait()
        print(f"idle_connections: {count} plain, {cost(home, count, [], None):.2f} KiB each")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"],
                       check=True, capture_output=True)
        context = ssl.create_default_context(cafile=folder + "/cert.pem")
        settings = [f"server.tls_certificate={folder}/cert.pem", f"server.tls_key={folder}/key.pem"]
        count = min(count, 2000)
        print(f"idle_connections: {count} with TLS, {cost(home, count, settings, context):.2f} KiB each")


main()
