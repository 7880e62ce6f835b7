"""How far clocks may be apart: an authority's and ours, or two authorities'.

RFC 3161 § 2.4.2 lets an authority say how exact it is; few do, and servers drift by more than they say.
"""

from __future__ import annotations

import datetime as dt

TOLERANCE = dt.timedelta(minutes=5)  # either way
