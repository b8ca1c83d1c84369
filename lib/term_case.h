/* The calculator: one case of JSON in, one answer of JSON out (design: Deadlines, The calculator).
 */
#pragma once

#include "lib/ladder.h"
#include "lib/term_explain.h"
#include "lib/term_read.h"

/* One case, read; `{0}` before. Borrows the calendars it was read with. */
struct term_case {
	const struct calendar *calendar;
	struct term_rule rule;
	int64_t rule_version; /* 0: unnumbered */
	struct term_facts facts;
	struct ladder ladder;
	/* What the above point to. */
	struct calendar *own_calendar;
	struct term_rule cap;
	struct term_pause *pauses;
	struct term_extension *extensions;
};

/* {"id","calendar","rule","start","pauses","extensions","cap"}, and "cap_start" (what the cap
 * counts from, else the start), "rule_version", "ladder" and "floor" (a moment before which
 * lateness does not begin) where they are wanted. Returns 0, or 1 with faults; term_case_done in
 * either case. */
_must_check_ int term_case_read(json_object *json, const struct calendars *calendars,
	struct faults *faults, struct term_case *ret_case);
void term_case_done(struct term_case *c);
#define _term_case_                                                                                \
	_cleanup_(term_case_done)                                                                  \
	struct term_case

/*
 * A line is a case, or a known answer, {"case","expect","why"}: then the case is answered, and
 * "agrees" says whether the answer says all that `expect` does.
 *
 * Answers one line; never fails: a bad case, or no JSON at all, answers {"id":…,"error":{"pointer",
 * "message"}} with the first fault, and "faults" with all where there are several. No newline is
 * added. False: it was such an error.
 */
bool term_case_answer(const struct calendars *calendars, struct span line, struct text *ret_answer);
