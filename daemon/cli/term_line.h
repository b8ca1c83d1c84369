/* The words of a `kezek term` line: its options, and the case of JSON that they ask about. */
#pragma once

#include <json-c/json.h>

#include "lib/calendar.h"

/* The case is made of the line as JSON, so that both are read by one reader, with one set of
 * faults. */
struct term_line {
	const char *calendars, *calendar, *from,
		*cap_from; /* borrowed from argv; NULL: not given */
	json_object *rule, *pauses, *extensions, *ladder, *cap;
	enum lang lang;
	bool json, help;
};

void term_line_init(struct term_line *l);
void term_line_done(struct term_line *l);
/* Gives the number of operands, argv[optind] being the first, or -1 where the line is wrong and
 * that has been said on stderr. */
int term_line_take(struct term_line *l, int argc, char **argv);
/* The case that a line with AMOUNT and UNIT asks about; days in it are taken in the calendar's
 * zone. */
json_object *term_line_case(
	const struct term_line *l, const struct calendars *set, char **operands);
