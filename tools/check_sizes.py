#!/usr/bin/env python3
"""Files and functions stay small: header 300 lines, source 600, function 80, five parameters."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {".h": 300, ".cc": 600, ".sql": 300, ".py": 600, ".sh": 300}
FUNCTION_LINES = 80
PARAMETERS = 5
NOT_FUNCTIONS = re.compile(r"^\s*(namespace|class|struct|enum|union|if|for|while|switch|else|do|try|catch|extern|return)\b")


def tracked():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).suffix in LIMITS and (ROOT / name).exists()]


def functions(lines):
    """(first line, number of lines, head) of each function body, found by the indentation that clang-format gives."""
    start = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if start is None and indent <= 2 and re.match(r"\s*[\w:~<>*&\[\]]", line) and not NOT_FUNCTIONS.match(line):
            start = (number, indent)
        if start is None:
            continue
        if line.rstrip().endswith((";", ":")) and "{" not in "".join(lines[start[0] : number + 1]):
            start = None
        elif line[start[1] :].startswith("}") and number > start[0]:
            head = " ".join(text.strip() for text in lines[start[0] : number + 1]).split("{")[0]
            if "(" in head:
                yield start[0] + 1, number - start[0] + 1, head
            start = None
        elif "{" in line and line.rstrip().endswith(("}", "};", "})")):
            start = None


def parameters(head):
    """How many parameters stand between the first ( and its )."""
    depth, count, seen = 0, 0, ""
    for character in head[head.index("(") :]:
        if character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
            if depth == 0:
                break
        elif character == "," and depth == 1:
            count += 1
        seen += character
    return count + 1 if seen.strip("( ") else 0


def problems(path):
    lines = path.read_text().splitlines()
    name = path.relative_to(ROOT)
    if len(lines) > LIMITS[path.suffix]:
        yield f"{name}: {len(lines)} lines, limit {LIMITS[path.suffix]}: split it along a real seam"
    if path.suffix not in (".cc", ".h"):
        return
    for first, count, head in functions(lines):
        if count > FUNCTION_LINES:
            yield f"{name}:{first}: a function of {count} lines, limit {FUNCTION_LINES}"
        if parameters(head) > PARAMETERS and not path.stem.endswith("_test"):
            yield f"{name}:{first}: {parameters(head)} parameters, limit {PARAMETERS}: make an options struct"


def main():
    found = [text for path in tracked() for text in problems(path)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
