/* How a request, its deadlines and its journal look to people. */
#pragma once

#include "daemon/cli/cli.h"
#include "daemon/cli/tree.h"
#include "daemon/cli/table.h"

#define MOMENT_SIZE 20

/* "2026-11-20T16:40:00+06:00" as "2026-11-20 16:40", in the calendar's zone as the server wrote it.
 */
const char *moment_short(const char *moment, char ret_text[MOMENT_SIZE]);

void refusal_print(const struct cli *c, const struct kezek_refusal *f, FILE *out);
/* The deadlines of a request, and what has happened to each (deadlines.c). */
void deadlines_print(const struct cli *c, json_object *request);
/* The whole of one request. */
void request_print(const struct cli *c, json_object *request);
/* One line of a list of requests: start once, add each, print. */
void requests_start(const struct cli *c, struct table *t);
void requests_add(const struct cli *c, struct table *t, json_object *request);
/* What a request is now, in one line, after an act. */
void request_print_brief(const struct cli *c, json_object *request);
/* --json: the answer itself; else `print` of it. Frees the response. Returns 0 or an exit code. */
int answer_print(struct cli *c, struct kezek_response *r,
	void (*print)(const struct cli *c, json_object *request));
