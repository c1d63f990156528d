"""Moments in the two zones that our readers live in, and sizes."""

from __future__ import annotations

import pytest

from bot.review.moments import amount, clock, moment, size


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        (1_764_086_400.0, "2025-11-25 16:00 UTC (11-26 00:00 +08:00)"),
        (1_764_043_200.0, "2025-11-25 04:00 UTC (12:00 +08:00)"),
        (None, ""),
        (float("nan"), ""),
        (1e30, ""),
        (253_402_300_799.0, ""),
    ],
)
def test_moment(epoch: float | None, expected: str) -> None:
    assert moment(epoch) == expected
    assert bool(clock(epoch)) == bool(expected)


def test_size() -> None:
    assert [size(n) for n in (0, 1023, 1536, 52_428_800, 5 << 30)] == [
        "0 B",
        "1,023 B",
        "1,536 B (1.5 KiB)",
        "52,428,800 B (50.0 MiB)",
        "5,368,709,120 B (5.0 GiB)",
    ]


def test_amount() -> None:
    shown = [amount(n) for n in (0, 1023, 1536.4, 1_048_575, 52_428_800, (1 << 30) - 1, 5 << 40)]
    assert shown == ["0 B", "1023 B", "1.5 KiB", "1.0 MiB", "50.0 MiB", "1.0 GiB", "5120.0 GiB"]
