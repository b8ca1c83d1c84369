/* The spool: submissions that the server has not answered yet, each in a file of its own. */
#pragma once

#include <json-c/json.h>

#include "daemon/cli/cli.h"

#define SPOOL_REFERENCE_SIZE 20
#define SPOOL_NAME_SIZE      48

struct spool {
	char *folder;
	int fd; /* of the folder; -1: there is none yet */
};

/*
 * One submission, held (locked) by this process. Members of `json`: reference, key
 * (Idempotency-Key), url, credential (whose it is: keys are looked up by principal), actor, office,
 * received_at, language, first and later (the two bodies as they are sent, byte for byte), files
 * (kind and name of each that lies beside it) and, once the server has refused it, problem.
 */
struct spool_entry {
	int fd; /* -1: not held */
	char name[SPOOL_NAME_SIZE];
	json_object *json;
};

enum {
	SPOOL_BUSY = 1, /* another process holds it: it is being sent */
	SPOOL_GONE,     /* sent by another in between, or never there */
	SPOOL_BROKEN,   /* the file cannot be read as an entry; it stays */
};

/* Opens the folder of --spool-dir, KEZEK_SPOOL, the profile or XDG; `make`: creates it, 0700. 0 or
 * an exit code, and the reason was printed. */
int spool_open(struct cli *c, bool make, struct spool *ret_spool);
void spool_done(struct spool *s);

/*
 * Writes the entry and holds it. When 0 is returned, it is on the disk whole, under its name; after
 * a crash before that, nothing stands there under a name. Takes `json`. 0 or -errno.
 */
int spool_add(const struct spool *s, json_object *json, struct spool_entry *ret_entry);
/* Holds the entry of that reference and reads it. 0, SPOOL_… or -errno. */
int spool_take(const struct spool *s, const char *reference, struct spool_entry *ret_entry);
/* Puts e->json in the place of what is on the disk, as durably as spool_add. 0 or -errno. */
int spool_rewrite(const struct spool *s, struct spool_entry *e);
/* Takes it off the disk, and the files beside it. 0 or -errno. */
int spool_remove(const struct spool *s, const struct spool_entry *e);
/* Lets go of it. */
void spool_release(struct spool_entry *e);
/* All entries as they stand, the first received first; one that cannot be read has `reference`
 * only. What a writer that was killed has left half done is taken away. The caller puts the array.
 */
json_object *spool_all(const struct spool *s);

/*
 * A new entry for a submission, not on the disk yet: who sends it, when it was received, and both
 * bodies (spool_entry.c). NULL: no chance or no credential is to be had. The caller puts it.
 */
json_object *spool_make(struct cli *c, json_object *body);

/* ---- files beside an entry (spool_files.c) ---- */

/* Of the no-th file, from 1: its entry's reference and the number. */
void spool_file_name(const char *reference, size_t no, char ret_name[SPOOL_NAME_SIZE]);
/* Copies what --attach names beside the entry, as durably, and writes into the entry what they are.
 * 0 or -errno. */
int spool_files_keep(const struct cli *c, const struct spool *s, struct spool_entry *e);
/* Attaches them to the request; 0, or an exit code and the reason was printed. */
int spool_files_send(struct cli *c, const struct spool *s, json_object *entry, const char *id);

/* ---- sending them (spool_send.c) ---- */

/* Is this how a server fails that is away, or that may have done it all the same? Then nothing is
 * known, and only the same key and bytes may be sent. */
bool spool_is_away(const struct cli *c, int failure);
/*
 * `kezek submit --spool`: keeps the body, sends it, and prints the receipt by `print` (which frees
 * the response, and gives *ret_id), or a provisional slip where the server is away. An exit code;
 * where it is EXIT_REFUSED, kezek_refusal says why, and the body is kept no more.
 */
int spool_submit(struct cli *c, json_object *body,
	int (*print)(struct cli *c, struct kezek_response *r, char **ret_id), char **ret_id);

/* ---- for people (slip.c) ---- */

/* The body of an entry; the caller puts it. */
json_object *spool_body(json_object *entry);
/* The paper for the applicant, in the applicant's language. */
void slip_print(const struct cli *c, json_object *entry);
/* "kezek: <title> (code)" and each fault on a line, of a problem that an entry was put aside for.
 */
void problem_print(json_object *problem, FILE *out);

/* ---- what the server said before (spool_known.c) ---- */

/*
 * GET of what a counter has to know: the answer, or with --spool the one of the last time where the
 * server is away (c->away is set). The caller puts it; NULL: there is none.
 */
json_object *known_get(struct cli *c, const char *path);
/* The one of the last time, without asking. */
json_object *known_look(struct cli *c, const char *path);
