/* Answers that are files: papers and documents. */
#pragma once

#include "daemon/cli/cli.h"

/* GET to stdout, or to --output, which is taken away again where it failed. 0 or an exit code. */
int download(struct cli *c, const char *path, const char *accept);
