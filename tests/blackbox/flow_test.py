"""`marquee flow` and `marquee serve flow` from outside: exit codes, kills, and what is left running."""

import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import PROGRAM, Server, eventually, marquee

DAG = """
[params]
who = "nobody"

[[tasks]]
id = "greet"
command = "echo hello {{ params.who }}"

[[tasks]]
id = "check"
needs = "greet"
command = "test {{ params.who }} != Bob"
"""

# Runs once, or it fails: the folder says so.
SLOW = """
[[tasks]]
id = "slow"
command = "mkdir only && echo $$ > pid.new && mv pid.new pid; while [ ! -e go ]; do sleep 0.02; done; echo done"

[[tasks]]
id = "after"
needs = "slow"
command = "true"
"""


def lives(pid):
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


class Flow(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / "home"
        (self.home / "dags").mkdir(parents=True)
        self.declare("hello", DAG)
        self.declare("slow", SLOW)

    def declare(self, name, text):
        (self.home / "dags" / f"{name}.toml").write_text(text)

    def flow(self, *args):
        return marquee(self.home, "flow", *args)

    def pid(self):
        return int(eventually(lambda: (self.home / "pid").exists() and (self.home / "pid").read_text(), timeout=30))

    def test_a_run_ends_with_the_code_of_its_success(self):
        good = self.flow("run", "hello", "--conf", '{"who": "Ada"}', "--wait", "--json")
        self.assertEqual(good.returncode, 0, good.stderr)
        run = json.loads(good.stdout)
        self.assertEqual([(task["task_id"], task["state"]) for task in run["tasks"]], [("greet", "success"), ("check", "success")])
        self.assertIn("hello Ada\n", self.flow("log", "hello", "greet").stdout)
        bad = self.flow("run", "hello", "--conf", '{"who": "Bob"}', "--wait")
        self.assertEqual(bad.returncode, 1)
        self.assertIn("failed: check", bad.stderr)
        self.assertIn("marquee flow log hello check", bad.stderr)

    def test_a_task_is_tested_alone_and_nothing_is_kept(self):
        tested = self.flow("test", "hello", "check", "2026-01-31")
        self.assertEqual(tested.returncode, 0, tested.stderr)
        self.assertEqual(self.flow("runs").stdout, "No runs.\n")

    def test_wrong_usage_is_named(self):
        self.assertIn("no DAG 'helo'; did you mean 'hello'?", self.flow("run", "helo", "--wait").stderr)
        self.assertEqual(self.flow("run", "hello", "--conf", "5").returncode, 2)
        self.declare("broken", "[[tasks]]\nid = 'x'\ncomand = 'true'\n")
        self.assertIn("broken.toml line 2", self.flow("dags").stderr)

    def test_an_export_for_airflow_replaces_its_own_files_alone(self):
        folder = self.home / "airflow"
        self.assertEqual(self.flow("export", "--airflow", folder, "hello").stdout, f"{folder}/hello.py\n")
        written = (folder / "hello.py").read_text()
        compile(written, "hello.py", "exec")
        self.assertEqual(self.flow("export", "--airflow", folder, "hello").returncode, 0)
        (folder / "slow.py").write_text("# my own\n")
        (folder / "hello.py").unlink()
        refused = self.flow("export", "--airflow", folder)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("slow.py was not written by marquee flow export", refused.stderr)
        self.assertEqual([path.name for path in folder.iterdir()], ["slow.py"])
        self.assertEqual(self.flow("export", "--airflow", folder, "--force").returncode, 0)
        self.assertEqual((folder / "hello.py").read_text(), written)

    def test_ctrl_c_ends_the_run_and_its_tasks(self):
        command = [PROGRAM, "--home", self.home, "flow", "run", "slow", "--wait"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        pid = self.pid()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=30), 130, process.stderr.read())
        process.stderr.close()
        self.assertFalse(lives(pid))
        self.assertEqual(json.loads(self.flow("tasks", "slow", "--json").stdout)["state"], "failed")

    def test_a_task_outlives_a_kill_of_the_server_and_runs_once(self):
        server = Server(self.home, words=("serve", "flow")).__enter__()
        self.flow("unpause", "slow")
        made = server.post("/api/v1/dags/slow/dagRuns", {"dag_run_id": "one"})
        self.assertEqual(made[0], 200, made)
        pid = self.pid()
        server.kill()
        self.assertTrue(lives(pid))
        with Server(self.home, words=("serve", "flow")) as again:
            (self.home / "go").touch()
            run = "/api/v1/dags/slow/dagRuns/one"
            self.assertEqual(eventually(lambda: (s := again.get(run)[2]["state"]) in ("success", "failed") and s, timeout=30), "success")
            tasks = again.get(run + "/taskInstances")[2]["task_instances"]
            self.assertEqual([task["try_number"] for task in tasks], [1, 1])

    def test_the_gateway_passes_on_to_flow_where_it_is_told_of_it(self):
        with Server(self.home, words=("serve", "flow")) as flow:
            settings = (f"services.flow=http://127.0.0.1:{flow.port}",)
            with Server(self.home / "gateway", words=("serve", "web"), settings=settings) as web:
                self.assertEqual(web.get("/api/v1/dags")[2], flow.get("/api/v1/dags")[2])
            with Server(self.home / "gateway", words=("serve", "web")) as web:
                status, _, problem = web.get("/api/v1/dags")
                self.assertEqual(status, 404)
                self.assertIn("is served by flow", problem["detail"])

    def test_a_run_whose_command_was_killed_is_taken_up_by_the_server(self):
        process = subprocess.Popen([PROGRAM, "--home", self.home, "flow", "run", "slow", "--wait"], stderr=subprocess.DEVNULL)
        self.pid()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (self.home / "go").touch()
        self.flow("unpause", "slow")
        with Server(self.home, words=("serve", "flow")) as server:
            runs = lambda: server.get("/api/v1/dags/slow/dagRuns")[2]["dag_runs"]
            self.assertTrue(eventually(lambda: runs()[0]["state"] == "success", timeout=30), runs())


if __name__ == "__main__":
    unittest.main()
