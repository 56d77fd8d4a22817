"""`script/sim`: more stories than `script/test` has time for, and one of them told step by step."""

from __future__ import annotations

import argparse
import contextlib
import secrets
import sys
import time
from collections.abc import Generator

from tests.sim.planted import BUGS
from tests.sim.running import run
from tests.sim.stage import Stage, postgres_stage, sqlite_stage
from tests.support import postgres

BATCH = 25
"""Programs of one seed."""


def main() -> int:
    asked = _parser().parse_args()
    seeds = [asked.seed] if asked.seed is not None else _seeds(asked.programs)
    planted = BUGS[asked.bug]() if asked.bug else contextlib.nullcontext()
    with _stage(asked.postgres) as stage, planted:
        return _tell(stage, seeds, asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/sim", description=__doc__)
    parser.add_argument("programs", nargs="?", type=int, default=300, metavar="N", help="how many programs (300)")
    parser.add_argument("--seed", type=int, help=f"this seed alone: {BATCH} programs")
    parser.add_argument("--trace", action="store_true", help="print every story")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--bug", choices=sorted(BUGS), help="plant this bug first")
    return parser


def _seeds(programs: int) -> list[int]:
    """Larger than any in the tests, so that they are new."""
    return [1_000_000 + secrets.randbelow(1 << 40) for _ in range(-(-programs // BATCH))]


@contextlib.contextmanager
def _stage(on_postgres: bool) -> Generator[Stage]:
    if not on_postgres:
        with sqlite_stage() as stage:
            yield stage
        return
    folder = postgres.programs()
    if folder is None:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    with postgres.cluster(folder) as cluster, postgres_stage(cluster) as stage:
        yield stage


def _tell(stage: Stage, seeds: list[int], asked: argparse.Namespace) -> int:
    begun, done = time.monotonic(), 0

    def told(story: list[str]) -> None:
        nonlocal done
        done += 1
        if asked.trace:
            print(f"--- program {done} ---", *story, sep="\n", flush=True)

    for seed in seeds:
        try:
            run(stage, seed=seed, programs=BATCH, shrink=not asked.bug and not asked.trace, told=told)
        except Exception as error:
            again = f"again with: script/sim --seed {seed} --trace"
            print(f"{error}\nfound after {done} programs; {again}", file=sys.stderr)
            return 1
        print(f"seed {seed}: well ({done} programs, {time.monotonic() - begun:.0f} s)", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
