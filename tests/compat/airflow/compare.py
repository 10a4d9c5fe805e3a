"""Compares what two homes hold: compare.py FOLDER OTHER FIRST_HOME SECOND_HOME.

Files are the same byte for byte, or once times, run ids and the paths of the homes are masked; so are their names."""

import re
import sys
from pathlib import Path

MASKS = [
    (re.compile(rb"(manual|scheduled)__\d{4}-\d\d-\d\dT[0-9:.]+(\+00:00|Z)"), b"RUN"),
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z| UTC)?"), b"TIME"),
    (re.compile(rb"\d{8}_\d{6}"), b"STAMP"),
]


def masked(content, home):
    content = content.replace(str(home).encode(), b"HOME")
    for pattern, name in MASKS:
        content = pattern.sub(name, content)
    return content


def files_of(folder):
    return {
        masked(str(path.relative_to(folder)).encode(), "/no/home").decode(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def main():
    first_folder, second_folder, first_home, second_home = map(Path, sys.argv[1:])
    first, second = files_of(first_folder), files_of(second_folder)
    problems = [f"only on one side: {name}" for name in sorted(first.keys() ^ second.keys())]
    same = 0
    for name in sorted(first.keys() & second.keys()):
        one, two = first[name].read_bytes(), second[name].read_bytes()
        same += one == two
        if masked(one, first_home) != masked(two, second_home):
            problems.append(f"differs: {name}")
    if not first:
        problems.append(f"{first_folder} holds nothing")
    print(f"{len(first)} files, {same} of them the same byte for byte, the rest but for times, run ids and paths")
    sys.exit("\n".join(problems) or 0)


main()
