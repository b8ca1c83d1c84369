/* Rows as C sees them: the parts that batched writes carry. Strings are borrowed. */
#pragma once

#include "daemon/db/batch.h"
#include "daemon/db/linked.h"
#include "daemon/db/lookups.h"
#include "include/kezek/types.h"

#define FINGERPRINT_SIZE 32
#define RUNGS_MAX        16 /* LADDER_RUNGS_MAX of lib/ladder.h */

/* One deadline of a request: kezek.deadline, or kezek.deadline_done once stopped. */
struct deadline_row {
	int no;
	const char *kind, *state;
	int rule_version;
	const char *calendar;
	int calendar_version;
	const char *source;
	int64_t started_at, due_at;
	int32_t due_on;
	bool provisional;
	const char *pauses, *extensions; /* JSON text or NULL */
	int64_t breached_at, fire_at, stopped_at;
	/* While it runs: the instants of its rungs (MOMENT_NONE: none now), which have fired
	 * (bits), what the daemon does when it is breached (an act, or NULL), what it is not late
	 * before. */
	int64_t rung_at[RUNGS_MAX];
	int rung_count;
	int fired;
	const char *effect;
	int64_t cap_started_at; /* what its cap counts from; MOMENT_NONE: no cap, or not known yet
				 */
	int64_t floor_at;
	int64_t generation; /* as read: of the calendars it was computed by */
};

/* One line of the journal. `reason` and `text` are sealed; `before` and `after` JSON text or NULL.
 */
struct event_row {
	int seq;
	struct uuid id;
	const char *kind;
	int64_t occurred_at;
	const char *principal, *actor, *ground, *legal_basis;
	struct text reason, text;
	const char *before, *after;
};

/* What is stored under a key: filled in for MEMBER_DUPLICATE. */
struct stored_answer {
	struct uuid request;
	uint8_t fingerprint[FINGERPRINT_SIZE];
	int status, version;
	struct text sealed; /* the answer */
	int master;
	struct text wrapped; /* the key it is sealed under */
};

/* Where it stands in its agency's queue: the columns of kezek.work that acts change. */
struct queue_place {
	enum kezek_priority priority;
	int handed_back; /* how often it went back from somebody's hands */
	bool on_desk;    /* the supervisor's: nobody claims it */
	const char *kept_for;
	int64_t kept_until; /* only they may claim it until then; MOMENT_NONE: anybody may */
};

/* Where a request stands: the columns of kezek.request_state that acts change. */
struct state_row {
	int version, seq;
	const char *state, *agency, *responsible;
	int64_t due_at;
	int32_t due_on;
	bool provisional;
	const char *decide, *outcome, *body_number;
	int64_t closed_at;
	int hops;
	struct queue_place place;
};

#define DEADLINES_MAX 40 /* of one request, all that ever ran: each pause may start a cure */

/* An agency that had a request and gave it on, with the number it had given it: kezek.former. */
struct former_row {
	const char *agency, *body_number;
	int64_t until_at;
};

struct changes {
	int deadline_count, event_count;
	struct event_row *events;
	struct deadline_row deadlines[DEADLINES_MAX]; /* large: the others are cleared without it */
};

/* The columns request … version, as stored_answer, open and act select them. */
void stored_answer_read(struct row *r, struct stored_answer *s);
void stored_answer_done(struct stored_answer *s);
void changes_done(struct changes *c);
