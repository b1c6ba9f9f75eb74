"""`python -m bench`: measure the till against what the machine can do, show a table and write `build/bench.json`."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bench import result
from bench.plan import QUICK, Plan
from bench.registry import ROWS, run_row


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default="", metavar="ROWS", help="row numbers, e.g. 1,2,7; all when left out")
    parser.add_argument("--quick", action="store_true", help="small sizes, two rounds: shows only that it runs")
    parser.add_argument("--rounds", type=int, default=0, help="rounds per row")
    parser.add_argument("--tickets", type=int, default=0, help="stored tickets of rows 4 and 6")
    parser.add_argument("--products", type=int, default=0, help="products of rows 7, 8, 13 and 14")
    parser.add_argument("--json", action="store_true", help="print the results as JSON instead of the table")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="where the results are kept")
    return parser.parse_args(given)


def plan_of(args: argparse.Namespace) -> Plan:
    plan = QUICK if args.quick else Plan()
    given = {key: getattr(args, key) for key in ("rounds", "tickets", "products") if getattr(args, key)}
    return replace(plan, **given)


def main(given: list[str] | None = None) -> int:
    """Run the rows asked for; 2 when a number is not a row, else 0: a goal that is missed is a finding, not a fault."""
    args = arguments(given)
    wanted = [int(number) for number in args.only.split(",") if number.strip()] if args.only else list(ROWS)
    if unknown := [number for number in wanted if number not in ROWS]:
        sys.stderr.write(f"bench: no row {unknown[0]}; rows: {', '.join(map(str, ROWS))}\n")
        return 2
    console = Console(width=None if sys.stdout.isatty() else 150)
    told = Console(stderr=True)
    results = []
    for number in wanted:
        with told.status(f"row {number}: {ROWS[number][0]}"):
            results += run_row(number, plan_of(args))
    result.keep(results, args.out)
    if args.json:
        sys.stdout.write(result.kept(results).decode())
    else:
        console.print(f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.2f} when finished; medians over rounds")
        result.show(results, console)
        console.print(f"kept in {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
