/* What a receipt tells, or the slip of a refusal at the counter: read once, for its JSON, its
 * papers and its proof. */
#pragma once

#include "daemon/api/dossier.h"

#define RECEIPT_MISSING_MAX 64

struct receipt_missing {
	const char *kind;
	const struct document_standard *standard; /* NULL: the standard has it no more */
	bool too_old;                             /* it was brought, and was too old */
};

struct receipt {
	const struct dossier *d;
	enum lang lang; /* the applicant's */
	const struct office *office;
	const char *clerk;
	struct receipt_missing missing[RECEIPT_MISSING_MAX];
	size_t missing_count;
	int32_t complete_by, pay_by, appeal_by; /* DAY_NONE: none */
	int64_t paid_at;                        /* MOMENT_NONE: not */
	bool is_refusal;
	const char *ground_code, *reason; /* of the refusal, or NULL */
	const struct ground *ground;      /* NULL: the standard has it no more */
};

void receipt_read(const struct dossier *d, struct receipt *ret);
/* The sentence of the decide deadline, or why there is no date. */
void receipt_add_sentence(struct text *t, const struct receipt *r);
/* The next document from `*i` on that counts, with its standard (or NULL); NULL: no more. */
json_object *receipt_taken_next(
	const struct receipt *r, size_t *i, const struct document_standard **ret_standard);
