/*
 * Requests as one principal sees them, read together: those asked for at a time are one
 * transaction, and while it is on its way the next gather.
 */
#pragma once

#include <sys/queue.h>

#include "daemon/api/inside.h"

/* Embedded; it stays where it is until on_read. */
struct reading {
	const char *principal;
	struct uuid id; /* of the request, or of its claim */
	bool by_claim;
	const char *key;     /* NULL, or what is stored under it is read too */
	bool with_documents; /* READING_DOCUMENTS has those that are stored for it */
	bool is_handed_out;  /* with its claim: its row is put on the shelf behind on_read */
	void (*on_read)(struct reading *r); /* once, in a later turn */
	/* What came of it. Rows of `unit` may be read in on_read only. */
	int error; /* 0, or why it was not sent: `how` is UNIT_LOST then */
	enum unit_how how;
	bool is_entered; /* the principal may still */
	const struct unit *unit;
	int row;    /* of READING_REQUESTS; -1: there is none for this principal */
	int stored; /* of READING_STORED, behind the key; -1: nothing */
	/* Private. */
	int64_t asked_mono;
	TAILQ_ENTRY(reading) link;
};

enum {
	READING_ENTER,
	READING_REQUESTS,
	READING_STORED,
	READING_DOCUMENTS
}; /* statements of the unit */

struct readings *readings_new(struct api *a);
void readings_free(struct readings *all);
/* 0; -ENOTCONN, -EBUSY: on_read is then not called. */
_must_check_ int reading_submit(struct readings *all, struct reading *r);
/* µs that the oldest has waited already for a transaction to be in. */
int64_t readings_waited(const struct readings *all);
