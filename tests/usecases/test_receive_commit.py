"""Group commit: many at once, none lost, none told too early, and no more taken in than fits."""

from __future__ import annotations

import asyncio
import threading

import structlog

from mooring.usecases.receive_commit import GroupCommit
from tests.support.waiting import finished


class Disk:
    """Where groups are written: held up until `go`, or broken."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began = threading.Event()
        self.broken = False
        self.groups: list[list[int]] = []

    def write(self, items: list[int]) -> None:
        self.began.set()
        self.go.wait(30)
        if self.broken:
            raise OSError("no space left")
        self.groups.append(items)

    @property
    def written(self) -> list[int]:
        return [one for group in self.groups for one in group]


def commit(disk: Disk, *, bound: int = 5, group: int = 3) -> GroupCommit[int]:
    return GroupCommit(disk.write, structlog.get_logger(), bound=bound, group=group)


async def one_under_way(intake: GroupCommit[int], disk: Disk) -> asyncio.Task[bool]:
    first = asyncio.create_task(intake.add(0))
    await asyncio.to_thread(disk.began.wait, 30)
    return first


def test_what_comes_during_a_commit_goes_into_the_next_ones_in_order() -> None:
    async def story() -> None:
        disk = Disk()
        intake = commit(disk, bound=100)
        first = await one_under_way(intake, disk)
        rest = [asyncio.create_task(intake.add(number)) for number in range(1, 9)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in (first, *rest)), "nobody hears of it before it is written"
        disk.go.set()
        assert await asyncio.gather(first, *rest) == [True] * 9
        assert disk.groups == [[0], [1, 2, 3], [4, 5, 6], [7, 8]]
        intake.close()

    finished(story())


def test_beyond_the_bound_nothing_is_taken_in_and_nothing_accepted_is_lost() -> None:
    async def story() -> None:
        disk = Disk()
        intake = commit(disk)
        first = await one_under_way(intake, disk)
        waiting = [asyncio.create_task(intake.add(number)) for number in range(1, 6)]
        await asyncio.sleep(0)
        assert await intake.add(99) is False, "at once, without waiting"
        disk.go.set()
        assert await asyncio.gather(first, *waiting) == [True] * 6
        assert disk.written == [0, 1, 2, 3, 4, 5]
        assert await intake.add(6) is True, "there is room again"
        intake.close()

    finished(story())


def test_what_could_not_be_written_is_not_accepted_and_the_next_goes_on() -> None:
    async def story() -> None:
        disk = Disk()
        disk.broken = True
        disk.go.set()
        intake = commit(disk)
        assert await intake.add(1) is False
        disk.broken = False
        assert await intake.add(1) is True
        assert disk.written == [1]
        intake.close()

    finished(story())


def test_at_the_end_what_was_accepted_is_written_and_nothing_more_taken() -> None:
    async def story() -> None:
        disk = Disk()
        intake = commit(disk)
        first = await one_under_way(intake, disk)
        second = asyncio.create_task(intake.add(1))
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(intake.close))
        disk.go.set()
        assert await asyncio.gather(first, second) == [True, True]
        await closing
        assert await intake.add(2) is False
        assert disk.written == [0, 1]

    finished(story())


def test_whoever_hangs_up_keeps_nobody_else_waiting() -> None:
    async def story() -> None:
        disk = Disk()
        intake = commit(disk)
        first = await one_under_way(intake, disk)
        second = asyncio.create_task(intake.add(1))
        await asyncio.sleep(0)
        first.cancel()
        disk.go.set()
        assert await second is True
        assert disk.written == [0, 1], "it is kept all the same: it will be sent again, and known"
        intake.close()

    finished(story())


def test_one_that_was_never_used_closes_too() -> None:
    disk = Disk()
    commit(disk).close()
    assert disk.written == []
