/* Sending a file as a document of a request. */
#pragma once

#include "daemon/cli/cli.h"

/*
 * Under `name`, or the file's own where it is NULL; `kind` and `headers` may be NULL. Shows how far
 * it is on a terminal. 0 with the answer (free it), or an exit code and the reason was printed.
 */
int attach_file(struct cli *c, const char *id, const char *file, const char *name, const char *kind,
	const char *const headers[], struct kezek_response **ret_response);
/* The file of "KIND=FILE"; NULL: it is not that. */
const char *attach_given_file(const char *given);
/* --attach KIND=FILE of a submission: are they files that can be sent? 0 or an exit code. */
int attach_check(const struct cli *c);
/* Attaches them to the request that was submitted, a line each. 0, or the last failure's exit code.
 */
int attach_given(struct cli *c, const char *id);
