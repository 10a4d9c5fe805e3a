"""Runs the tasks of netflix_master_pipeline one after another: titles_chain.py PROGRAM HOME SOURCE.

Prints the seconds and the greatest memory (MiB) of each task, and of all.
"""

import json
import os
import subprocess
import sys
import time


def run(command):
    """The output, the seconds, CPU seconds and the greatest resident set of a program, in MiB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)}\n{output}{errors}")
    return output, time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    program, home, source = sys.argv[1:]
    tasks = json.loads(run([program, "task", "list", "--json"])[0])
    all_seconds = all_cpu = most = 0

    def run_dag(dag):
        nonlocal all_seconds, all_cpu, most
        for task in (task for task in tasks if task["dag"] == dag):
            if task["triggers"]:
                run_dag(task["triggers"])
                continue
            conf = json.dumps({"source": source})
            _, seconds, cpu, memory = run([program, "--home", home, "task", "run", dag, task["task"], "--conf", conf])
            all_seconds, all_cpu, most = all_seconds + seconds, all_cpu + cpu, max(most, memory)
            print(f"{task['task']:34} {seconds:8.2f} s {cpu:8.2f} s CPU {memory:8.0f} MiB", flush=True)

    run_dag("netflix_master_pipeline")
    page = os.path.getsize(f"{home}/netflix/analysis/report.html")
    print(f"{'all':34} {all_seconds:8.2f} s {all_cpu:8.2f} s CPU {most:8.0f} MiB; the page has {page} bytes\n")


if __name__ == "__main__":
    main()
