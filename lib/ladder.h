/* Ladders: the instants before and after a due date at which somebody is told (design: Deadlines,
 * Ladder). */
#pragma once

#include "lib/json.h"
#include "lib/term.h"

#define LADDER_RUNGS_MAX 16

enum rung_kind {
	RUNG_PERCENT,     /* n % of the term has run */
	RUNG_WORKING_DAY, /* the opening of the n-th working day from due_on; n < 0 before it */
	RUNG_HOUR,        /* n hours from due_at */
	RUNG_DUE,         /* due_at */
};

enum rung_to { RUNG_TO_OFFICER, RUNG_TO_HEAD, RUNG_TO_SUPERVISOR };

struct rung {
	enum rung_kind kind;
	int32_t n;
	enum rung_to to; /* default: the officer */
	bool refire;     /* fires again when the date has moved after it fired */
};

/* Holds no memory; copy it freely. */
struct ladder {
	struct rung rungs[LADDER_RUNGS_MAX];
	size_t count;
};

/* An array of {"at","to","refire"}. Returns 0, or 1 with faults under `pointer`. */
_must_check_ int ladder_read(
	json_object *json, const char *pointer, struct faults *faults, struct ladder *ret_ladder);
/* "75%", "-3 working_day", "+4 hour", "0". */
#define RUNG_TEXT_SIZE 32
void rung_format(const struct rung *rung, char out[RUNG_TEXT_SIZE]);
const char *rung_to_name(enum rung_to to);

enum {
	RUNG_VOID = 1,    /* it would lie before the start: never fires */
	RUNG_WAITING = 2, /* the term is paused before it, so that it has no instant now */
};

/* Of a term that term_compute gave for the same arguments. Returns 0, RUNG_VOID or RUNG_WAITING. */
_must_check_ int ladder_instant(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, const struct term *term, const struct rung *rung,
	int64_t *ret_at);
