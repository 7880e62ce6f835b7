"""The trusted lists of the Union (ETSI TS 119 612): read, kept with their dates, never silently believed.

``reading`` (in the limited process) verifies and reads one, ``keeping`` decides whether it takes the place
of the one that was kept, ``fetching`` brings it, ``standing`` says what it is worth now, ``trusting`` makes
its authorities trust anchors, ``assessing`` says what it makes of a certificate (ETSI TS 119 615).
"""
