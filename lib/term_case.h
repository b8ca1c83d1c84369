/* The calculator: one case of JSON in, one answer of JSON out (design: Deadlines, The calculator).
 */
#pragma once

#include "lib/term_explain.h"
#include "lib/term_read.h"

/*
 * Answers one line; never fails: a bad case, or no JSON at all, answers {"id":…,"error":{"pointer",
 * "message"}} with the first fault, and {"faults":[…]} with all where there are several. No newline
 * is added.
 */
void term_case_answer(const struct calendars *calendars, struct span line, struct text *ret_answer);
