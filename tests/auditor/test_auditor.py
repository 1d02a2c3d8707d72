"""The auditor as a whole: rows in order, rows that cannot be read, and little memory."""

from dataclasses import replace
from time import perf_counter

from plcmon.auditor import Auditor
from plcmon.model.audit import GENESIS, chain, link_of
from plcmon.model.events import AuditRow
from tests.auditor.pen import DAY, Pen, broken


def chained() -> list[AuditRow]:
    pen, last, rows = Pen(), GENESIS, []
    pen.repair()
    for row in pen.rows:
        rows.append(chain(last, row))
        last = link_of(rows[-1])
    return rows


def numbers(rows: list[AuditRow]) -> list[int]:
    auditor = Auditor()
    return [violation.invariant for row in rows for violation in auditor.take(row)]


def test_a_chained_journal_is_silent() -> None:
    assert numbers(chained()) == []


def test_a_missing_row_breaks_18() -> None:
    rows = chained()
    del rows[3]

    assert 18 in numbers(rows)


def test_a_row_of_another_chain_breaks_18() -> None:
    rows = chained()
    rows[3] = replace(rows[3], previous="0" * 64)

    assert numbers(rows) == [18]


def test_a_row_that_cannot_be_read_breaks_18() -> None:
    pen = Pen()
    pen.repair()
    pen.change("rung taken", gates={"waited_s": "a while"})

    assert 18 in broken(pen)


def test_an_unknown_verb_is_no_matter() -> None:
    pen = Pen()
    pen.write("sing", "fleet/all", actor="ops")

    assert broken(pen) == set()


def test_a_violation_names_its_row_and_what_is_wrong() -> None:
    pen = Pen()
    pen.close()
    auditor = Auditor()

    found = [violation for row in pen.rows for violation in auditor.take(row)]

    assert found[0].row_seq == pen.rows[-1].seq
    assert str(found[0]).startswith("2026-03-02 13:00:00, row 3: invariant 12: node/n1: node_down")


def test_sites_and_pcus_may_be_told_from_outside() -> None:
    pen = Pen()
    pen.open("A", "n1")
    pen.open("B", "n2")
    for issue, intent, node in (("A", "I", "n1"), ("B", "J", "n2")):
        pen.rung(issue, node)
        facts = {"intent": intent, "issue": issue}
        rung = {"rung": "cycle", "repeat": "1"}
        pen.write("power-cycle planned", f"node/{node}", **facts, **rung)
        pen.write("power-cycle claimed", f"node/{node}", **facts)

    def one_site(_subject: str) -> str:
        return "s1"

    plain, knowing = Auditor(), Auditor(site_of=one_site)

    assert [v for row in pen.rows for v in plain.take(row)] == []
    assert [v.invariant for row in pen.rows for v in knowing.take(row)] == [1]


def year() -> Pen:
    pen = Pen()
    for day in range(365):
        pen.repair(f"A{day}", f"I{day}", f"n{day % 50}", f"s{day % 50}", f"p{day % 50} 1")
        pen.wait(DAY)
    return pen


def test_what_no_window_reaches_is_forgotten() -> None:
    auditor = Auditor()
    for row in year().rows:
        auditor.take(row)

    book = auditor._book

    assert len(book.intents) < 40
    assert len(book.issues) < 40
    assert len(book._due) < 200


def test_many_rows_are_read_in_a_short_time() -> None:
    """A year of a simulated fleet is hundreds of thousands of rows; this is no benchmark."""
    rows, auditor = year().rows, Auditor()
    began = perf_counter()

    for row in rows:
        auditor.take(row)

    assert len(rows) / (perf_counter() - began) > 5_000
