/* The keys under which the database's rows stand, held against those that the key files have. */
#pragma once

#include "daemon/db/pg.h"
#include "daemon/seal.h"

struct api;

enum key_standing {
	KEY_PRESENT, /* new rows stand under it */
	KEY_RETIRED, /* old rows do, and are read by it */
	KEY_LOST,    /* the settings say so */
	KEY_MISSING,
};

struct key_use {
	bool is_master; /* else an index key */
	int32_t id;
	enum key_standing standing;
};

#define KEY_USES_MAX 64

/* Those of the key files, then further ones of the rows of keys_in_use. Returns how many. */
int key_uses_read(const struct unit *u, struct seal *s, const struct settings *settings,
	struct key_use ret[KEY_USES_MAX]);
const char *key_use_kind(const struct key_use *k);

/* Once, before anything is served. Where a key is missing that is logged, and hooks.on_unfit
 * called. */
void keys_check(struct api *a);

/* `kezekd rewrap`: what stands under retired keys comes under the present ones, by role kezek_jobs.
 */
struct rewrap_options {
	const char *conninfo;
	bool dry; /* count only */
};
/* The exit status: 0 when nothing stands under another key any more. */
int rewrap_run(const struct settings *settings, const struct rewrap_options *options);
