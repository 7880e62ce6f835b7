"""Who is told of what: a notice is written with the act, for whom it concerns, and says nothing once over."""

from __future__ import annotations

from tests import plot
from tests.cast import Cast
from workflow.news.centre import living
from workflow.notices.models import Notice
from workflow.standing.standings import Standings


def told(person: object, **only: object) -> list[str]:
    found = Notice.objects.filter(person=person, **only).order_by("pk")
    return list(found.values_list("kind", flat=True))


def alive(person: object) -> list[str]:
    return list(living(person, Standings(person)).order_by("pk").values_list("kind", flat=True))


def test_a_contract_to_its_seal(cast: Cast) -> None:
    contract = plot.at_review(cast)
    print("pilote", told(cast.pilote_ville), alive(cast.pilote_ville))
    print("oh", told(cast.bailleur_oh), alive(cast.bailleur_oh))
    waiting = plot.tasks(contract, "review")[0]
    plot.opine(contract, waiting)
    print("oh", alive(cast.bailleur_oh), alive(cast.rtac))
    plot.opine(contract, plot.tasks(contract, "review")[0])
    plot.approve_all(contract)
    print(
        "prefete",
        told(cast.prefete),
        alive(cast.prefete),
        alive(cast.maire),
        alive(cast.dircab),
        alive(cast.outsider),
    )
    plot.sign_next(contract)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    for name in ("pilote_ville", "prefete", "maire", "bailleur_oh", "greffe", "rtac"):
        person = getattr(cast, name)
        print(name, told(person), alive(person))
    assert 0
