#!/usr/bin/env python3
"""How long until an event shows: POST a like of somebody new, GET the list until it rests on it. At a fixed rate of events.

    bench/freshness.py http://127.0.0.1:8000 [EVENTS_A_SECOND (500)] [SECONDS (10)]
"""

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlparse

THREADS = 8


def cycles(address, name, rate, until, latencies):
    connection = http.client.HTTPConnection(*address, timeout=10)

    def ask(method, path, body=None):
        connection.request(method, path, body)
        answer = connection.getresponse()
        return json.loads(answer.read())

    due, number = time.monotonic(), 0
    while due < until:
        time.sleep(max(0, due - time.monotonic()))
        user = f"fresh-{name}-{number}"
        started = time.monotonic()
        ask("POST", "/log_interaction", json.dumps({"user_id": user, "item_id": 1, "event": "like"}))
        while ask("GET", f"/recommend/{user}?k=10")["rung"] != "personal":
            pass
        latencies.append((time.monotonic() - started) * 1000)
        number += 1
        due += THREADS / rate


def main():
    address = urlparse(sys.argv[1])
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 500
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 10
    latencies = []
    until = time.monotonic() + seconds
    run = time.time_ns()
    threads = [
        threading.Thread(target=cycles, args=((address.hostname, address.port), f"{run}-{t}", rate, until, latencies)) for t in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies.sort()
    at = lambda share: latencies[min(len(latencies) - 1, int(share * len(latencies)))]
    print(f"{len(latencies) / seconds:.0f} events/s, until the list shows it: p50 {at(0.5):.2f} ms, p99 {at(0.99):.2f} ms, max {latencies[-1]:.2f} ms")


if __name__ == "__main__":
    main()
