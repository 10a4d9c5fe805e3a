"""Real data through the whole program: MovieLens 1M, 100K and a plain CSV."""

import json
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support import PROGRAM, data_set, marquee


class MovieLens1M(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        source = data_set("ml-1m")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.home = Path(cls.folder.name)
        cls.loaded = marquee(cls.home, "import", source)

    def run_json(self, *args):
        done = marquee(self.home, *args, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_every_rating_arrives_and_none_is_rejected(self):
        self.assertEqual(self.loaded.returncode, 0, self.loaded.stderr)
        tables = {row["table"]: row["rows"] for row in self.run_json("data", "tables")}
        self.assertEqual(tables["bronze.ratings"], 1000209)
        self.assertEqual(tables["silver.ratings"], 1000209)
        self.assertEqual(tables["gold.users"], 6040)
        self.assertEqual(tables["silver.items"], 3883)
        self.assertEqual(tables["silver.rejects"], 0)

    def test_the_published_quality_is_reached(self):
        """Strong generalization on ML-1M; the floors stand well below what is measured in docs/benchmarks.md."""
        ndcg = {}
        for model in ("most-popular", "item-content", "ials", "ease"):
            result = self.run_json("evaluate", "--protocol", "strong-generalization", "--model", model)
            self.assertEqual((result["protocol"], result["model"]), ("strong-generalization", model))
            ndcg[model] = result["metrics"]["ndcg@100"]["mean"]
            self.assertGreater(result["metrics"]["recall@50"]["mean"], result["metrics"]["recall@20"]["stderr"])
        self.assertGreater(ndcg["ials"], 0.40)
        self.assertGreater(ndcg["ease"], 0.40)
        self.assertLess(max(ndcg["most-popular"], ndcg["item-content"]), 0.35)

    def test_each_protocol_gives_its_own_number(self):
        """The floor of each protocol, most-popular, is the same everywhere: published, or counted a second time in SQL."""
        popular = ("evaluate", "--model", "most-popular")
        ncf = self.run_json(*popular, "--protocol", "ncf-leave-one-out", "--split-files", data_set("ncf-ml-1m"))
        self.assertAlmostEqual(ncf["metrics"]["hit_rate@10"]["mean"], 0.4533, delta=0.0003)
        self.assertAlmostEqual(ncf["metrics"]["ndcg@10"]["mean"], 0.2542, delta=0.0003)
        full = self.run_json(*popular, "--protocol", "leave-one-out-full")
        self.assertEqual((full["users"], full["items"]), (6040, 3416))
        late = self.run_json(*popular, "--protocol", "global-time-split", "--test-share", "0.1")
        early = self.run_json(*popular, "--protocol", "global-time-split")
        self.assertGreater(late["interactions"], early["interactions"])

    def test_another_split_seed_is_another_split(self):
        evaluate = ("evaluate", "--protocol", "strong-generalization", "--model", "most-popular")
        self.assertNotEqual(self.run_json(*evaluate)["metrics"], self.run_json(*evaluate, "--split-seed", "7")["metrics"])

    def test_settings_are_taken_and_a_wrong_one_is_named(self):
        result = self.run_json("evaluate", "--protocol", "strong-generalization", "--model", "ease", "--set", "l2=500")
        self.assertEqual(result["settings"]["l2"], 500)
        done = marquee(self.home, "train", "--model", "ials", "--set", "factor=64")
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown setting 'factor' of model ials; did you mean 'factors'?", done.stderr)

    def test_a_search_goes_on_where_it_ended_and_train_takes_its_best(self):
        search = ("tune", "--protocol", "strong-generalization", "--model", "ease", "--name", "short")
        first = self.run_json(*search, "--trials", "2")
        journal = Path(self.home) / "reports/tune/short.jsonl"
        kept = journal.read_text()
        journal.write_text(kept + '{"trial":2,"sta')  # as a kill in the middle of a write leaves it
        second = self.run_json(*search, "--trials", "3")
        self.assertEqual((first["finished"], second["finished"]), (2, 3))
        self.assertTrue(journal.read_text().startswith(kept))
        self.assertGreaterEqual(second["value"], first["value"])
        evaluated = self.run_json("evaluate", "--protocol", "strong-generalization", "--segment", "validation",
                                  "--model", "ease", "--settings", second["file"])
        self.assertEqual(evaluated["metrics"]["ndcg@100"]["mean"], second["value"])
        wrong = marquee(self.home, "train", "--model", "ials", "--settings", second["file"])
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("these are settings of ease, not of ials", wrong.stderr)
        other = marquee(self.home, *search, "--trials", "3", "--search", "random")
        self.assertEqual(other.returncode, 1)
        self.assertIn("is of another search", other.stderr)

    def test_a_search_that_is_interrupted_says_so_and_keeps_its_trials(self):
        command = [str(PROGRAM), "--home", str(self.home), "tune", "--protocol", "strong-generalization",
                   "--model", "ease", "--name", "long", "--trials", "1000"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        journal = Path(self.home) / "reports/tune/long.jsonl"
        deadline = time.monotonic() + 300
        while not journal.exists() or journal.read_text().count("\n") < 2:
            self.assertLess(time.monotonic(), deadline, "no trial ended")
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
        self.assertEqual((process.returncode, output), (130, ""), errors)
        self.assertGreaterEqual(journal.read_text().count("\n"), 2)

    def test_a_trained_model_recommends(self):
        done = marquee(self.home, "train", "--model", "ials", "--set", "factors=32", "--set", "epochs=4", "--seed", "7")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = self.run_json("recommend", "--user", "42", "-k", "10")
        self.assertEqual(len(answer["items"]), 10)
        self.assertIn("ials", answer["model"])
        self.assertIn("because you rated", answer["items"][0]["reason"])

    def test_ratings_are_predicted_by_the_bias_model(self):
        result = self.run_json("evaluate", "--protocol", "rating-holdout", "--model", "most-popular")
        self.assertLess(result["metrics"]["rmse"]["mean"], 0.92)


class PlainCsv(unittest.TestCase):
    def test_a_csv_with_its_own_column_names_is_loaded(self):
        with tempfile.TemporaryDirectory() as folder:
            lines = ["when,stars,who,what"]
            lines += [f"{1500000000 + u * 100 + i},{1 + (u * i) % 5},u{u},film-{i}" for u in range(40) for i in range(1 + u % 30)]
            lines += ["1500000000,99,u1,film-1", "x,3,u2,film-2"]
            path = Path(folder) / "log.csv"
            path.write_text("\n".join(lines))
            mapping = "user=who,item=what,rating=stars,timestamp=when"
            done = marquee(folder + "/home", "import", path, "--source", "csv", "--map", mapping)
            self.assertEqual(done.returncode, 0, done.stderr)
            rejects = json.loads(marquee(folder + "/home", "data", "show", "silver.rejects", "--json").stdout)["rows"]
            self.assertEqual(sorted(row["value"] for row in rejects), ["99", "x"])

    def test_a_column_that_is_not_there_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "log.csv"
            path.write_text("a,b\n1,2\n")
            done = marquee(folder + "/home", "import", path, "--source", "csv", "--map", "user=who,item=b")
            self.assertEqual(done.returncode, 2)
            self.assertIn("who", done.stderr)


if __name__ == "__main__":
    unittest.main()
