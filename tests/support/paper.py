"""What a receipt's signature is of, written from the contract."""

import base64
import hashlib
import json


def signed_text(receipt):
    """The line that is signed: of the receipt as it was answered, without its signature."""
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    canonical = json.dumps(unsigned, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()[:24]).decode()
    return " ".join(["kezek2", receipt["number"], receipt["registered_at"], receipt["office"]["code"],
                     receipt["service"]["code"], receipt["variant"]["code"] or "-", receipt["state"],
                     (receipt["refusal"] or {}).get("ground") or "-", receipt["due_on"] or "-",
                     str(receipt["fee_tyiyn"]), receipt["code"], digest])
