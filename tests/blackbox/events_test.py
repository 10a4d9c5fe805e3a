"""Events through the whole program: durable before they are acknowledged, felt by the next answer."""

import gzip
import http.client
import json
import os
import random
import tempfile
import threading
import time
import unittest
from pathlib import Path
from urllib.parse import quote

from support import Cluster, Server, eventually, marquee

USERS, FILMS = 60, 40


def write_ratings(path):
    """Two camps: even users like even films, odd users odd ones."""
    dice = random.Random(1)
    lines = ["user,item,rating,timestamp"]
    for user in range(USERS):
        for film in range(FILMS):
            if dice.random() < 0.5:
                lines.append(f"u{user},f{film},{5 if film % 2 == user % 2 else 1},{1600000000 + film}")
    path.write_text("\n".join(lines))


def personal(answer):
    return answer if answer["rung"] == "personal" else None


class EventsApi:
    """What holds however many processes serve."""

    deployment = Server

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.home = Path(cls.folder.name) / "home"
        data = Path(cls.folder.name) / "ratings.csv"
        write_ratings(data)
        loaded = marquee(cls.home, "import", data, "--source", "csv", "--map", "user=user,item=item,rating=rating,timestamp=timestamp")
        assert loaded.returncode == 0, loaded.stderr

    def test_an_event_changes_the_next_list_and_outlives_the_server(self):
        with self.deployment(self.home) as server:
            self.assertEqual(server.get("/recommend/newcomer?k=5")[2]["rung"], "popular")
            status, _, logged = server.post("/log_interaction", {"user_id": "newcomer", "movie_id": "f3", "event": "like"})
            self.assertEqual((status, logged["event"]), (200, "like"))
            answer = eventually(lambda: personal(server.get("/recommend/newcomer?k=5")[2]))
            self.assertTrue(all(int(item["item_id"][1:]) % 2 == 1 and item["item_id"] != "f3" for item in answer["items"]), answer)
        with self.deployment(self.home) as server:
            self.assertEqual(server.get("/recommend/newcomer?k=5")[2]["items"], answer["items"])
            history = server.get("/users/newcomer/history")[2]["events"]
            self.assertEqual([(event["item_id"], event["event"]) for event in history], [("f3", "like")])
        told = json.loads(marquee(self.home, "recommend", "--user", "newcomer", "-k", "5", "--json").stdout)
        self.assertEqual(told["items"], answer["items"])

    def test_a_packed_batch_is_taken_and_its_bad_entries_are_told(self):
        events = [{"user_id": "batch", "item_id": f"f{i}", "event": "watch", "value": 1} for i in range(30)]
        events[7]["item_id"] = "unheard of"
        body = gzip.compress("\n".join(json.dumps(event) for event in events).encode())
        with self.deployment(self.home) as server:
            status, _, answer = server.post("/events", body, {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"})
            self.assertEqual((status, answer["accepted"]), (200, 29))
            self.assertEqual([(entry["index"], entry["code"]) for entry in answer["rejected"]], [(7, "not_found")])
            self.assertEqual(len(server.get("/users/batch/history")[2]["events"]), 29)

    def test_hostile_bodies_are_refused(self):
        with self.deployment(self.home) as server:
            for body in (b"", b"[" * 100000, b"\x00\xff", b'{"user_id":', b'"text"', b"[" + b"0," * 20000 + b"0]"):
                for path in ("/log_interaction", "/events"):
                    status, _, problem = server.post(path, body)
                    self.assertIn(status, (400, 413), (path, body[:20]))
                    self.assertTrue(problem["message"])
            bomb = gzip.compress(b" " * (50 << 20))
            self.assertEqual(server.post("/events", bomb, {"Content-Encoding": "gzip"})[0], 413)
            self.assertEqual(server.get("/health")[0], 200)


class Events(EventsApi, unittest.TestCase):
    def test_a_killed_server_has_every_event_that_it_acknowledged_and_none_twice(self):
        """Ten kills at random moments under load, or MARQUEE_KILLS."""
        dice = random.Random(7)
        acknowledged, number = set(), 0
        for _ in range(int(os.environ.get("MARQUEE_KILLS", "10"))):
            server = Server(self.home)
            server.__enter__()
            clients = [threading.Thread(target=self.send_until_killed, args=(server.port, thread, number, acknowledged)) for thread in range(4)]
            for client in clients:
                client.start()
            enough = len(acknowledged) + dice.randrange(11, 60)
            while len(acknowledged) < enough and any(client.is_alive() for client in clients):
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.2))
            server.kill()
            for client in clients:
                client.join()
            number += 100000
        with self.deployment(self.home) as server:
            found = [event["context"]["n"] for thread in range(4) for event in self.whole_history(server, f"load{thread}")]
        self.assertGreater(len(acknowledged), 100)
        self.assertEqual(len(found), len(set(found)))
        self.assertEqual(acknowledged - set(found), set())

    def test_two_servers_on_one_home_see_each_other_and_outlive_a_kill(self):
        """An event that one takes in changes the list of the other; both write at once, one dies, nothing is lost."""
        acknowledged = set()
        with Server(self.home) as first:
            second = Server(self.home)
            second.__enter__()
            for number, (writer, reader) in enumerate(((first, second), (second, first))):
                user = f"between servers {number}"
                self.assertEqual(reader.get(f"/recommend/{quote(user)}?k=5")[2]["rung"], "popular")
                self.assertEqual(writer.post("/log_interaction", {"user_id": user, "movie_id": "f4", "event": "like"})[0], 200)
                posted = time.monotonic()
                while reader.get(f"/recommend/{quote(user)}?k=5")[2]["rung"] != "personal":
                    self.assertLess(time.monotonic() - posted, 1)
            clients = [threading.Thread(target=self.send_until_killed, args=(second.port, "two", 0, acknowledged))]
            clients.append(threading.Thread(target=self.send_until_killed, args=(first.port, "one", 0, acknowledged, 300)))
            for client in clients:
                client.start()
            time.sleep(0.3)
            second.kill()
            for client in clients:
                client.join()
            found = [event["context"]["n"] for thread in ("one", "two") for event in self.whole_history(first, f"load{thread}")]
        self.assertGreaterEqual(len([key for key in acknowledged if key.startswith("one")]), 300)
        self.assertTrue(any(key.startswith("two") for key in acknowledged))
        self.assertEqual(len(found), len(set(found)))
        self.assertEqual(acknowledged - set(found), set())

    def test_what_was_rated_since_is_learnt_once(self):
        with self.deployment(self.home) as server:
            for film in range(6):
                self.assertEqual(server.post("/log_interaction", {"user_id": "late", "movie_id": f"f{film}", "rating": 4.5})[0], 200)
        compacted = marquee(self.home, "events", "compact", "--json")
        self.assertEqual(compacted.returncode, 0, compacted.stderr)
        self.assertGreaterEqual(json.loads(compacted.stdout)["events"], 6)
        self.assertEqual(json.loads(marquee(self.home, "events", "compact", "--json").stdout)["events"], 0)
        with self.deployment(self.home) as server:  # trains anew: the data has changed
            self.assertEqual(server.get("/users/late")[2]["num_interactions"], 6)
            history = server.get("/users/late/history")[2]["events"]
            self.assertEqual(sorted(event["item_id"] for event in history), [f"f{film}" for film in range(6)])
            self.assertEqual(server.get("/recommend/late?k=5")[2]["rung"], "personal")

    def test_retention_takes_from_the_log_what_the_lake_has(self):
        with self.deployment(self.home) as server:
            for film, timestamp in (("f1", 1_600_000_000), ("f2", int(time.time()))):
                body = {"user_id": "veteran", "movie_id": film, "event": "like", "timestamp": timestamp}
                self.assertEqual(server.post("/log_interaction", body)[0], 200)
        with Server(self.home, settings=("events.retention_days=30",)) as server:
            history = server.get("/users/veteran/history")[2]["events"]
            self.assertEqual([event["item_id"] for event in history], ["f2"])
        rows = json.loads(marquee(self.home, "data", "show", "bronze.events", "--json", "--limit", "100000").stdout)
        self.assertEqual({row["item_id"] for row in rows["rows"] if row["user_id"] == "veteran"}, {"f1", "f2"})

    def send_until_killed(self, port, thread, number, acknowledged, count=float("inf")):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            end = number + count
            while number < end:
                key = f"{thread}-{number}"
                event = {"user_id": f"load{thread}", "item_id": f"f{number % FILMS}", "context": {"n": key}, "idempotency_key": key}
                for _ in range(2):  # a retry is stored once
                    connection.request("POST", "/log_interaction", json.dumps(event))
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status == 200:
                        acknowledged.add(key)
                number += 1
        except (OSError, http.client.HTTPException):
            pass  # it was killed
        finally:
            connection.close()

    def whole_history(self, server, user):
        events, page = [], None
        while page is None or len(page) == 1000:
            page = server.get(f"/users/{user}/history?limit=1000&skip={len(events)}")[2].get("events", [])
            events += page
        return events


class EventsInManyProcesses(EventsApi, unittest.TestCase):
    deployment = Cluster

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with Server(cls.home):
            pass


if __name__ == "__main__":
    unittest.main()
