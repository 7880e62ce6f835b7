"""Long texts of a contract: columns of several lines whose structure is shown and printed."""

from __future__ import annotations

from typing import Any

from django import forms

from stakeholders.text import Lines, LinesField


class LongTextInput(forms.Textarea):
    """A place for a long text: pages put the tools of its structure above it."""

    is_structured = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-structured": "", **(attrs or {})})


class LongTextField(LinesField):
    """Several lines with a structure (:mod:`contracts.structure`)."""

    widget = LongTextInput


class LongText(Lines):
    """A column of several lines with a structure, kept as it was typed."""

    in_forms = LongTextField

    def formfield(self, **kwargs: Any) -> Any:
        """Ask for it with the tools of its structure."""
        return super().formfield(**{"widget": LongTextInput, **kwargs})
