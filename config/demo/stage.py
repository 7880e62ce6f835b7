"""Who plays on which server: people at their browsers, and what a browser would send of a form."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import httpx
from bs4 import BeautifulSoup, Tag
from rich.console import Console

CONTRACT = "csi-clairval-2026"
Found = TypeVar("Found")
File = tuple[str, bytes, str]  # a name, its bytes, their kind
Value = str | list[str] | File
PATIENCE = 90.0  # seconds given to the worker for one step
LOOKS_EVERY = 0.3  # seconds: nothing is pushed to who plays, who asks for the page again as a reader does
PARIS = ZoneInfo("Europe/Paris")  # a mairie’s day is the server’s, whatever this machine’s zone
console = Console()


class PlayFailed(RuntimeError):
    """A step went wrong; the message says which and what the page answered."""


@dataclass(frozen=True)
class Answer:
    """What came of a form: the address where it led, the page that is there."""

    path: str
    text: str

    @property
    def page(self) -> BeautifulSoup:
        """The page, to be read."""
        return BeautifulSoup(self.text, "html.parser")


@dataclass
class Actor:
    """One person at their browser: cookies, pages, forms."""

    name: str
    email: str
    http: httpx.Client

    def get(self, path: str) -> BeautifulSoup:
        """Open a page; raises PlayFailed unless it answers 200."""
        answer = self.http.get(path)
        if answer.status_code != 200:
            raise PlayFailed(f"{self.name} : {path} a répondu {answer.status_code}")
        return BeautifulSoup(answer.text, "html.parser")

    def send(self, form: Tag, here: str, **values: Value) -> Answer:
        """Send a form of a page as a browser does: what it shows, then what is typed and chosen."""
        target = urljoin(here, str(form.get("action") or here))
        answer = self.http.post(
            target,
            data=shown(form)
            | {name: value for name, value in values.items() if not isinstance(value, tuple)},
            files={name: value for name, value in values.items() if isinstance(value, tuple)} or None,
            headers={"Referer": urljoin(str(self.http.base_url), here)},
        )
        if answer.status_code >= 400:
            raise PlayFailed(f"{self.name} : {target} a répondu {answer.status_code}. {said(answer.text)}")
        return Answer(answer.url.path, answer.text)

    def download(self, path: str) -> bytes:
        """Return a file; raises PlayFailed where there is none."""
        answer = self.http.get(path)
        if answer.status_code != 200 or not answer.content:
            raise PlayFailed(f"{self.name} : {path} a répondu {answer.status_code}")
        return answer.content

    def fill(self, path: str, **values: Value) -> Answer:
        """Open a page and send its form, the one that posts to the page itself."""
        return self.send(form_of(self.get(path), path), path, **values)

    def follow(self, link: str) -> Answer:
        """Open a mailed link: what comes after « # » is for the page to send, never for the server's log."""
        parts = urlsplit(link)
        return self.fill(parts.path, code=parts.fragment)

    def close(self) -> None:
        """Leave."""
        self.http.close()

    def log_in(self, password: str) -> None:
        """Log in by the page."""
        path = "/compte/login/"
        form = form_of(self.get(path), path)
        answer = self.send(form, path, login=self.email, password=password)
        if "Se déconnecter" not in answer.text:
            raise PlayFailed(f"{self.name} : la connexion a été refusée")

    def task(self, title: str, contract: str = "/") -> str | None:
        """Return the address of the contract's task so titled, if it waits in the inbox."""
        for basket in ("a-traiter", "a-signer"):
            for row in self.get(f"/corbeilles/{basket}/").select("li.task"):
                heading, link = row.select_one(".what"), row.select_one("a.btn")
                if not heading or not link or heading.text.strip() != title:
                    continue
                if str(link["href"]).startswith(contract):
                    return str(link["href"])
        return None

    def wait_for(self, title: str, contract: str = "/") -> str:
        """Read the inbox until the contract's task comes."""
        late = f"{self.name} : la tâche « {title} » n’est pas venue en {PATIENCE:.0f} s"
        return looked_for(lambda: self.task(title, contract), late)


def looked_for(look: Callable[[], Found | None], late: str) -> Found:
    """Look until something is there, and return it; raises PlayFailed, which says ``late``."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            raise PlayFailed(late)
        time.sleep(LOOKS_EVERY)
    return found


def form_of(page: BeautifulSoup, action: str) -> Tag:
    """Return the form of a page that posts to ``action``."""
    for form in page.select("form[method=post]"):
        if str(form.get("action") or action).split("?")[0] == action:
            return form
    raise PlayFailed(f"la page ne contient pas le formulaire {action}")


def shown(form: Tag) -> dict[str, str | list[str]]:
    """Return what a browser would send of a form that nobody touched; its buttons and files left out."""
    found: dict[str, list[str]] = {}
    for item in form.select("input[name], textarea[name], select[name]"):
        name, kind = str(item["name"]), item.get("type", "")
        if item.name == "textarea":
            found.setdefault(name, []).append(item.text.strip("\n"))
        elif item.name == "select":
            options = item.select("option[selected]") or item.select("option")[:1]
            found.setdefault(name, []).extend(str(option.get("value", "")) for option in options)
        elif kind in {"radio", "checkbox"}:
            if item.has_attr("checked"):
                found.setdefault(name, []).append(str(item.get("value", "on")))
        elif kind not in {"file", "submit"}:
            found.setdefault(name, []).append(str(item.get("value", "")))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def today() -> date:
    """Return the day that it is in France."""
    return datetime.now(PARIS).date()


def option(form: Tag, name: str, words: str) -> str:
    """Return the value of a list's option that holds these words; raises PlayFailed."""
    for each in form.select(f"select[name='{name}'] option"):
        if words in each.text:
            return str(each["value"])
    raise PlayFailed(f"la liste « {name} » ne propose pas « {words} »")


def said(html: str) -> str:
    """Return what a page says that went wrong."""
    page = BeautifulSoup(html, "html.parser")
    words = [tag.get_text(" ", strip=True) for tag in page.select(".errorlist, .notice, main h1, main p")[:4]]
    return " · ".join(words)


@dataclass
class Stage:
    """The server, the contract that is played on it, and everybody who has logged in so far."""

    url: str
    password: str
    data: dict[str, Any]
    contract: str = ""  # the address of the page of the contract that is played; empty until it is opened
    actors: dict[str, Actor] = field(default_factory=dict)
    steps: int = 0

    def actor(self, person: str) -> Actor:
        """Return a person, logged in."""
        if person not in self.actors:
            row = next(p for p in self.data["persons"] if p["id"] == person)
            self.enter(person, f"{row['first_name']} {row['last_name']}", row["email"]).log_in(self.password)
        return self.actors[person]

    def enter(self, person: str, name: str, email: str) -> Actor:
        """Sit somebody down before a browser of their own."""
        http = httpx.Client(base_url=self.url, follow_redirects=True, timeout=30, trust_env=False)
        self.actors[person] = actor = Actor(name, email, http)
        return actor

    def close(self) -> None:
        """Have everybody leave."""
        for actor in self.actors.values():
            actor.close()

    @property
    def facts(self) -> dict[str, Any]:
        """What the demonstration's data say of Clairval's contract."""
        found: dict[str, Any] = next(c for c in self.data["contracts"] if c["id"] == CONTRACT)
        return found

    @contextmanager
    def step(self, person: str, what: str) -> Iterator[Actor]:
        """Announce a step, do it, say how long it took."""
        self.steps += 1
        started = time.monotonic()
        actor = self.actor(person)
        yield actor
        console.print(
            f"  {self.steps:>2}. {actor.name} : {what} [dim]({time.monotonic() - started:.1f} s)[/dim]"
        )
