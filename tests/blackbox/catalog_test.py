"""Titles, people and ratings over the API; a person erased, and nothing left."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from support import PROGRAM, Server, marquee

LOADED, LIVE = "zz-loaded-person", "zz-live-person"


def write_ratings(path):
    lines = ["user,item,rating,timestamp,title"]
    for user in [f"u{i}" for i in range(40)] + [LOADED]:
        for film in range(30):
            if (len(user) + film * 7 + hash_of(user)) % 3:
                lines.append(f"{user},f{film},{5 if film % 2 == hash_of(user) % 2 else 2},{1600000000 + film},Film {film}")
    path.write_text("\n".join(lines) + f"\n{LOADED},3\n")


def hash_of(text):
    return sum(text.encode())


def send(server, method, path, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    return server.send(request)


def ids(answer):
    return [item["item_id"] for item in answer[2]["items"]]


def files_with(home, word):
    return [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


class Catalog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.data = Path(cls.folder.name) / "ratings.csv"
        write_ratings(cls.data)

    def home(self, name):
        home = Path(self.folder.name) / name
        loaded = marquee(home, "import", self.data, "--source", "csv", "--map", "user=user,item=item,rating=rating,timestamp=timestamp,title=title")
        self.assertEqual(loaded.returncode, 0, loaded.stderr)
        return home

    def test_a_title_is_added_changed_and_deleted_and_stays_so(self):
        home = self.home("changes")
        with Server(home) as server:
            self.assertEqual(send(server, "POST", "/items", {"item_id": 900, "title": "Extraordinary Voyage", "year": 2026, "genres": ["Drama"]})[0], 201)
            self.assertEqual(ids(server.get("/items?q=extarordinary")), ["900"])
            self.assertEqual(ids(server.get("/new?k=1")), ["900"])
            self.assertEqual(send(server, "PATCH", "/items/900", {"year": 2025}, {"If-Match": '"999"'})[0], 412)
            self.assertEqual(send(server, "PATCH", "/items/900", {"year": 2025})[0], 200)
            self.assertEqual(send(server, "DELETE", "/items/f1")[0], 204)
            self.assertNotIn("f1", ids(server.get("/recommend/u1?k=100")))
            self.assertEqual(send(server, "POST", "/ratings", {"user_id": "me", "item_id": 900, "rating": 5})[0], 201)
            self.assertEqual(server.get("/ratings/me:900")[2]["rating"], 5)
        with Server(home) as server:
            self.assertEqual(server.get("/items/900")[2]["year"], 2025)
            self.assertEqual(server.get("/items/f1")[0], 404)
            self.assertEqual(server.get("/ratings?user_id=me")[2]["ratings"][0]["item_id"], "900")
        rows = marquee(home, "data", "show", "gold.items", "--limit", "1000", "--json")
        self.assertIn("Extraordinary Voyage", rows.stdout)

    def test_nothing_is_left_of_an_erased_person(self):
        home = self.home("erased")
        with Server(home) as server:
            server.post("/log_interaction", {"user_id": LIVE, "item_id": "f3", "event": "like", "session_id": LIVE})
            send(server, "PATCH", f"/users/{LIVE}", {"name": "Zed"})
            server.post("/log_interaction", {"user_id": LOADED, "item_id": "f4", "event": "like"})
            self.assertEqual(marquee(home, "events", "compact").returncode, 0)
            for person in (LOADED, LIVE):
                self.assertEqual(server.get(f"/recommend/{person}")[2]["rung"], "personal")
                self.assertTrue(files_with(home, person), person)
                status, _, gone = send(server, "DELETE", f"/users/{person}")
                self.assertEqual(status, 200, gone)
                self.assertGreaterEqual(gone["events"], 1, "impressions are events too")
                self.assertEqual(files_with(home, person), [], person)
                self.assertEqual(server.get(f"/recommend/{person}")[2]["rung"], "popular")
                self.assertEqual(server.get(f"/users/{person}")[0], 404)
                self.assertEqual(send(server, "DELETE", f"/users/{person}")[0], 200)
            self.assertEqual(server.get("/recommend/u1")[2]["rung"], "personal")
        with Server(home) as server:
            self.assertEqual(server.get(f"/recommend/{LOADED}")[2]["rung"], "popular")
            self.assertEqual(files_with(home, LOADED), [])

    def test_an_erasure_that_was_killed_is_finished_at_the_next_start(self):
        home = self.home("killed")
        for delay in (0.02, 0.05, 0.1, 0.2):
            process = subprocess.Popen([str(PROGRAM), "--home", str(home), "erase", LOADED], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        with contextlib.closing(sqlite3.connect(home / "records.db")) as records:
            begun = records.execute("select count(*) from erasures").fetchone()[0]
        if begun == 0:  # each was killed before it had noted anything
            self.assertTrue(files_with(home, LOADED))
            self.assertEqual(marquee(home, "erase", LOADED).returncode, 0)
        with Server(home) as server:
            self.assertEqual(server.get(f"/users/{LOADED}")[0], 404)
            self.assertEqual(files_with(home, LOADED), [])


if __name__ == "__main__":
    unittest.main()
