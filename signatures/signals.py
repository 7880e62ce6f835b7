"""News that travel up from this room, each sent inside the transaction that makes it true."""

from django.dispatch import Signal

# request=SignatureRequest, PREPARED: sent in the last transaction before its key is used; a receiver
# that finds that the person may no longer sign raises errors.NotEntitled, and the key stays unused.
key_about_to_serve = Signal()
# request=SignatureRequest: PREPARED, SIGNED, STAMPED, or waiting (error_code)
signature_progressed = Signal()
signature_completed = Signal()  # request=SignatureRequest, now DONE
signature_failed = Signal()  # request=SignatureRequest, now FAILED (error_code, error_text, permanent)
envelope_sealed = Signal()  # envelope=Envelope, now SEALED
archive_renewed = Signal()  # renewal=Renewal: the sealed file has one more time-stamp
seal_delayed = Signal()  # envelope=Envelope, waiting (error_code, error_text); is_first=bool, of an outage
seal_failed = Signal()  # envelope=Envelope, error=str (French)
trusted_list_kept = Signal()  # edition=TrustedList, which takes the place of the former one
lotl_pivot_kept = Signal()  # pivot=LotlPivot, by which others sign the list of the lists from now on
trusted_list_refused = Signal()  # trial=ListTrial, refused, and not as the try before it was
keys_changed = Signal()  # owner_id=int: a key of this person was enrolled, confirmed or withdrawn
