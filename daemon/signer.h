/*
 * Signing receipts: Ed25519 (RFC 8032) under the key of the option receipt_key. Who verifies one
 * needs the public key alone, and no server: GET /v1/receipt-key, `kezek receipt verify`. The
 * public keys of before (receipt_keys_former) are served beside it, so that what they signed stays
 * proved.
 */
#pragma once

#include "daemon/settings.h"
#include "lib/receipt_text.h"

struct signer;

/* 0; or -errno, the reason logged. Without a receipt_key it signs nothing (a warning says so). */
_must_check_ int signer_new(const struct settings *settings, struct signer **ret);
void signer_free(struct signer *s);
bool signer_signs(const struct signer *s);
/* The first eight hex digits of the public key's SHA-256. Of one that signs. */
const char *signer_key_id(const struct signer *s);
void signer_sign(
	const struct signer *s, struct span text, uint8_t ret_signature[RECEIPT_SIGNATURE_SIZE]);
/* The public keys as a JSON Web Key Set (RFC 7517, RFC 8037): the one in use first. */
void signer_write_keys(struct text *t, const struct signer *s);
