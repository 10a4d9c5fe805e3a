"""`marquee flow run netflix_master_pipeline` as a process: from the file of titles to the analyses."""

import csv
import json
import tempfile
import unittest
from pathlib import Path

from support import data_set, marquee

MASTER = "netflix_master_pipeline"


class TitlesPipeline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / "home"

    def run_master(self, source, *settings):
        config = [word for setting in settings for word in ("--config", setting)]
        return marquee(self.home, *config, "flow", "run", MASTER, "--conf", json.dumps({"source": str(source)}), "--wait")

    def test_the_master_pipeline_makes_all_files(self):
        analysis = self.home.parent / "analysis"
        done = self.run_master(data_set("netflix-titles") / "netflix_titles.csv", f"netflix.analysis_path={analysis}")
        self.assertEqual(done.returncode, 0, done.stderr)
        data = self.home / "netflix/data"
        for name in ("netflix_titles.csv", "ingestion_report.txt", "netflix_titles_cleaned.csv", "netflix_movies.csv", "netflix_tv_shows.csv", "processing_report.txt"):
            self.assertTrue((data / name).is_file(), name)
        with open(data / "netflix_titles_features.csv", newline="") as file:
            self.assertEqual(sum(1 for _ in csv.DictReader(file)), 8807)
        for name in ("content_trends", "ratings_analysis", "geographical_analysis", "duration_patterns", "comprehensive_report", "pipeline_summary"):
            json.loads((analysis / f"{name}.json").read_text())
        self.assertEqual(len(list((self.home / "netflix/backup").glob("*/netflix_titles.csv"))), 1)

    def test_a_source_that_is_not_there_fails_the_run(self):
        done = self.run_master(self.home / "none.csv")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertFalse((self.home / "netflix/data/netflix_titles.csv").exists())


if __name__ == "__main__":
    unittest.main()
