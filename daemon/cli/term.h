/* `kezek term`: the deadline calculator, which needs neither a server nor a database. */
#pragma once

#include <stdio.h>

#include "lib/term_case.h"

/*
 * argv[0] is "term". Without AMOUNT UNIT: cases from stdin, an answer a line (design: Deadlines,
 * The calculator). Returns the exit code: 0 done, 1 refused with the reason on stderr, 2 usage.
 */
int cli_term(int argc, char **argv);

/* The months of a term as small calendars, each day with what it was, and a legend. A colour says
 * nothing that no sign says. */
void term_months_print(
	FILE *out, const struct term_case *c, const struct term *term, enum lang lang, bool colour);
