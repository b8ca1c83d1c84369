/* The verbs: one function each, named in phrases.def; they return an exit code. */
#pragma once

#include "daemon/cli/cli.h"

#define X(identifier, group, pattern, options) int identifier##_run(struct cli *c);
#include "daemon/cli/phrases.def"
#undef X
