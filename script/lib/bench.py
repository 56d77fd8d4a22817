"""Runs benchmarks/*.py one after the other and writes what they print to benchmarks/RESULTS.md.

Each prints one JSON object (house rule). A benchmark that fails keeps its place in the table, marked as failed.
"""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"
LONGEST_SECONDS = 4 * 3600

COLUMNS = {
    "name": "benchmark",
    "records": "records",
    "ours_per_s": "ours, per second",
    "ceiling_per_s": "bare script, per second",
    "ratio": "ratio",
    "spread": "spread",
    "peak_memory_mb": "peak memory, MB",
    "memory_growth_mb": "memory growth, MB",
    "requests": "requests",
    "detail_requests": "detail requests",
    "idle_p99_ms": "p99 idle, ms",
    "busy_p99_ms": "p99 busy, ms",
    "lost": "lost",
}


def benchmarks() -> list[Path]:
    """Modules that measure something; the others are parts that benchmarks share, and bare scripts."""
    return sorted(path for path in FOLDER.glob("*.py") if "common.run(" in path.read_text())


def measure(path: Path, arguments: list[str]) -> dict[str, Any]:
    """What the benchmark printed. Its progress goes where ours goes: to stderr."""
    command = [sys.executable, str(path), "--json", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=LONGEST_SECONDS, check=False)
    failed = {"name": f"{path.stem}: **failed**", "failed": True}
    try:
        return json.loads(done.stdout) if done.returncode == 0 else failed
    except json.JSONDecodeError:
        return failed


def page(results: list[dict[str, Any]], arguments: list[str], day: date) -> str:
    used = [key for key in COLUMNS if any(key in result for result in results)]
    lines = [
        "# Results",
        "",
        f"Written by `script/bench{''.join(f' {argument}' for argument in arguments)}` on {day.isoformat()}.",
        *(f"Machine: {machine}" for machine in machines(results)),
        "The ratio is the median of interleaved runs, ours to the bare script; higher is better.",
        "",
        row([COLUMNS[key] for key in used]),
        row(["---"] * len(used)),
        *(row([shown(result.get(key)) for key in used]) for result in results),
    ]
    return "\n".join(lines) + "\n"


def machines(results: list[dict[str, Any]]) -> list[str]:
    return sorted({shown(result["machine"]) for result in results if result.get("machine")})


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(part)}" for key, part in value.items())
    if isinstance(value, list):
        return " to ".join(map(shown, value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return "" if value is None else str(value)


def main(arguments: list[str]) -> int:
    results = []
    for path in benchmarks():
        print(f"{path.stem} …", file=sys.stderr)
        results.append(measure(path, arguments))
    if not results:
        print("There is no benchmark in benchmarks/ yet.", file=sys.stderr)
        return 1
    (FOLDER / "RESULTS.md").write_text(page(results, arguments, date.today()))
    print("wrote benchmarks/RESULTS.md", file=sys.stderr)
    return int(any(result.get("failed") for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
