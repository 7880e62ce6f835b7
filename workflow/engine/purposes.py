"""What a step is for: the word by which an act finds it, whatever its name in its procedure.

The queue keeps those of the jobs: they do not change.
"""

from __future__ import annotations

CONTRIBUTE = "contribute"
SYNTHESISE = "synthesise"
ACCEPT_SYNTHESIS = "accept_synthesis"
DRAFT = "draft"
FREEZE = "freeze"
PRINT = "render"
REVIEW = "review"
APPROVE = "approve"
SETTLE_TEXT = "final_text"
CLEAR_LAUNCH = "clear_launch"
RECORD_RESOLUTION = "council_resolution"
SIGN = "sign"
MAKE_SIGNATURE = "make_signature"
SEAL = "seal"
