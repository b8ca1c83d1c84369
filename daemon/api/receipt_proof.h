/* What a receipt proves: its look-up code, its signature, its verifiable text
 * (lib/receipt_text.h). */
#pragma once

#include "daemon/api/receipt.h"

/* The receipt's JSON without its signature, in the form that the digest is made of. */
void receipt_write_canonical(struct text *t, const struct receipt *r);
/* NULL: from a former system, or its key was destroyed. */
const char *receipt_code(const struct dossier *d);
/* Adds the verifiable text. False, and nothing is added: nothing is signed here. */
bool receipt_add_proof(struct text *t, const struct receipt *r);
/* `"signature":{…}` or null; `canonical` is the receipt without it. */
void receipt_write_signature(struct text *t, const struct receipt *r, struct span canonical);
