/* Problem details (RFC 9457): the one form of every error that leaves kezek. */
#pragma once

#include "include/kezek/types.h"
#include "lib/fault.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* "stale_version": the wire's code, the end of `urn:kezek:problem:<code>`. */
const char *problem_code(enum kezek_problem problem);
int problem_status(enum kezek_problem problem);
/* Its title as a row of lib/words/problem.def. */
enum word problem_title(enum kezek_problem problem);
/* The problem with this wire code. False: none has it. */
bool problem_find(struct span code, enum kezek_problem *ret);

/*
 * Writes {type, code, title, status, detail, trace_id, invalid_params}. `detail` and `request_id`
 * may be NULL, `faults` NULL or empty: the member is then left out. The reasons of the faults are
 * worded in `lang`; `detail` is written as given.
 */
void problem_write(struct text *t, enum kezek_problem problem, enum lang lang, const char *detail,
	const char *request_id, const struct faults *faults);
/* The same without the closing brace: the caller adds `,"member":…` of its own and then `}`. */
void problem_open(struct text *t, enum kezek_problem problem, enum lang lang, const char *detail,
	const char *request_id, const struct faults *faults);
