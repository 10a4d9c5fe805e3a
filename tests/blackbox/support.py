"""Drives the built program from outside, as a person or a script would."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("MARQUEE_PROGRAM", ROOT / "build/release/bin/marquee"))
SHARED = Path(os.environ.get("MARQUEE_SHARED", ROOT / "../shared"))


def data_set(name):
    """The folder of a real data set; skips the test, with a notice, where it is missing."""
    folder = SHARED / "data" / name
    if not folder.is_dir():
        raise unittest.SkipTest(f"no {folder}: set MARQUEE_SHARED to the folder that holds data/{name}")
    return folder


def marquee(home, *args, timeout=600):
    """Runs the program to its end; output and errors are text."""
    command = [str(PROGRAM), "--home", str(home), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`marquee up` on a home, until the with-block ends. ready_s is the time until it answered.

    With `words` another command than up: ("serve", "web"). `settings` go to --config."""

    def __init__(self, home, *args, words=("up",), settings=(), timeout=600):
        self.home, self.args, self.timeout = home, args, timeout
        self.words = [*(word for setting in settings for word in ("--config", setting)), *words]
        self.port = free_port()

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        started = time.monotonic()
        command = [str(PROGRAM), "--home", str(self.home), *self.words, "--port", str(self.port), *map(str, self.args)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        while True:
            try:
                self.get("/health")
                self.ready_s = time.monotonic() - started
                return self
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() - started > self.timeout:
                    self.process.kill()
                    raise AssertionError("the server did not come up:\n" + self.output())
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        started = time.monotonic()
        code = self.process.wait(timeout=20)
        self.stop_s = time.monotonic() - started
        output = self.output()
        self.log.close()
        assert code == 0, f"exit code {code}:\n{output}"

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def kill(self):
        """Ends the process as a power cut would: no goodbye. The with-block must not be left in the usual way then."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def request(self, path, headers):
        return urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)

    def get(self, path):
        return self.send(self.request(path, {}))

    def post(self, path, body, headers=None):
        """`body` is sent as it is when it is bytes, else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
        return self.send(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers))

    def send(self, request):
        """(status, headers, body); the body parsed when it is JSON."""
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, answer.headers, json.loads(body) if is_json else body.decode()


class Cluster(Server):
    """The same API from processes of their own: recommend and collect, and web, the gateway, before them.

    The home must hold published models: `marquee up` makes them."""

    def __enter__(self):
        self.services = {name: Server(self.home, words=("serve", name)) for name in ("recommend", "collect")}
        for service in self.services.values():
            service.__enter__()
        urls = [f"services.{name}=http://127.0.0.1:{service.port}" for name, service in self.services.items()]
        self.words = [*(word for url in urls for word in ("--config", url)), "serve", "web"]
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        for service in self.services.values():
            service.__exit__(*error)


def memory_kib(process):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1])


def eventually(what, timeout=10):
    """The first true value of what(): in many processes, an event is felt a little after it is acknowledged."""
    deadline = time.monotonic() + timeout
    while not (value := what()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return value
