"""Receipts proved in bulk: Ed25519 by the libcrypto that Python itself has loaded, with the daemon's public key."""

import base64
import ctypes
import ssl  # loads libcrypto

import support.paper

ED25519 = 1087  # NID_ED25519
assert ssl.HAS_TLSv1_3


def _crypto():
    with open("/proc/self/maps", encoding="utf-8") as maps:
        path = next(line.split()[-1] for line in maps if "libcrypto" in line)
    lib = ctypes.CDLL(path)
    lib.EVP_PKEY_new_raw_public_key.restype = lib.EVP_MD_CTX_new.restype = ctypes.c_void_p
    lib.EVP_PKEY_new_raw_public_key.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    lib.EVP_DigestVerifyInit.argtypes = [ctypes.c_void_p] * 5
    lib.EVP_DigestVerify.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    lib.EVP_MD_CTX_free.argtypes = lib.EVP_PKEY_free.argtypes = [ctypes.c_void_p]
    return lib


CRYPTO = _crypto()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def is_signed(receipt, keys):
    """Whether one of the daemon's keys has signed what this receipt says."""
    signature = receipt["signature"]
    public = next((decode(k["x"]) for k in keys["keys"] if k["kid"] == signature["key"]), None)
    if public is None:
        return False
    key = CRYPTO.EVP_PKEY_new_raw_public_key(ED25519, None, public, len(public))
    context = CRYPTO.EVP_MD_CTX_new()
    said, value = support.paper.signed_text(receipt).encode("utf-8"), decode(signature["value"])
    try:
        return (CRYPTO.EVP_DigestVerifyInit(context, None, None, None, key) == 1
                and CRYPTO.EVP_DigestVerify(context, value, len(value), said, len(said)) == 1)
    finally:
        CRYPTO.EVP_MD_CTX_free(context)
        CRYPTO.EVP_PKEY_free(key)
