"""News that travel up from this room. All are sent inside the transaction that makes them true."""

from django.dispatch import Signal

# request=SignatureRequest: PREPARED, SIGNED, STAMPED, or waiting (error_code)
signature_progressed = Signal()
signature_completed = Signal()  # request=SignatureRequest, now DONE
signature_failed = Signal()  # request=SignatureRequest, now FAILED (error_code, error_text, permanent)
envelope_sealed = Signal()  # envelope=Envelope, now SEALED
seal_failed = Signal()  # envelope=Envelope, error=str (French)
