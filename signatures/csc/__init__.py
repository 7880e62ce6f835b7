"""Remote signing: a service keeps the person's key and signs a hash that they authorise there.

The Cloud Signature Consortium's API, v1.0.4 and v2 (CSC API V2.0.0.2; profiled by ETSI TS 119 432): which
services, :mod:`.providers`; one question and its limits, :mod:`.calling`; what a refusal means,
:mod:`.faults`; the two ways of saying it, :mod:`.dialects`; what is asked, :mod:`.client`.

A PIN, an OTP, a token and a SAD live in the memory of one request, or sealed in the browser of whoever
they are of: no row, no log and no job holds one.
"""
