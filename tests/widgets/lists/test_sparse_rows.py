"""Promises of the rows behind a list of any length: few are held, and what is held stands on its line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tgtui.widgets.lists.sparse_rows import SparseRows

FIRST, SIZE, KEPT = 5, 10, 4

Rows = SparseRows[int, str]


def rows_of(total: int = 0) -> Rows:
    """Numbers in order, each its own key."""
    rows: Rows = SparseRows(lambda row: row, first=FIRST, size=SIZE, kept=KEPT)
    if total:
        rows.put(0, range(FIRST), cursor(FIRST))
        rows.set_total(total, is_exact=True)
    return rows


def cursor(offset: int) -> str:
    return f"behind {offset}"


def read(rows: Rows, page: int, total: int) -> None:
    """The page as it is in a list of numbers that does not change."""
    first = rows.offset(page)
    end = first + rows.size(page)
    rows.learn({first: cursor(first)})
    rows.put(page, range(first, min(end, total)), cursor(end) if end < total else None)


def test_scrolling_through_a_hundred_pages_holds_a_few() -> None:
    total = FIRST + 100 * SIZE
    rows, most = rows_of(total), 0
    for line in range(total):
        rows.look(range(line, min(line + 8, total)), line)
        for page in rows.pages_in(range(line, min(line + 8, total))):
            if not rows.is_held(page):
                read(rows, page, total)
        assert rows[line] == line
        most = max(most, len(rows.held))
    assert most <= (KEPT + 3) * SIZE
    assert rows[0] == 0, "the first page is kept for whoever goes back to it"
    assert rows[FIRST + SIZE] is None


def test_what_is_in_sight_and_under_the_cursor_is_kept() -> None:
    rows = rows_of(1_000)
    rows.look(range(105, 125), 505)
    for page in (51, 11, 12, *range(60, 90)):
        read(rows, page, 1_000)
    assert [rows[line] for line in (505, 105, 124)] == [505, 105, 124]


def test_a_page_that_was_passed_is_read_by_its_cursor_again() -> None:
    rows = rows_of(1_000)
    for page in range(1, 50):
        read(rows, page, 1_000)
    assert not rows.is_held(7)
    assert rows.is_found(7)
    assert rows.cursor(7) == cursor(rows.offset(7))
    assert not rows.is_found(70)


def test_the_length_grows_with_what_is_read_until_it_is_known() -> None:
    rows = rows_of()
    assert (len(rows), rows.is_exact) == (0, True)
    read(rows, 0, 1_000)
    assert (len(rows), rows.total, rows.is_exact) == (FIRST + 1, FIRST, False)
    rows.set_total(50, is_exact=False)
    assert (len(rows), rows.total, rows.is_exact) == (51, 50, False)
    read(rows, 5, 56)
    assert (len(rows), rows.total, rows.is_exact) == (56, 55, False)
    read(rows, 6, 56)
    assert (len(rows), rows.is_exact) == (56, True)
    rows.set_total(50, is_exact=False)
    assert (len(rows), rows.is_exact) == (56, True), "the last page knows better"


def test_a_counted_length_stays_when_the_filters_know_less() -> None:
    rows = rows_of(700)
    rows.set_total(50, is_exact=False)
    assert (len(rows), rows.is_exact) == (700, True)


def test_a_counted_length_is_the_length_though_a_page_has_more_rows_than_it_was_asked_for() -> None:
    rows = rows_of(100)
    rows.put(1, range(FIRST, FIRST + SIZE + 3), cursor(FIRST + SIZE + 3))
    rows.set_total(102, is_exact=True)
    assert len(rows) == rows.total == 102
    rows.set_total(50, is_exact=False)
    assert len(rows) == 102, "a bound below what is known is ignored"


def test_a_list_that_became_shorter_ends_where_its_last_page_ends() -> None:
    rows = rows_of(1_000)
    for page in (3, 4, 99):
        read(rows, page, 1_000)
    read(rows, 4, 40)
    assert len(rows) == 40
    assert not rows.is_held(99)
    assert not rows.is_found(5)


def test_pages_that_no_longer_follow_one_another_are_read_again() -> None:
    rows = rows_of(1_000)
    for page in (1, 2, 3, 4):
        read(rows, page, 1_000)
    rows.put(2, range(15, 25), "behind a row that is new")
    assert [rows.is_stale(page) for page in (1, 2, 3, 4)] == [False, False, True, True]
    assert rows.cursor(3) == "behind a row that is new"
    assert not rows.is_found(5)
    assert rows[30] == 30, "until then the old ones are shown"


def test_a_row_that_moved_is_read_again_where_it_was() -> None:
    rows = rows_of(1_000)
    for page in (1, 2, 3):
        read(rows, page, 1_000)
    rows.put(3, [7, *range(25, 34)], cursor(35))
    assert rows.is_stale(1)
    assert rows.line_of(7) == 25


def test_after_a_change_what_is_out_of_sight_is_dropped_and_the_end_looked_for_anew() -> None:
    rows = rows_of(1_000)
    for page in (1, 50, 99, 100):
        read(rows, page, 1_000)
    rows.age({1, 50})
    assert sorted(rows.held) == [*range(5, 15), *range(495, 505)]
    assert all(rows.is_stale(page) for page in (1, 50))
    assert rows.is_found(49 + 2), "what was passed is read by its cursor"
    assert not rows.is_found(100)
    read(rows, 1, 1_001)
    rows.set_total(1_001, is_exact=True)
    assert (len(rows), rows.is_stale(1)) == (1_001, False)


def test_at_the_end_lines_are_numbered_anew_when_there_are_more_above() -> None:
    rows = rows_of(1_000)
    rows.look(range(990, 1_000), 999)
    for page in (99, 100):
        read(rows, page, 1_000)
    rows.age({99, 100})
    for page in (99, 100):  # behind the same cursors as before, where the same rows are
        read(rows, page, 1_000)
    rows.set_total(1_003, is_exact=True)
    assert len(rows) == 1_003
    assert [rows.line_of(row) for row in (985, 999)] == [988, 1_002]
    assert (rows[1_002], rows[987], rows.page_at(987)) == (999, None, 98)
    rows.put(98, range(1_000_000, 1_000_010), "where the next one begins now")
    assert rows.is_stale(99)
    assert len(rows) == 1_003


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 14)), max_size=12))
def test_every_held_row_stands_on_one_line_however_many_a_page_has(
    puts: list[tuple[int, int]],
) -> None:
    rows = rows_of(200)
    for page, length in puts:
        first = 1_000 * (page + 1)
        rows.put(page, range(first, first + length), cursor(rows.offset(page + 1)))
        lines = [(line, row) for line in range(len(rows)) if (row := rows[line]) is not None]
        assert [row for _line, row in lines] == rows.held
        for line, row in lines:
            assert rows.line_of(row) == line
            assert row in rows.rows_of(rows.page_at(line))
        assert rows.pages_in(range(len(rows)))[-1] >= 12
