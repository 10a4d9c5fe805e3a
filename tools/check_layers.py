#!/usr/bin/env python3
"""Includes go down in rank only, and a third-party library is seen by its own module only.

The ranks and the owners are read from the module table of docs/architecture.md, so the page cannot drift from the code.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What an include of a library looks like, by the name that the module table gives it.
LIBRARIES = {
    "spdlog": r"spdlog/|fmt/",
    "toml++": r"toml\+\+/",
    "Boost.JSON": r"boost/json",
    "OpenSSL": r"openssl/",
    "Highway": r"hwy/",
    "OpenBLAS": r"cblas\.h|lapacke?\.h|openblas",
    "prometheus-cpp": r"prometheus/",
    "libcurl": r"curl/",
    "Boost.Math": r"boost/math/",
    "Boost.Beast/Asio": r"boost/(?!json|math/)",
    "DuckDB": r"duckdb",
    "XGBoost": r"xgboost/",
    "SQLite": r"sqlite3\.h",
    "libpq": r"libpq",
    "pugixml": r"pugixml",
    "librdkafka": r"librdkafka/",
    "libsodium": r"sodium",
    "cjose": r"cjose/",
    "yaml-cpp": r"yaml-cpp/",
    "zlib": r"zlib\.h",
    "libzip": r"zip\.h|zipconf\.h",
    "CLI11": r"CLI/",
    "Eigen": r"Eigen/",
    "date": r"date/",
}


def module_table():
    """{module: rank} and {library: its modules}, from the rows `| rank | `module` ... | what | library |`."""
    ranks, owners = {}, {}
    for line in (ROOT / "docs/architecture.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 4 or not cells[0].isdigit():
            continue
        modules = re.findall(r"`(\w+)`", cells[1])
        for module in modules:
            ranks[module] = int(cells[0])
        for library in LIBRARIES:
            if library in cells[3]:
                owners.setdefault(library, set()).update(modules)
    return ranks, owners


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+([<"])([^>"]+)', line)
        if found:
            yield number, found[1], found[2]


def problems(ranks, owners):
    for folder in sorted((ROOT / "src").iterdir()):
        module = folder.name
        if module not in ranks:
            yield f"src/{module}: not in the module table of docs/architecture.md"
            continue
        for path in sorted([*folder.rglob("*.h"), *folder.rglob("*.cc")]):
            for number, quote, target in includes(path):
                where = f"{path.relative_to(ROOT)}:{number}"
                top = target.split("/")[0]
                is_test = path.stem.endswith(("_test", "_fuzz"))
                if quote == '"' and top != module and top in ranks and not is_test and ranks[top] >= ranks[module]:
                    yield f'{where}: {module} (rank {ranks[module]}) includes "{target}" of rank {ranks[top]}'
                if quote == '"' and "/" not in target and not is_test and not (ROOT / "src" / target).exists():
                    yield f'{where}: "{target}" wants its folder: "{module}/{target}"'
                for library, pattern in LIBRARIES.items():
                    if not re.match(pattern, target):
                        continue
                    if module not in owners.get(library, set()):
                        yield f"{where}: {library} lives in {sorted(owners.get(library, {'no module'}))} only"
                    elif path.suffix == ".h" and not path.stem.endswith("_internal"):
                        yield f"{where}: {library} crosses the public header of {module}"


def main():
    found = list(problems(*module_table()))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
