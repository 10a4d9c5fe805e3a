"""Runs the SQL steps on Spark, translated by sqlglot: every case of sql/<layer>/<step>_test.toml.

Each step must give the columns it declares, each case the rows it expects. Started by spark_sql.sh;
arguments are steps ("silver.ratings"), none means all. How steps and cases are written is told in
src/lake/sql_step.h and sql/sql_steps_test.cc.
"""

import collections
import datetime
import itertools
import pathlib
import re
import sys
import tomllib

import sqlglot
from pyspark.sql import SparkSession
from sqlglot import exp

SQL = pathlib.Path(__file__).resolve().parents[2] / "sql"
SPARK_TYPES = {
    "boolean": "boolean",
    "integer": "int",
    "bigint": "bigint",
    "double": "double",
    "varchar": "string",
    "date": "date",
    "timestamptz": "timestamp",
}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

Rows = collections.namedtuple("Rows", "columns types cells")
Case = collections.namedtuple("Case", "name inputs expected")


class Step:
    """One sql/<layer>/<name>.sql: name, inputs, columns (name -> declared type) and SELECT."""

    def __init__(self, path):
        self.name = f"{path.parent.name}.{path.stem}"
        self.columns, self.inputs = {}, []
        lines = path.read_text().splitlines()
        header = [line[3:] for line in itertools.takewhile(lambda line: line.startswith("--"), lines)]
        section = ""
        for line in header[1:]:
            section = next((word for word in ("in  ", "out  ", "reject  ") if line.startswith(word)), section)
            item = line.removeprefix(section).split()
            if section == "in  ":
                self.inputs.append(item[0])
            elif section == "out  ":
                self.columns[item[0]] = item[1]
        self.select = "\n".join(lines[len(header) :])
        self.cases = read_cases(path.with_name(path.stem + "_test.toml"))


def read_cases(path):
    if not path.exists():
        return []
    cases = []
    for entry in tomllib.loads(path.read_text())["case"]:
        inputs = {
            f"{layer}.{table}": read_rows(text)
            for layer, tables in entry.get("in", {}).items()
            for table, text in tables.items()
        }
        cases.append(Case(entry["name"], inputs, read_rows(entry["out"])))
    return cases


def read_rows(text):
    """Cells stand two blanks or more apart; a quoted one keeps its blanks; a bare null is None."""
    lines = [read_cells(line) for line in text.splitlines() if line.strip()]
    heads = [head.partition(":") for head in lines[0]]
    return Rows([name for name, _, _ in heads], [kind for _, _, kind in heads], lines[1:])


def read_cells(line):
    cells = re.findall(r"'(.*?)'(?:  +|$)|(\S.*?)(?:  +|$)", line.strip())
    return [quoted if not bare else None if bare == "null" else bare for quoted, bare in cells]


def value(text, declared):
    """A cell as Spark takes it."""
    if text is None:
        return None
    if declared.endswith("[]"):
        return [value(part, declared[:-2]) for part in text[1:-1].split(", ") if part]
    convert = {
        "boolean": lambda t: t == "true",
        "integer": int,
        "bigint": int,
        "double": float,
        "date": datetime.date.fromisoformat,
        "timestamptz": datetime.datetime.fromisoformat,
    }
    return convert.get(declared, str)(text)


def spark_type(declared):
    return f"array<{spark_type(declared[:-2])}>" if declared.endswith("[]") else SPARK_TYPES[declared]


def view_name(table):
    """Spark's temporary views have no schema before their name."""
    return table.replace(".", "__")


def translate(select):
    """The SELECT for Spark; its tables <layer>.<name> become the views of view_name."""
    tree = sqlglot.parse_one(select, read="duckdb")
    for table in list(tree.find_all(exp.Table)):
        if table.db:
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            name = exp.to_identifier(view_name(f"{table.db}.{table.name}"))
            for key, part in {"alias": alias, "this": name, "db": None}.items():
                table.set(key, part)
    # Spark knows percentile_cont; sqlglot would make it an approximate one.
    for group in [each for each in tree.find_all(exp.WithinGroup) if isinstance(each.this, exp.PercentileCont)]:
        ordered = group.expression.expressions[0]
        if ordered.args.get("desc"):
            raise ValueError("percentile_cont over a descending order")
        group.replace(exp.func("percentile", ordered.this.copy(), group.this.this.copy(), dialect="spark"))
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def make_view(spark, table, columns, rows):
    """columns: name -> declared type; a column that the rows leave out is null."""
    at = {name: index for index, name in enumerate(rows.columns)}
    data = [
        [value(cells[at[name]], declared) if name in at else None for name, declared in columns.items()]
        for cells in rows.cells
    ]
    schema = ", ".join(f"`{name}` {spark_type(declared)}" for name, declared in columns.items())
    spark.createDataFrame(data, schema).createOrReplaceTempView(view_name(table))


def make_inputs(spark, steps, step, case):
    for table in step.inputs:
        rows = case.inputs.get(table, Rows([], [], []))
        if table.startswith("raw."):
            columns = {name: kind or "varchar" for name, kind in zip(rows.columns, rows.types)}
        else:
            columns = steps[table].columns
        make_view(spark, table, columns, rows)


def comparable(cell, declared):
    """Numbers to six digits, times as microseconds."""
    if cell is None:
        return "null"
    if declared == "double":
        return f"{round(cell, 6) + 0.0:.6f}"
    if isinstance(cell, datetime.datetime):
        return str((cell - EPOCH) // datetime.timedelta(microseconds=1))
    return str(cell)


def row_counts(rows, columns, step):
    return collections.Counter(
        "  ".join(comparable(cell, step.columns[name]) for name, cell in zip(columns, row)) for row in rows
    )


def differences(step, case, frame):
    """Lines "- row" for rows that are missing, "+ row" for rows too many."""
    names = case.expected.columns
    wanted = [
        [value(cell, step.columns[name]) for name, cell in zip(names, cells)] for cells in case.expected.cells
    ]
    columns = [
        f"unix_micros(`{name}`) as `{name}`" if step.columns[name] == "timestamptz" else f"`{name}`"
        for name in names
    ]
    want = row_counts(wanted, names, step)
    got = row_counts((tuple(row) for row in frame.selectExpr(*columns).collect()), names, step)
    lines = [f"- {row}" for row in (want - got).elements()] + [f"+ {row}" for row in (got - want).elements()]
    return ["  " + "  ".join(names), *lines] if lines else []


def wrong_columns(step, frame):
    real = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    declared = {name: spark_type(kind) for name, kind in step.columns.items()}
    lines = [f"- {name} {kind}" for name, kind in declared.items() if real.get(name) != kind]
    lines += [f"+ {name} {kind}" for name, kind in real.items() if declared.get(name) != kind]
    return lines or (["the order of the columns"] if list(real) != list(declared) else [])


def run_step(spark, steps, step):
    """Returns (failures, cases run)."""
    failures = 0

    def report(name, lines):
        nonlocal failures
        if lines:
            failures += 1
            print(f"FAILED  {step.name}  {name}", *lines, sep="\n    ", flush=True)

    if not step.cases:
        report("(no cases)", [f"no {step.name.replace('.', '/')}_test.toml beside the step"])
    for index, case in enumerate(step.cases):
        try:
            make_inputs(spark, steps, step, case)
            frame = spark.sql(translate(step.select))
            if index == 0:
                report("declares_its_columns", wrong_columns(step, frame))
            report(case.name, differences(step, case, frame))
        except Exception as error:  # whatever Spark or sqlglot refuse is a failure of this case only
            report(case.name, str(error).splitlines()[:8])
    return failures, len(step.cases)


def main(wanted):
    steps = {step.name: step for step in map(Step, sorted(SQL.glob("*/*.sql")))}
    unknown = set(wanted) - set(steps)
    if unknown or not steps:
        sys.exit(f"spark-sql: no step {', '.join(sorted(unknown))} in {SQL}")
    settings = {"spark.sql.shuffle.partitions": 1, "spark.default.parallelism": 1, "spark.sql.ansi.enabled": True}
    builder = SparkSession.builder.master("local[2]").appName("marquee-sql-steps")
    spark = builder.config(map=settings).getOrCreate()
    failed = cases = 0
    for name in wanted or steps:
        failures, count = run_step(spark, steps, steps[name])
        print(f"{'ok    ' if failures == 0 else 'FAILED'}  {name}: {count} cases", flush=True)
        failed, cases = failed + failures, cases + count
    print(f"Spark {spark.version}, sqlglot {sqlglot.__version__}: {cases} cases, {failed} failures")
    spark.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
