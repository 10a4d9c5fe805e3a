"""`marquee serve tracking` as a process: what it keeps, and what it costs."""

import http.client
import tempfile
import threading
import unittest
from pathlib import Path

from support import Server, eventually, free_port, marquee, memory_kib

API = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts"


def tracking(home, **more):
    return Server(home, words=("serve", "tracking"), **more)


def new_run(server):
    return server.post(f"{API}/runs/create", {"experiment_id": "0"})[2]["run"]["info"]["run_id"]


class Tracking(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / "home"

    def test_it_says_how_it_fares(self):
        with tracking(self.home) as server:
            self.assertEqual(server.get("/health")[::2], (200, "OK"))
            self.assertEqual(server.get("/health/ready")[2], {"status": "ready"})
            self.assertRegex(server.get("/version")[2], r"^\d+\.\d+\.\d+$")
            self.assertEqual(server.get("/recommend")[0], 404)

    def test_what_it_acknowledged_outlives_a_kill(self):
        server = tracking(self.home).__enter__()
        run = new_run(server)
        acknowledged = []

        def log():
            try:
                for step in range(100_000):
                    body = {"run_id": run, "key": "m", "value": step, "timestamp": step, "step": step}
                    if server.post(f"{API}/runs/log-metric", body)[0] == 200:
                        acknowledged.append(step)
            except OSError:
                pass  # the server is gone

        writer = threading.Thread(target=log)
        writer.start()
        self.assertTrue(eventually(lambda: len(acknowledged) >= 50))
        server.kill()
        writer.join()
        with tracking(self.home) as again:
            kept = [metric["step"] for metric in again.get(f"{API}/metrics/get-history?run_id={run}&metric_key=m")[2]["metrics"]]
        self.assertEqual(kept[: len(acknowledged)], acknowledged)
        self.assertLessEqual(len(kept), len(acknowledged) + 1)

    def test_memory_does_not_grow_with_files(self):
        size, block = 512 << 20, b"x" * (1 << 20)
        with tracking(self.home) as server:
            before_kib = memory_kib(server.process)
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("PUT", f"{FILES}/large", (block for _ in range(size >> 20)), {"Content-Length": str(size)})
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b"{}"))
            connection.request("GET", f"{FILES}/large")
            answer, received = connection.getresponse(), 0
            while part := answer.read(1 << 20):
                received += len(part)
            self.assertEqual(received, size)
            self.assertLess(memory_kib(server.process) - before_kib, 64 << 10)
            connection.close()

    def test_a_report_shows_no_password(self):
        url = "postgresql://ada:secret@db.example:5432/tracking"
        settings = (f"database.url={url}", "s3.access_key_id=bob", "s3.secret_access_key=secret")
        report = marquee(self.home, *(word for setting in settings for word in ("--config", setting)), "doctor", "--json").stdout
        self.assertNotIn("secret\"", report)
        self.assertNotIn("ada", report)
        self.assertIn("db.example", report)
        self.assertIn("bob", report)

    def test_doctor_says_when_no_artifact_can_be_kept(self):
        nowhere = f"http://127.0.0.1:{free_port()}"
        settings = ("tracking.artifacts=s3://films/runs", f"s3.endpoint={nowhere}", "s3.access_key_id=bob", "s3.secret_access_key=hidden")
        report = marquee(self.home, *(word for setting in settings for word in ("--config", setting)), "doctor")
        self.assertIn("! no artifacts can be kept: s3://films/runs/", report.stdout)
        self.assertIn(nowhere, report.stdout)
        self.assertNotIn("hidden", report.stdout + report.stderr)

    def test_a_database_that_cannot_be_is_named(self):
        done = marquee(self.home, "--config", "database.url=mysql://x", "serve", "tracking", "--port", "0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("mysql", done.stderr)


if __name__ == "__main__":
    unittest.main()
