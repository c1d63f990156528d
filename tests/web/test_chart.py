"""The geometry of charts and badges."""

from __future__ import annotations

import pytest

from bot.web.chart import HEIGHT, WIDEST, WIDTH, Column, badge, stacked


def test_columns_stand_side_by_side_and_parts_on_each_other() -> None:
    chart = stacked([Column("mon", (1, 2)), Column("tue", (0, 6))])
    assert (chart.highest, chart.first, chart.last) == (6, "mon", "tue")
    low, mid, high = chart.bars
    assert (low.part, mid.part, high.part) == (0, 1, 1)
    assert low.y + low.height == HEIGHT
    assert mid.y + mid.height == low.y
    assert low.x == mid.x < high.x
    assert (high.height, high.y) == (HEIGHT, 0)


@pytest.mark.parametrize("count", [0, 1, 2, 90, 500])
def test_bars_stay_within_the_drawing(count: int) -> None:
    chart = stacked([Column(str(n), (n % 7, 3, n % 2)) for n in range(count)])
    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.01
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.1
        assert 0 < bar.width <= WIDEST
        assert bar.height > 0


def test_a_hub_in_order_has_no_bars() -> None:
    chart = stacked([Column("a", (0, 0)), Column("b", (0, 0))])
    assert (chart.bars, chart.highest) == ([], 0)


def test_one_column_names_one_end() -> None:
    assert (stacked([Column("a", (1,))]).last, stacked([]).first) == ("", "")


def test_a_badge_has_room_for_its_words() -> None:
    assert badge("hub", "98%").width < badge("hub", "98% verified").width
    assert badge("模型", "x").left > badge("ab", "x").left
