/* What lies ahead of one deadline: its date, the instants of its rungs, and which of them is next.
 */
#pragma once

#include "lib/ladder.h"

/* Holds no memory; copy it freely. */
struct agenda {
	struct term term;
	int64_t rung_at[LADDER_RUNGS_MAX]; /* MOMENT_NONE: void, or waiting while it is paused */
	size_t nrungs;
};

/*
 * From the facts of a deadline; `ladder` may be NULL. Reads no clock, allocates nothing. 0, or
 * TERM_BEYOND and the output untouched.
 */
_must_check_ int agenda_make(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, const struct ladder *ladder, struct agenda *ret_agenda);
/*
 * The same after a change of the calendar that was recorded at `changed_at`: it never makes
 * lateness begin before that, for which `facts` gets its floor; `term.floored` tells whether it
 * mattered. `old_due_at` MOMENT_NONE: it had no date.
 */
_must_check_ int agenda_renew(const struct calendar *calendar, const struct term_rule *rule,
	struct term_facts *facts, const struct ladder *ladder, int64_t old_due_at,
	int64_t changed_at, struct agenda *ret_agenda);
/*
 * The same for a date that no rule gives (imported from a former system, stated by an act). Shares
 * of the term are void: it has no length. `rule` may be NULL: then there are no rungs.
 */
void agenda_of_date(const struct calendar *calendar, const struct term_rule *rule,
	const struct term_facts *facts, int64_t due_at, const struct ladder *ladder,
	struct agenda *ret_agenda);

/* Bits of rungs, as kezek.deadline.fired keeps them: bit n is rung n. */

/* When something happens next: a rung that has not fired, or the due moment while it has not been
 * breached. MOMENT_NONE: never. */
int64_t agenda_next(const struct agenda *a, unsigned fired, bool is_breached);
/*
 * What has fired in the epoch that begins at `now` because the date moved: all that had, but for
 * rungs which the standard fires again and whose new instant is ahead (deadlines.md, Ladder).
 */
unsigned agenda_epoch(
	const struct agenda *a, const struct ladder *ladder, unsigned fired, int64_t now);
/* The rungs whose instant has passed at `now`. */
unsigned agenda_passed(const struct agenda *a, int64_t now);
