/*
 * What a receipt proves, as one line that can be signed, printed as a QR code and verified offline:
 *
 *     kezek2 NUMBER REGISTERED_AT OFFICE SERVICE VARIANT STATE GROUND DUE_ON FEE CODE DIGEST
 *
 * with single blanks, the values as they stand in the receipt's JSON (fee in tyiyn), `-` for what
 * is not there, and no end of line. DIGEST is of the whole receipt: text_add_receipt_digest. That
 * is the signed text. With ` KEY SIGNATURE` behind it (the key's id; Ed25519, RFC 8032, in
 * base64url) it is the receipt's verifiable text.
 *
 * Receipts of the first form go on being verified: `kezek1 NUMBER REGISTERED_AT OFFICE SERVICE
 * DUE_ON CODE` proves these six values alone.
 */
#pragma once

#include <json-c/json.h>

#include "lib/text.h"

#define RECEIPT_SIGNATURE_SIZE 64 /* bytes */
#define RECEIPT_KEY_SIZE       32 /* bytes of a public key */
#define RECEIPT_KEY_ID_SIZE    9  /* eight hex digits of the public key's SHA-256, and the NUL */
#define RECEIPT_HASH_SIZE      32 /* bytes of a SHA-256 */
#define RECEIPT_VERSION        2  /* the form that is written */

/* X(member, first form that has it, may be absent): in the order of the line. */
#define RECEIPT_WORDS(X)                                                                           \
	X(number, 1, false)                                                                        \
	X(registered_at, 1, false)                                                                 \
	X(office, 1, false)                                                                        \
	X(service, 1, false)                                                                       \
	X(variant, 2, true)                                                                        \
	X(state, 2, false)                                                                         \
	X(ground, 2, true)                                                                         \
	X(due_on, 1, true)                                                                         \
	X(fee, 2, false)                                                                           \
	X(code, 1, false)                                                                          \
	X(digest, 2, false)

struct receipt_text {
	int version; /* 1 or 2; words of later forms are not looked at */
#define X(member, since, optional) struct span member;
	RECEIPT_WORDS(X)
#undef X
};

struct receipt_proof {
	struct receipt_text said;
	struct span signed_text; /* the verifiable text without key and signature */
	struct span key;
	uint8_t signature[RECEIPT_SIGNATURE_SIZE];
};

/* Adds the signed text. False, and nothing is added: a value is empty that must be there, or has a
 * blank. */
_must_check_ bool text_add_receipt_text(struct text *t, const struct receipt_text *said);
/* Behind the signed text: makes it the verifiable one. */
void text_add_receipt_signature(
	struct text *t, const char *key, const uint8_t signature[RECEIPT_SIGNATURE_SIZE]);
/* Spans point into `line`. False: it is no verifiable text. Whether the signature is true is not
 * looked at. */
_must_check_ bool receipt_text_parse(struct span line, struct receipt_proof *ret_proof);

/* What the digest is made of: the receipt's JSON but for `signature`, in the canonical form of RFC
 * 8785 (U+007F is escaped all the same). */
void text_add_receipt_canonical(struct text *t, json_object *receipt);
/* The first 24 bytes of its SHA-256, in base64url. */
void text_add_receipt_digest(struct text *t, const uint8_t hash[RECEIPT_HASH_SIZE]);
