"""Load as an audience makes it, for Locust (pip install locust), against a server of any data set:

    locust -f tests/load/locustfile.py --headless --host http://localhost:8000 --users 50 --spawn-rate 25 --run-time 2m

A viewer looks at recommendations, searches, looks at what is similar, and tells what they did. Every answer that is not as it must be
counts as a failure. MARQUEE_KEY: an API key, where the server demands one.
"""

import os
import random
import uuid

from locust import FastHttpUser, between, events, task

HEADERS = {"X-API-Key": os.environ["MARQUEE_KEY"]} if "MARQUEE_KEY" in os.environ else {}


@events.quitting.add_listener
def fail_on_failures(environment, **_):
    environment.process_exit_code = 1 if environment.stats.total.num_failures else 0


class Viewer(FastHttpUser):
    wait_time = between(0.02, 0.2)

    def on_start(self):
        self.dice = random.Random()
        items = self.client.get("/items?limit=500", headers=HEADERS, name="/items (all)").json()["items"]
        self.items = [item["item_id"] for item in items]
        self.words = [word for item in items for word in item["title"].split() if word.isalpha()]
        self.user = str(self.dice.randrange(1, 6000))

    def ask(self, path, name, field, **more):
        """Fails unless the answer is 200 and has `field`."""
        with self.rest(more.pop("method", "GET"), path, name=name, headers=HEADERS, **more) as answer:
            if answer.js is None or field not in answer.js:
                answer.failure(f"{answer.status_code} without {field}")

    @task(10)
    def recommendations(self):
        self.ask(f"/recommend/{self.user}?k=20", "/recommend/{user_id}", "items")

    @task(4)
    def tell(self):
        event = {"user_id": self.user, "item_id": self.dice.choice(self.items), "event": self.dice.choice(["click", "watch", "like"]),
                 "idempotency_key": uuid.uuid4().hex}
        self.ask("/log_interaction", "/log_interaction", "offset", method="POST", json=event)

    @task(2)
    def search(self):
        self.ask(f"/items?q={self.dice.choice(self.words)}", "/items?q=", "items")

    @task(2)
    def similar(self):
        self.ask(f"/items/{self.dice.choice(self.items)}/similar", "/items/{item_id}/similar", "items")

    @task(1)
    def session(self):
        self.ask("/recommend/session", "/recommend/session", "items", method="POST", json={"items": self.dice.sample(self.items, 3)})

    @task(1)
    def history(self):
        self.ask(f"/users/{self.user}/history", "/users/{user_id}/history", "events")
