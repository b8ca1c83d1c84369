/* The members of batched writes, one struct a kind. Strings are borrowed until on_done. */
#pragma once

#include "daemon/db/batch.h"
#include "daemon/db/records.h"

/* A new request: submitted, or imported (then `key` is agency and number, and there are many
 * events). */
struct open_member {
	struct member base;
	struct uuid id;
	const char *principal, *actor, *key;
	uint8_t fingerprint[FINGERPRINT_SIZE];
	const char *number, *registrar, *service;
	int service_version;
	const char *variant, *channel, *office, *territory, *language;
	int64_t received_at, registered_at;
	const char *backdate_reason;
	int32_t promised_due_on;
	struct text content;
	int master;
	struct text wrapped;
	struct state_row state;
	int status;
	struct text answer; /* sealed; empty: none is kept */
	int64_t generation; /* of the calendars its dates were computed by */
	struct changes changes;
	struct lookups lookups;
	struct text pin;    /* the hashes under which the applicant's open requests may stand, one
			     * behind   the other; empty: they are not looked for */
	struct text known;  /* of MEMBER_KNOWN: such a one's number; empty: not for the principal */
	const char *holder; /* in custody; NULL: nobody */
	const struct former_row *formers;
	size_t former_count;
	struct stored_answer stored;
};

enum hold {
	HOLD_KEEP,
	HOLD_CUSTODY, /* of `holder`: a lease becomes custody, or a free request is given to
			 somebody */
	HOLD_FREE,
};

/* An act, decided from what was read. */
struct act_member {
	struct member base;                  /* base.lock is the request */
	const char *principal, *actor, *key; /* key NULL: no answer is stored */
	uint8_t fingerprint[FINGERPRINT_SIZE];
	int64_t now;
	int read_version, read_seq;
	const char *read_state;
	int64_t read_fence;
	struct state_row state;
	enum hold hold;
	const char *holder, *holder_actor;
	int content_no;
	struct text content; /* sealed; empty: unchanged */
	int status;
	struct text answer;
	int64_t generation;           /* of the calendars its dates were computed by */
	struct lookups lookups;       /* added to those that are there */
	const struct link_row *links; /* that the act makes */
	int link_count;
	struct stored_answer stored;
	struct changes changes;
};

struct claimed_row {
	struct uuid request, claim;
	int64_t fence, lease_until;
};

#define CLAIMS_MAX 100

struct claim_member {
	struct member base;
	const char *principal, *actor, *agency, *services,
		*worker; /* services: newline-separated, or NULL */
	int max;
	const struct uuid *request; /* or NULL */
	int64_t lease_us;
	struct claimed_row *claimed; /* room for `max` */
	int claimed_count;
};

struct renew_member {
	struct member base; /* MEMBER_CONFLICT: lost */
	void *owner;
	const char *principal;
	struct uuid claim;
	int64_t fence, lease_us, lease_until;
};

/* A line of the access log. `requests`: {id,…}, or empty for more than a line holds. */
struct access_member {
	struct member base;
	const char *principal, *actor, *what, *query;
	struct text requests;
};

/* A claim whose answer could not be delivered: handed back by the daemon itself. */
struct release_member {
	struct member base; /* base.lock is the request */
	const char *principal;
	struct uuid claim;
	int64_t fence;
};

extern const struct batch_kind batch_release, batch_access;
extern const struct batch_kind batch_open, batch_import, batch_act, batch_claim, batch_renew;

/* Frees the members' own texts and events, not the member. */
void open_member_done(struct open_member *m);
void act_member_done(struct act_member *m);
