"""How a state looks: the style sheet has one look for each, the template one icon."""

from __future__ import annotations

DONE, NOW, LATE, WAIT, STOP = "done", "now", "late", "wait", "stop"
