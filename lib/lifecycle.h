/* The lifecycle of a request: one table of states and acts, from which all else is derived. */
#pragma once

#include "lib/text.h"
#include "lib/wire.h"

/* What the world is like when an act is done; decides between the rows of one act. */
enum lifecycle_fact {
	FACT_MISSING = 1 << 0, /* required documents are missing */
	FACT_PAUSES = 1 << 1,  /* the standard registers such a request and pauses it */
	FACT_FEE = 1 << 2,     /* a fee is due before work and not paid */
	FACT_HELD = 1 << 3,    /* an officer held it when it was paused */
	FACT_FOLLOWS = 1 << 4, /* a notification or a hand-over follows the decision */
	FACT_NAMED = 1 << 5,   /* the act names a person to hold it */
	FACT_WAITS = 1 << 6,   /* the pause waits for the applicant */
	FACT_PART = 1 << 7,    /* the act concerns a part of the form only */
	FACT_OWES = 1 << 8,    /* a fee is not paid, be it due before the work or after */
};

#define LIFECYCLE_NEW KEZEK_STATE_COUNT /* `from` of the acts that make a request */
/* Beside the roles: done by the daemon itself. */
#define LIFECYCLE_DAEMON (1u << KEZEK_ROLE_COUNT)

struct lifecycle_row {
	enum kezek_state from;
	enum kezek_act act;
	enum kezek_state to;
	unsigned roles;        /* bits 1 << enum kezek_role, and LIFECYCLE_DAEMON */
	unsigned needs, lacks; /* the guard: facts that must hold, and that must not */
	bool is_built;         /* not yet: answers 409 act_not_open */
	const char *why;
};

/* All rows, grouped by state and act. */
const struct lifecycle_row *lifecycle_rows(size_t *ret_count);
/* The first row of an act in a state, whatever the facts; NULL: the act is not open there (or not
 * built). */
const struct lifecycle_row *lifecycle_find(enum kezek_state from, enum kezek_act act);
/* The row that applies given the facts (bits of enum lifecycle_fact); NULL as above. */
const struct lifecycle_row *lifecycle_next(
	enum kezek_state from, enum kezek_act act, unsigned facts);
/* Is the act the role's in any state? No: 403 role_not_allowed; yes, but not here: 409. */
bool lifecycle_role_does(enum kezek_role role, enum kezek_act act);
/* A consultation is a request of its own, of which the applicant knows nothing: is the act one of
 * those that make sense there? Its answer is `decide`. */
bool lifecycle_suits_question(enum kezek_act act);
/* Adds ["claim","withdraw"…]: the acts open now to any of `roles` (bits; ~0u: to anybody but the
 * daemon). `owes`: FACT_OWES. */
void lifecycle_open_acts(
	struct text *t, enum kezek_state from, unsigned roles, bool is_question, bool owes);

/* The page of the documentation, lib/lifecycle.md: a Mermaid state diagram, and the table; and
 * lines of from (empty for a new request), act, to, roles, guard, built or planned, why, with tabs
 * between. */
void lifecycle_page(struct text *t);
void lifecycle_tsv(struct text *t);
