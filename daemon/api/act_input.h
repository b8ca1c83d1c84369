/* What the body of an act says. */
#pragma once

#include "daemon/api/act.h"

struct act_input {
	struct json_reader reader;
	const char *reason, *legal_basis, *ground, *outcome, *body_number, *to_agency,
		*to_principal;
	const char *to, *backdate_reason;
	const char
		*note; /* what the journal keeps sealed: a reference, the document that was shown */
	json_object *documents;
	int64_t amount_tyiyn;
	int64_t effective_at;
};

/* The members that every act takes; in->reader stands at the body. */
void act_read_common(struct act_run *r, struct act_input *in);
