"""The receipts file: nothing that was appended is lost or run together, whatever cut the line before it short."""

from pathlib import Path

from mooring.receipts import FileLedger


def test_lines_come_back_in_their_order(tmp_path: Path) -> None:
    ledger = FileLedger(tmp_path / "deep" / "receipts.jsonl")
    assert list(ledger.entries()) == []
    for number in range(3):
        ledger.append({"number": number})
    assert [one["number"] for one in FileLedger(tmp_path / "deep" / "receipts.jsonl").entries()] == [0, 1, 2]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "receipts.jsonl"
    FileLedger(path).append({"event": "authorized"})
    assert path.stat().st_mode & 0o077 == 0


def test_a_line_cut_short_by_a_crash_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "receipts.jsonl"
    ledger = FileLedger(path)
    ledger.append({"number": 1})
    with path.open("ab") as file:
        file.write(b'{"number": 2, "ha')
    ledger.append({"number": 3})
    assert [one["number"] for one in ledger.entries()] == [1, 3]
