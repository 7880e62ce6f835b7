"""The mail of an invitation: kept without its link; refused, told to who invited, and seen in the list."""

from __future__ import annotations

import re

from django.urls import reverse

from stakeholders.invitations import Invitation
from tests.cast import Cast
from tests.post import mail_server, words
from tests.stage import run_jobs
from tests.workflow.notices.test_server_trials import later
from tests.workflow.powers.test_invitations import ADDRESS, Invited
from tests.workflow.sockets import logged_in
from workflow.notices import mail
from workflow.notices.models import Fate, KeptMail
from workflow.powers import appointments

BAD = "550 5.1.1 no such mailbox"


def listed(cast: Cast, invited: Invited) -> str:
    """Return the page of the organisation, as who administers it reads it."""
    page = logged_in(invited.by).get(reverse("organisation", args=[invited.organisation.pk]))
    return str(page.content.decode())


def test_it_is_kept_without_the_link_and_its_fate_is_in_the_list(cast: Cast) -> None:
    invited = Invited(cast)
    kept = KeptMail.objects.get(invitation=invited.pk)
    assert "[…]" in kept.body and invited.token not in kept.body
    [link] = re.findall(r"https?://\S+#\S+", invited.mail["body"])
    assert kept.body.replace("[…]", link) == invited.mail["body"]
    assert (kept.person, kept.contact, kept.address) == (None, None, ADDRESS)
    assert "courriel en attente d’envoi" in listed(cast, invited)
    with mail_server() as post:
        run_jobs()
    [(_to, message)] = post.received
    assert message["Message-ID"] == kept.message_id and invited.token in words(message)
    page = listed(cast, invited)
    assert "courriel remis le" in page and "en attente d’envoi" not in page


def test_refused_for_good_it_is_told_and_does_not_stay_on_its_way(cast: Cast) -> None:
    invited = Invited(cast)
    with mail_server() as post:
        post.refused[ADDRESS] = BAD
        run_jobs()
        later()
    assert post.asked.count(ADDRESS) == 1
    kept = KeptMail.objects.get(invitation=invited.pk)
    assert (kept.fate, kept.answer) == (Fate.REFUSED, 550)
    told = {to[0]: words(message) for to, message in post.received}
    assert invited.by.email in told and cast.outsider.email not in told
    said = told[invited.by.email]
    assert "Nadia Nouvelle" in said and ADDRESS in said and "refusé par le serveur de courriel" in said
    assert invited.token not in said
    assert reverse("organisation", args=[invited.organisation.pk]) in said
    page = listed(cast, invited)
    assert "non reçue : courriel refusé par le serveur de courriel" in page.replace("\u00a0:", " :")
    assert "courriel en attente d’envoi" not in page
    invited.send("nadia.autre@ville.example")
    assert Invitation.objects.pending().count() == 2, "the first is still to be cancelled"
    assert KeptMail.objects.filter(invitation__isnull=False).count() == 2


def test_one_that_was_cancelled_or_accepted_and_returns_late_is_told_to_nobody(cast: Cast) -> None:
    invited = Invited(cast)
    kept = KeptMail.objects.get(invitation=invited.pk)
    appointments.cancel_invitation(invited.by, invited.organisation, Invitation.objects.get(pk=invited.pk))
    mail.settle(kept, Fate.RETURNED, 550)
    assert KeptMail.objects.get(pk=kept.pk).fate == Fate.RETURNED
    assert not KeptMail.objects.filter(lost=kept).exists()
