/* Profiles: named sets of settings in $XDG_CONFIG_HOME/kezek/config, an INI file. */
#pragma once

#include "daemon/cli/cli.h"

struct profile_line {
	char *name, *value;
};

/*
 * One section of the file. Names: url, ca, cert, key, token, actor, spool. Paths are
 * relative to the file's folder; "~/" is the home.
 */
struct profile {
	char *folder;
	bool is_named; /* by --profile or KEZEK_PROFILE: then it must exist, and goes before the
			  environment */
	struct profile_line *lines;
	size_t count;
};

/* 0, also where there is no file and none was named; else an exit code, and the reason was printed.
 */
int profile_open(const struct cli *c, struct profile *ret_profile);
bool profile_has(const struct profile *p, const char *name);
/* free() it; the name must be there. */
char *profile_get(const struct profile *p, const char *name, bool is_path);
void profile_done(struct profile *p);
