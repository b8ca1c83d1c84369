/* From a standard and the facts of a case to its deadlines: which start, by which rule and
 * calendar. */
#pragma once

#include "lib/standard.h"
#include "lib/term.h"

/* The moments known so far, µs; MOMENT_NONE: not yet. */
struct stage_facts {
	int64_t received_at, registered_at, complete_at, paid_at, forwarded_at, decided_at;
	int64_t stopped_at[KEZEK_DEADLINE_COUNT]; /* when the deadline of that kind stopped */
};

/* The calendars that rules choose from (calendar_of). */
struct stage_calendars {
	const struct calendars *set;
	const struct calendar *agency,
		*office; /* NULL: none known; rules that want it have no date */
};

void stage_facts_init(struct stage_facts *f);
/* The fact that starts a deadline of this kind by this rule; MOMENT_NONE: not known yet. A rule
 * that does not say starts with: register received; cure, pay, forward, decide registered; notify,
 * hand_over decided. */
int64_t stage_start(const struct term_rule *rule, enum kezek_deadline_kind kind,
	const struct stage_facts *facts);
/* NULL: there is no such calendar. */
const struct calendar *stage_calendar(
	const struct term_rule *rule, const struct stage_calendars *calendars);
/* Does a notification or a hand-over follow the decision of this variant? */
bool stage_follows_decision(const struct service *s, const struct variant *v);
