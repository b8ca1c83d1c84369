/* What a receipt proves: its look-up code, its signature, its verifiable text
 * (lib/receipt_text.h). */
#pragma once

#include "daemon/api/dossier.h"

/* NULL: from a former system, or its key was destroyed. */
const char *receipt_code(const struct dossier *d);
/* Adds the verifiable text. False, and nothing is added: nothing is signed here. */
bool receipt_add_proof(struct text *t, const struct dossier *d);
/* `"signature":{…}` or null. */
void receipt_write_signature(struct text *t, const struct dossier *d);
