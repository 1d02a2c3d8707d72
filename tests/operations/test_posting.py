"""Who may post readings, and that the journal is told who does, not each time."""

from datetime import timedelta

import pytest

from plcmon.errors import ForbiddenError, MistypedError, NotFoundError
from plcmon.model.events import Actor
from plcmon.model.ports import Posted
from plcmon.operations.local import LocalDesk
from plcmon.operations.posting import NOBODY, Posters, allow, check_form, sentence
from tests.fakes.book import NOW, House

ANN, BEN, VERA = (Actor(*who) for who in (("ann",), ("ben", "admin"), ("vera", "viewer")))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("actor", "posters", "may"),
    [
        (ANN, (), True),
        (BEN, (), True),
        (VERA, (), False),
        (VERA, ("vera",), True),
        (Actor("vera", "nobody"), ("vera",), False),
    ],
)
def test_operators_may_post_and_who_the_source_names(
    actor: Actor, posters: tuple[str, ...], may: bool
) -> None:
    if may:
        return allow(actor, "nagios", posters)
    with pytest.raises(ForbiddenError, match="needs the role operator, or to be one of"):
        allow(actor, "nagios", posters)
    return None


def test_who_posts_is_news_once_an_hour_and_when_it_is_somebody_else() -> None:
    posters = Posters()

    assert posters.is_news("nagios", "ann", NOW)
    assert not posters.is_news("nagios", "ann", NOW + HOUR / 2)
    assert posters.is_news("prom", "ann", NOW + HOUR / 2)
    assert posters.is_news("nagios", "ben", NOW + HOUR / 2)
    assert posters.is_news("nagios", "ben", NOW + 2 * HOUR)


async def test_a_post_is_told_to_the_journal_with_its_user() -> None:
    house = House()
    desk: LocalDesk = house.desk(VERA)
    for _ in range(3):
        await desk.post_readings("nagios", b'[{"node": "toml:1", "up": 1}]')

    ((subject, verb),) = house.ear.heard
    assert (str(subject), verb.verb, verb.actor) == ("fleet/source nagios", "readings-post", VERA)
    assert verb.reason == "nagios: 1 up, 0 down"
    assert len(house.inbox.readings) == 3


async def test_what_is_refused_is_no_row() -> None:
    house = House()
    with pytest.raises(MistypedError):
        await house.desk(ANN).post_readings("nagios", b"[1]")

    assert not house.ear.heard


def test_a_form_is_json_or_csv() -> None:
    check_form("nagios", "")
    check_form("nagios", "csv")
    with pytest.raises(MistypedError, match='"xml" is no form of a post; json and csv are'):
        check_form("nagios", "xml")


def test_what_came_of_it_is_one_sentence() -> None:
    found = Posted(3, 1, 7, ("x1", "x2"), 1)

    assert sentence("nagios", found) == (
        "nagios: 3 up, 1 down; 7 rows about unknown nodes (x1, x2 and more); 1 row too old"
    )
    assert sentence("nagios", Posted(0, 0, 0, (), 0)) == "nagios: 0 up, 0 down"


async def test_where_nobody_listens_nothing_is_taken() -> None:
    assert NOBODY.posters("nagios") == ()
    with pytest.raises(NotFoundError, match="no webhook is configured"):
        await NOBODY.take("nagios", b"[]", "")
