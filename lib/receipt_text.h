/*
 * What a receipt proves, as one line that can be signed, printed as a QR code and verified offline:
 *
 *     kezek1 NUMBER REGISTERED_AT OFFICE SERVICE DUE_ON CODE
 *
 * with single blanks, the values as they stand in the receipt's JSON, `-` for a due date that is
 * not there, and no end of line. That is the signed text. With ` KEY SIGNATURE` behind it (the
 * key's id; Ed25519, RFC 8032, in base64url) it is the receipt's verifiable text.
 */
#pragma once

#include "lib/text.h"

#define RECEIPT_SIGNATURE_SIZE 64 /* bytes */
#define RECEIPT_KEY_SIZE       32 /* bytes of a public key */
#define RECEIPT_KEY_ID_SIZE    9  /* eight hex digits of the public key's SHA-256, and the NUL */

struct receipt_text {
	struct span number, registered_at, office, service, due_on, code;
};

struct receipt_proof {
	struct receipt_text said;
	struct span signed_text; /* the verifiable text without key and signature */
	struct span key;
	uint8_t signature[RECEIPT_SIGNATURE_SIZE];
};

/* Adds the signed text. False, and nothing is added: a value is empty or has a blank. An empty
 * due_on is none. */
_must_check_ bool text_add_receipt_text(struct text *t, const struct receipt_text *said);
/* Behind the signed text: makes it the verifiable one. */
void text_add_receipt_signature(
	struct text *t, const char *key, const uint8_t signature[RECEIPT_SIGNATURE_SIZE]);
/* Spans point into `line`. False: it is no verifiable text. Whether the signature is true is not
 * looked at. */
_must_check_ bool receipt_text_parse(struct span line, struct receipt_proof *ret_proof);
