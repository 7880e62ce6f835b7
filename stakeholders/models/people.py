"""The accounts of people."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from stakeholders.prepared import MARKER, Prepared
from stakeholders.text import Line, MailAddress, PersonName


class UndeletableError(models.ProtectedError):
    """Somebody tried to delete a row that legal acts name; it can only be deactivated."""

    def __init__(self, accounts: Collection[models.Model]) -> None:
        super().__init__(str(_("Un compte ne se supprime pas : désactivez-le.")), set(accounts))


class UserQuerySet(models.QuerySet["User"]):
    """Accounts; a deletion is refused for many as it is for one."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: raises UndeletableError."""
        raise UndeletableError(list(self))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes accounts from an address, which is the only login there is."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Keep addresses in lower case, as the login looks them up; also called by the forms."""
        return (email or "").lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an active account; ``email`` is compared without regard to case."""
        user: User = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a platform administrator, who manages accounts and sees no contract."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get(self, *lookups: Any, **named: Any) -> User:
        """Find one account; by its key alone, as every page does, the query is written once a process.

        Only where it is asked of all accounts: a related manager is of another class, and keeps to its own.
        """
        key = named.get("pk")
        of_all = type(self) is UserManager and self._db is None and not self._hints
        if lookups or len(named) != 1 or type(key) is not int or not of_all:
            found: User = super().get(*lookups, **named)
            return found
        for account in _BY_KEY.rows(key):
            return account
        raise User.DoesNotExist

    def get_by_natural_key(self, username: str | None) -> User:
        """Find an account by address, whatever the case."""
        found: User = self.get(email__iexact=username)
        return found


def _verbose(name: str) -> Any:
    """Return what Django calls a field of an account."""
    return getattr(AbstractUser._meta.get_field(name), "verbose_name", name)


class User(AbstractUser):
    """A person. What they may do comes from their mandates, never from the account."""

    username = None  # type: ignore[assignment]
    first_name = PersonName(_verbose("first_name"), max_length=150, blank=True)
    last_name = PersonName(_verbose("last_name"), max_length=150, blank=True)
    civility = PersonName(_("civilité"), max_length=10, blank=True)
    email = MailAddress(_("adresse électronique"))
    # of their office, if they give it: told to those whom they ask for an opinion
    telephone = Line(_("téléphone professionnel"), max_length=40, blank=True)
    # counts the changes of credentials: a session of an earlier one is worth nothing
    credential_epoch = models.PositiveIntegerField(default=0, editable=False)
    # until when the mailbox of an address that somebody else gave proves nothing
    mailbox_held_until = models.DateTimeField(null=True, blank=True, editable=False)
    mailbox_given_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    # the mandates that count in this session, where it does not open the whole account
    only_mandates: frozenset[int] | None = None
    # whether the session proved a second factor, which acts for the platform take; set by each request
    proved_second_factor = True

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("personne")
        verbose_name_plural = _("personnes")
        ordering = ["last_name", "first_name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_account_an_address",
                violation_error_message=_("Un compte existe déjà avec cette adresse."),
            )
        ]

    def __str__(self) -> str:
        return (
            " ".join(part for part in (self.civility, self.first_name, self.last_name) if part) or self.email
        )

    @property
    def short_name(self) -> str:
        """« Mme Orsoni-Prat »: never an initial, as « M. » is read *Monsieur*; the address failing a name."""
        first = self.civility or self.first_name
        return " ".join(part for part in (first, self.last_name) if part) or self.email

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: raises UndeletableError. Legal acts name their author for ever."""
        raise UndeletableError([self])

    @property
    def mailbox_is_held(self) -> bool:
        """Whether somebody else gave the account this address so recently that it proves nothing yet."""
        return self.mailbox_held_until is not None and self.mailbox_held_until > timezone.now()

    @property
    def acts_for_platform(self) -> bool:
        """Whether the person acts as the platform's administrator, by what their session proved."""
        return self.is_superuser and self.is_active and self.proved_second_factor

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind sessions to every credential, where Django binds them to the password alone."""
        salt = "stakeholders.models.User.session"
        known = f"{self.credential_epoch}:{self.password}"
        return salted_hmac(salt, known, secret=secret, algorithm="sha256").hexdigest()


_BY_KEY: Prepared[User] = Prepared(lambda key: User.objects.filter(pk=key).order_by(), MARKER)
