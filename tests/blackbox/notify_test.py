"""Who is told of a run, from outside: a real mail server, one that is down at first, and a process that is killed."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import PROGRAM, SHARED, Server, eventually, free_port, marquee

DAG = "[[tasks]]\nid = 'bad'\ncommand = 'echo so; exit 3'\n"

SETTINGS = """
on_failure = "ops"
[channels.ops]
type = "mail"
server = "smtp://localhost:{port}"
user = "marquee"
password = "{{{{ env.SMTP_PASSWORD }}}}"
ca_file = "{folder}/tls.pem"
from = "Marquee <marquee@example.org>"
to = ["ada@example.org"]
"""


class Notify(unittest.TestCase):
    def setUp(self):
        self.script = SHARED / "tools/smtp"
        if not self.script.exists():
            raise unittest.SkipTest(f"no {self.script}: set MARQUEE_SHARED")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home, self.smtp, self.port = Path(folder.name) / "home", Path(folder.name) / "smtp", free_port()
        (self.home / "dags").mkdir(parents=True)
        (self.home / "dags/d.toml").write_text(DAG)
        (self.home / "notify.toml").write_text(SETTINGS.format(port=self.port, folder=self.smtp))
        os.environ["SMTP_PASSWORD"] = "marquee"
        self.addCleanup(os.environ.pop, "SMTP_PASSWORD", None)

    def start_mail(self):
        subprocess.run([self.script, "start", self.smtp, str(self.port)], check=True, capture_output=True)
        self.addCleanup(self.stop_mail)

    def stop_mail(self):
        subprocess.run([self.script, "stop", self.smtp], check=True, capture_output=True)

    def mails(self):
        return [file.read_text() for file in sorted((self.smtp / "mail").glob("*.eml"))]

    def test_a_failure_comes_by_mail_before_the_command_ends(self):
        self.start_mail()
        run = marquee(self.home, "flow", "run", "d", "--wait")
        self.assertEqual(run.returncode, 1, run.stderr)
        (mail,) = self.mails()
        self.assertIn("Subject: Marquee: d.bad failed: exit code 3", mail)
        self.assertIn("marquee flow log d bad", mail)

    def test_a_test_message_says_what_is_wrong(self):
        self.start_mail()
        good = marquee(self.home, "flow", "notify", "test", "ops")
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        self.assertIn("Subject: Marquee: a test message", self.mails()[-1])
        os.environ["SMTP_PASSWORD"] = "wr0ng"
        bad = marquee(self.home, "flow", "notify", "test", "ops")
        self.assertEqual(bad.returncode, 1)
        self.assertIn("535", bad.stderr)
        self.assertNotIn("wr0ng", bad.stderr)
        self.assertIn("did you mean 'ops'?", marquee(self.home, "flow", "notify", "test", "opps").stderr)
        self.assertIn("ada@example.org by smtp://localhost", marquee(self.home, "flow", "notify", "channels").stdout)

    def test_what_a_process_that_was_killed_could_not_tell_is_told_by_the_next(self):
        self.start_mail()
        self.stop_mail()
        server = Server(self.home, words=("serve", "flow")).__enter__()
        marquee(self.home, "flow", "unpause", "d")
        self.assertEqual(server.post("/api/v1/dags/d/dagRuns", {"dag_run_id": "one"})[0], 200)
        self.assertTrue(eventually(lambda: "channel ops: smtp://localhost" in server.output(), timeout=30), server.output())
        server.kill()
        self.assertEqual(self.mails(), [])
        self.start_mail()
        with Server(self.home, words=("serve", "flow")) as again:
            self.assertTrue(eventually(self.mails, timeout=30), again.output())
            self.assertIn("d.bad failed", self.mails()[0])
            metrics = lambda: 'marquee_notifications_total{channel="ops",outcome="sent"} 1' in again.get("/metrics")[2]
            self.assertTrue(eventually(metrics))

    def test_channels_are_taken_up_while_it_runs(self):
        settings = (self.home / "notify.toml").read_text()
        (self.home / "notify.toml").write_text("on_failure = []\n")
        self.start_mail()
        with Server(self.home, words=("serve", "flow"), settings=("log.level=info",)) as server:
            (self.home / "notify.toml").write_text(settings)
            self.assertTrue(eventually(lambda: "notify.toml was read again" in server.output(), timeout=30), server.output())
            marquee(self.home, "flow", "unpause", "d")
            self.assertEqual(server.post("/api/v1/dags/d/dagRuns", {})[0], 200)
            self.assertTrue(eventually(self.mails, timeout=30), server.output())

    def test_a_mistake_is_told_at_the_start(self):
        (self.home / "notify.toml").write_text("on_failure = 'opps'\n")
        run = marquee(self.home, "flow", "run", "d", "--wait")
        self.assertIn("notify.toml line 1: no channel 'opps'", run.stderr)
        self.assertIn("no channel 'opps'", marquee(self.home, "doctor").stdout)


if __name__ == "__main__":
    unittest.main()
