"""Search: what is sought, folded as the database folds what is searched (``contracts_words``)."""

from __future__ import annotations

import re
import unicodedata

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast

from contracts.models import Contract, ContractAccess

LONGEST = 100  # characters; what is typed beyond is not looked at
RARE = 2000  # contracts; what fewer hold is looked up by its words, the rest met on the way
LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})


def words_of(text: str) -> list[str]:
    """Return the words of a text: unaccented lower-case letters and digits, in order."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.translate(LIGATURES)))
    return re.findall("[a-z0-9]+", bare.lower())


def searched(accesses: QuerySet[ContractAccess], sought: str) -> QuerySet[ContractAccess]:
    """Keep the accesses to contracts of which some word begins with each word sought.

    One query tells rare words from frequent ones, because no one way is quick for both and
    the planner cannot know which prefix is which. Rare: the index of words names the
    contracts. Frequent: the list is read in its order, and each contract on the way is
    asked, until the page is full. Of several words, as in a reference, one is asked first: the
    index reads every entry of a frequent beginning, even to meet it with a rare one.
    """
    words = list(dict.fromkeys(words_of(sought[:LONGEST])))
    if not words:
        return accesses.none()
    query = _beginnings(words)
    matching = _first(_candidates(words).filter(words=query))
    if len(matching) <= RARE:
        return accesses.filter(contract__in=matching)
    its_words = Subquery(Contract.objects.filter(pk=OuterRef("contract")).order_by().values("words"))
    # the cast changes nothing but how Django writes it: its lookup cannot take a bare subquery
    return accesses.alias(its_words=Cast(its_words, SearchVectorField())).filter(its_words=query)


def _candidates(words: list[str]) -> QuerySet[Contract]:
    """Return the contracts that the likely rarest of several words leaves, if it leaves few."""
    if len(words) > 1:
        rarest = max(words, key=lambda word: (bool(re.search("[0-9]", word)), len(word)))
        found = _first(Contract.objects.filter(words=_beginnings([rarest])))
        if len(found) <= RARE:
            return Contract.objects.filter(pk__in=found)
    return Contract.objects.all()


def _beginnings(words: list[str]) -> SearchQuery:
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple")


def _first(contracts: QuerySet[Contract]) -> list[int]:
    return list(contracts.order_by().values_list("pk", flat=True)[: RARE + 1])
