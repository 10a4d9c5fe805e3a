"""search_runs with a table of filters, each beside what it means in Python."""

import mlflow
from mlflow.entities import Metric, Param, RunTag

from support import TrackingTest

RUNS = [dict(name=f"run {i}", rmse=None if i % 7 == 3 else i / 10, depth=str(i % 4), genre=None if i % 5 == 0 else ("Noir" if i % 2 else "Drama"))
        for i in range(30)]

FILTERS = [
    ("", lambda r: True),
    ("metrics.rmse < 1", lambda r: r["rmse"] is not None and r["rmse"] < 1),
    ("metrics.rmse >= 1 and metrics.rmse <= 2.05", lambda r: r["rmse"] is not None and 1 <= r["rmse"] <= 2.05),
    ("metrics.`val/rmse` != 0.4", lambda r: r["rmse"] not in (None, 0.4)),
    ("metrics.rmse > 0.5 AND params.depth = '2'", lambda r: (r["rmse"] or 0) > 0.5 and r["depth"] == "2"),
    ("params.depth != '2'", lambda r: r["depth"] != "2"),
    ("params.depth LIKE '_'", lambda r: True),
    ("tags.Genre = 'Noir'", lambda r: r["genre"] == "Noir"),
    ("tags.Genre != 'Noir'", lambda r: r["genre"] == "Drama"),
    ("tags.Genre ILIKE 'n%'", lambda r: r["genre"] == "Noir"),
    ("tags.Genre LIKE 'n%'", lambda r: False),
    ("attributes.run_name = 'run 7'", lambda r: r["name"] == "run 7"),
    ("run_name LIKE 'run 1_'", lambda r: r["name"].startswith("run 1") and len(r["name"]) == 6),
    ("status = 'FINISHED' and tags.Genre = 'Drama' and metrics.rmse < 2",
     lambda r: r["genre"] == "Drama" and r["rmse"] is not None and r["rmse"] < 2),
    ("attributes.start_time >= 1010", lambda r: int(r["name"][4:]) >= 10),
]

BAD_FILTERS = ["metrics.rmse >", "metrics.rmse > 'x'", "params.depth = 2", "colour = 'x'", "metrics.a = 1 OR metrics.a = 2", "(metrics.a = 1)"]


class Search(TrackingTest):
    def setUp(self):
        super().setUp()
        for i, row in enumerate(RUNS):
            run = self.client.create_run(self.experiment, run_name=row["name"], start_time=1000 + i)
            metrics = [] if row["rmse"] is None else [Metric(key, row["rmse"], 1, 0) for key in ("rmse", "val/rmse")]
            tags = [] if row["genre"] is None else [RunTag("Genre", row["genre"])]
            self.client.log_batch(run.info.run_id, metrics, [Param("depth", row["depth"])], tags)
            self.client.set_terminated(run.info.run_id)

    def test_filters(self):
        for text, holds in FILTERS:
            with self.subTest(text):
                found = [run.info.run_name for run in self.client.search_runs([self.experiment], text)]
                self.assertEqual(found, [row["name"] for row in reversed(RUNS) if holds(row)])

    def test_bad_filters(self):
        for text in BAD_FILTERS:
            with self.subTest(text):
                self.refused("INVALID_PARAMETER_VALUE", self.client.search_runs, [self.experiment], text)

    def test_orders(self):
        def names(*order_by):
            return [run.info.run_name for run in self.client.search_runs([self.experiment], order_by=list(order_by))]

        by_rmse = sorted((row for row in RUNS if row["rmse"] is not None), key=lambda row: row["rmse"])
        missing = [row["name"] for row in reversed(RUNS) if row["rmse"] is None]
        self.assertEqual(names("metrics.rmse"), [row["name"] for row in by_rmse] + missing)
        self.assertEqual(names("metrics.rmse DESC"), [row["name"] for row in reversed(by_rmse)] + missing)
        self.assertEqual(names("params.depth DESC", "start_time ASC"), [row["name"] for row in sorted(RUNS, key=lambda row: -int(row["depth"]))])

    def test_pages(self):
        for order_by in ([], ["metrics.rmse DESC"]):
            found, token = [], None
            while token != "":
                page = self.client.search_runs([self.experiment], order_by=order_by, max_results=7, page_token=token)
                self.assertLessEqual(len(page), 7)
                found += [run.info.run_id for run in page]
                token = page.token or ""
            self.assertEqual(len(found), 30)
            self.assertEqual(len(set(found)), 30)

    def test_a_frame(self):
        frame = mlflow.search_runs([self.experiment], "metrics.rmse < 0.25", order_by=["metrics.rmse ASC"])
        self.assertEqual(list(frame["metrics.rmse"]), [0.0, 0.1, 0.2])
        self.assertEqual(list(frame["params.depth"]), ["0", "1", "2"])

    def test_experiments(self):
        self.client.set_experiment_tag(self.experiment, "of", self.name)
        (found,) = self.client.search_experiments(filter_string=f"tags.of = '{self.name}' and name LIKE '{self.name[:8]}%'")
        self.assertEqual(found.experiment_id, self.experiment)
