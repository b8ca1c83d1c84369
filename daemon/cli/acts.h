/* Sending one act on one request. */
#pragma once

#include "daemon/cli/cli.h"

/* Shows that one may (hold.h), sends `body`, tells what came of it. 0 or an exit code. */
int act_send(struct cli *c, const char *act, const char *id, json_object *body);
