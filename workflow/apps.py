from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    """In which order: the flow, its tasks, acts, gates and live events."""

    name = "workflow"
    verbose_name = _("Circuit")

    def ready(self) -> None:
        """Listen to what lower floors tell."""
        for room in ("accounts", "card", "news", "platform", "powers", "signing"):
            import_module(f"workflow.{room}.receivers")
        import_module("workflow.board.pushed")
