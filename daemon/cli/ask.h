/* Asking at a terminal for what a submission still lacks. */
#pragma once

#include "daemon/cli/cli.h"

/* Questions go to stderr, answers come from stdin. 0, or an exit code: the reason was printed. */
int ask_submission(struct cli *c, json_object *body);
