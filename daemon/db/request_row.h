/* A request as it is read. */
#pragma once

#include "daemon/db/records.h"

/* A request as kezek.request_view shows it; strings are borrowed from the unit and valid in its
 * on_done. */
struct request_row {
	struct uuid id;
	const char *number;
	int version, seq;
	const char *state, *agency, *office, *service;
	int service_version;
	const char *variant, *channel, *territory, *language;
	int64_t received_at, registered_at;
	const char *backdate_reason;
	int64_t due_at;
	int32_t due_on;
	bool provisional;
	int32_t promised_due_on;
	const char *decide, *outcome, *responsible, *body_number;
	int64_t updated_at, closed_at;
	const char *submitted_by, *submitted_actor;
	bool imported;
	int master;
	struct span wrapped, content;
	int content_no;
	bool has_claim;
	struct uuid claim;
	int64_t fence;
	const char *holder, *holder_actor, *worker;
	int64_t lease_until;
	struct elements deadlines; /* kezek.deadline_line */
	int hops;                  /* how often it was forwarded */
	struct span links, parent; /* JSON, or {NULL, 0} */
	bool has_place; /* else it is over, or a new one: its priority is the standard's */
	struct queue_place place;
};

void request_row_read(struct row r, struct request_row *ret);
