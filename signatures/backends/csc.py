"""A key at a remote signing service: authorised there, or by its codes typed here."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from signatures.backends import HeldByItsOwner


class RemoteBackend(HeldByItsOwner):
    """Waits for its signatory: :mod:`signatures.csc` asks the service once they have authorised."""

    code = "csc"
    label = _("Service de signature à distance")
    patience = dt.timedelta(minutes=10)
