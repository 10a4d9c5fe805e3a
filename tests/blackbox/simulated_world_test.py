"""The main job on the simulated world: fresh, restarted, asked over HTTP, ended."""

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from support import PROGRAM, Cluster, Server, marquee


class Api:
    """What holds however many processes serve; `home` and `server` are the module's."""

    def test_a_known_user_gets_unseen_titles_with_reasons(self):
        status, _, answer = self.server.get("/recommend?user_id=42&num_recommendations=10")
        self.assertEqual(status, 200)
        self.assertEqual((answer["user_id"], answer["rung"]), ("42", "personal"))
        self.assertEqual(len({item["item_id"] for item in answer["items"]}), 10)
        scores = [item["score"] for item in answer["items"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        for item in answer["items"]:
            self.assertTrue(item["title"] and item["reason"] and item["genres"])
            self.assertIsInstance(item["year"], int)

    def test_both_spellings_and_the_command_line_agree(self):
        _, _, one = self.server.get("/recommend/42?k=5")
        _, _, other = self.server.get("/recommend?user_id=42&num_recommendations=5")
        self.assertNotEqual(one.pop("request_id"), other.pop("request_id"))
        self.assertEqual(one, other)
        done = marquee(self.home, "recommend", "--user", "42", "-k", "5", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual([item["item_id"] for item in told["items"]], [item["item_id"] for item in one["items"]])

    def test_an_unknown_user_gets_the_popular_list(self):
        status, _, answer = self.server.get("/recommend/nobody?k=3")
        self.assertEqual((status, answer["rung"], len(answer["items"])), (200, "popular", 3))

    def wait_for_rules(self, wanted):
        """The rules of /status once `wanted` says so of them."""
        for _ in range(200):
            rules = self.server.get("/status")[2]["rules"]
            if wanted(rules):
                return rules
            time.sleep(0.05)
        self.fail(f"the rules stayed {rules}")

    def test_rules_are_followed_while_serving_and_broken_ones_are_told(self):
        path = self.home / "rules.toml"
        self.addCleanup(lambda: path.unlink() or self.wait_for_rules(lambda rules: rules["error"] is None))
        items = self.server.get("/recommend/42?k=5")[2]["items"]
        before = self.server.get("/status")[2]["rules"]["loaded_at"]
        path.write_text(f'[[pin]]\nitem = "{items[4]["item_id"]}"\nplace = 1\n')
        self.wait_for_rules(lambda rules: rules["loaded_at"] != before)
        first = self.server.get("/recommend/42?k=5")[2]["items"][0]
        self.assertEqual((first["item_id"], first["source"]), (items[4]["item_id"], "pinned"))
        self.assertEqual(marquee(self.home, "rules", "check").returncode, 0)
        path.write_text("[[pin]]\nitme = 1\n")
        rules = self.wait_for_rules(lambda rules: rules["error"])
        self.assertIn("unknown key 'pin 1.itme'; did you mean 'item'?", rules["error"])
        self.assertEqual(self.server.get("/recommend/42?k=5")[2]["items"][0], first)
        done = marquee(self.home, "rules", "check", path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean 'item'?", done.stderr)

    def test_bad_requests_are_refused_by_name(self):
        for path, status, words in (
            ("/recommend/42?k=0", 400, "k is 0: must be 1 to 1000"),
            ("/recommend/42?k=1001", 400, "k is 1001"),
            ("/recommend/42?k=ten", 400, "ten"),
            ("/recommend/42?kk=3", 400, "did you mean 'k'"),
            ("/recommend", 400, "user_id"),
            ("/items/no-such-film/similar", 404, "no-such-film"),
            ("/nowhere", 404, "/nowhere"),
        ):
            got, headers, problem = self.server.get(path)
            self.assertEqual(got, status, path)
            self.assertIn("json", headers["Content-Type"])
            self.assertIn(words, json.dumps(problem), path)
            self.assertTrue(problem["code"] and problem["hint"], path)

    def test_titles_are_found_and_have_neighbours(self):
        _, _, popular = self.server.get("/items?limit=1")
        title = popular["items"][0]["title"]
        _, _, found = self.server.get("/items?q=" + title.replace(" ", "%20"))
        self.assertIn(title, [item["title"] for item in found["items"]])
        item_id = popular["items"][0]["item_id"]
        status, _, similar = self.server.get(f"/items/{item_id}/similar?k=5")
        self.assertEqual((status, len(similar["items"])), (200, 5))
        self.assertNotIn(item_id, [item["item_id"] for item in similar["items"]])

    def test_the_operator_sees_health_status_and_metrics(self):
        self.assertEqual(self.server.get("/health")[0], 200)
        _, _, status = self.server.get("/status")
        self.assertEqual((status["users"], status["items"]), (6000, 3000))
        _, headers, metrics = self.server.get("/metrics")
        self.assertIn("text/plain", headers["Content-Type"])
        self.assertIn('route="/recommend/{user_id}"', metrics)

    def test_the_contract_is_there_for_people_and_programs(self):
        status, headers, contract = self.server.get("/openapi.json")
        self.assertEqual((status, contract["openapi"]), (200, "3.1.0"))
        again = urllib.request.Request(f"http://127.0.0.1:{self.server.port}/openapi.json", headers={"If-None-Match": headers["ETag"]})
        self.assertEqual(self.server.send(again)[0], 304)
        self.assertIn("Marquee API", self.server.get("/docs")[2])
        self.assertIn("openapi: 3.1.0", self.server.get("/openapi.yaml")[2])

    def test_a_request_id_is_kept_on_its_way(self):
        asked = urllib.request.Request(f"http://127.0.0.1:{self.server.port}/recommend/42?k=1", headers={"X-Request-Id": "mine-1"})
        _, headers, answer = self.server.send(asked)
        self.assertEqual((headers.get_all("X-Request-Id"), answer["request_id"]), (["mine-1"], "mine-1"))


class SimulatedWorld(Api, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.home = Path(cls.folder.name) / "home"
        cls.server = Server(cls.home)
        cls.server.__enter__()
        cls.fresh_output = cls.server.output()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.folder.cleanup()

    def test_the_main_job_shows_an_evaluation_and_three_users(self):
        for model in ("most-popular", "item-content", "ials", "ease"):
            self.assertIn(model, self.fresh_output)
        self.assertIn("ndcg@100", self.fresh_output)
        self.assertGreaterEqual(self.fresh_output.count("because you rated"), 3)

    def test_a_second_start_serves_in_under_two_seconds_with_the_same_answers(self):
        _, _, first = self.server.get("/recommend/7?k=10")
        with Server(self.home) as again:
            self.assertLess(again.ready_s, 2)
            self.assertEqual(again.get("/recommend/7?k=10")[2]["items"], first["items"])

    def test_a_taken_port_is_named_with_what_to_do(self):
        done = marquee(self.home, "up", "--port", self.server.port)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(self.server.port), done.stderr)
        self.assertIn("--port", done.stderr)

    def test_every_table_is_listed_with_its_lineage(self):
        tables = {row["table"]: row for row in json.loads(marquee(self.home, "data", "tables", "--json").stdout)}
        self.assertEqual(tables["silver.ratings"]["rows"], 1000000)
        lineage = json.loads(marquee(self.home, "data", "lineage", "gold.interactions", "--json").stdout)
        self.assertIn("bronze.ratings", json.dumps(lineage))

    def test_what_is_not_in_this_version_is_refused_by_name(self):
        for name, words in (("reports", "service 'reports' is not in this version"), ("recomend", "did you mean 'recommend'?")):
            done = marquee(self.home, "serve", name)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


class SimulatedWorldInManyProcesses(Api, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.home = Path(cls.folder.name) / "home"
        with Server(cls.home):
            pass
        cls.server = cls.enterClassContext(Cluster(cls.home))

    def test_a_service_that_is_down_is_named(self):
        with Server(self.home, words=("serve", "web"), settings=("services.recommend=http://127.0.0.1:1", "services.attempts=1")) as web:
            for _ in range(5):
                status, headers, problem = web.get("/recommend/42")
                self.assertEqual((status, problem["code"]), (503, "unavailable"))
                self.assertIn("service recommend cannot be reached", problem["message"])
                self.assertEqual(headers["X-Request-Id"], problem["request_id"])
            self.assertIn("left alone", web.get("/recommend/42")[2]["message"])
            self.assertEqual(web.get("/health/ready")[0], 503)
            self.assertEqual(web.get("/health")[0], 200)

    def test_a_service_answers_for_itself_alone(self):
        status, _, problem = self.server.services["recommend"].post("/events", [])
        self.assertEqual(status, 404)
        self.assertIn("served by collect", problem["message"])


class Cancelled(unittest.TestCase):
    def test_a_killed_first_run_leaves_a_home_that_the_next_run_finishes(self):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            small = ("--simulate", "users=600,films=400,ratings=40000")
            for signal_number, after_s in ((signal.SIGKILL, 0.3), (signal.SIGKILL, 1.0), (signal.SIGINT, 0.6)):
                command = [str(PROGRAM), "--home", str(home), "up", "--port", "0", *small]
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(after_s)
                process.send_signal(signal_number)
                process.wait(timeout=20)
            with Server(home, *small) as server:
                self.assertEqual(server.get("/status")[2]["users"], 600)
        self.assertLess(server.stop_s, 5)
        self.assertFalse(os.path.exists(folder))


if __name__ == "__main__":
    unittest.main()
