#!/usr/bin/env python3
"""A test that nothing runs is a lie: every test, fuzz target and SQL case is registered."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked(*patterns):
    command = ["git", "ls-files", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [Path(name) for name in names if name and (ROOT / name).exists()]


def named_in_cmake(path):
    """Whether the CMakeLists.txt of its folder, or of one above, names the file."""
    for folder in path.parents:
        lists = ROOT / folder / "CMakeLists.txt"
        if lists.exists() and str(path.relative_to(folder)) in lists.read_text().replace("${CMAKE_CURRENT_SOURCE_DIR}/", ""):
            return True
    return False


def main():
    found = []
    for path in tracked("*_test.cc", "*_fuzz.cc", "bench/*.cc"):
        if not named_in_cmake(path):
            found.append(f"{path}: no CMakeLists.txt names it")
    for path in tracked("sql/*/*.sql"):
        cases = path.with_name(path.stem + "_test.toml")
        if not (ROOT / cases).exists():
            found.append(f"{path}: has no test cases in {cases.name}")
    for path in tracked("tests/*_test.py"):
        if path.parent != Path("tests/blackbox") and not named_in_cmake(path):
            found.append(f"{path}: neither in tests/blackbox nor named in a CMakeLists.txt")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
