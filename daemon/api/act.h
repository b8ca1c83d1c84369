/* Acts: one engine for all of them. Read the request and the stored answer, decide, compare and
 * set. */
#pragma once

#include "daemon/api/dossier.h"
#include "daemon/api/links.h"
#include "daemon/api/readings.h"

/*
 * One act on one request, named by id or by claim. An endpoint runs one of them; the batches of
 * /v1/claims run many. Embedded; act_run, then on_done once, in a later turn.
 */
struct act_run {
	struct call *c;
	enum kezek_act act;
	bool by_claim;
	struct uuid request, claim;
	int64_t fence; /* with by_claim, or where has_fence */
	bool has_fence;
	bool has_if_match;
	int if_match;
	const char *key;   /* NULL: no answer is stored */
	json_object *body; /* borrowed */
	char pointer[24];  /* where `body` stands in the body of the call */
	bool is_alone;     /* not one of a batch: `answer` shows stored documents, as a GET does */
	/* What came of it. */
	enum act_result {
		ACT_DONE,     /* `answer` is the request, `version` its ETag */
		ACT_REPLAYED, /* `stored` */
		ACT_NOT_FOUND,
		ACT_ERASED,   /* nothing of it can be sealed any more */
		ACT_NOT_OPEN, /* in `state` */
		ACT_CLAIM_LOST,
		ACT_STALE,       /* `version` is the current one */
		ACT_NOT_ALLOWED, /* 403 */
		ACT_NO_PRECONDITION,
		ACT_FAULTY, /* `faults` */
		ACT_FAILED, /* `member` says how */
		ACT_AWAY,   /* `unit_how`, or `error` of the submission */
	} result;
	struct text answer;
	int version;
	enum kezek_state state;
	bool owes; /* a fee, before the act */
	struct faults faults;
	enum member_result member_result;
	int error;
	void (*on_done)(struct act_run *r);
	/* Private. */
	struct reading reading;
	struct book_waiter calendars;
	struct link_waiter links;
	struct act_member member;
	struct dossier d;
	bool has_dossier;
	json_object *documents; /* what is stored, for the answer; NULL: not asked for */
	int tries;
	const char *from_agency;  /* who had it before the act */
	const char *on_behalf_of; /* the absent one whose deputy acts; NULL: nobody */
};

void act_start(struct act_run *r);
void act_run_done(struct act_run *r);

/* POST /v1/requests/{id}/{act} and POST /v1/claims/{claim}/accept. */
void act_begin(struct call *c);
void act_accept_begin(struct call *c);
/* claims_batch.c: of one act among others, the problem of a result that is neither done nor a
 * repeat; whether it is the same call again, which is done; and the problem as members of its
 * result. */
enum kezek_problem act_problem(const struct act_run *r);
bool act_is_repeat(const struct call *c, const struct act_run *r);
void act_add_problem(
	struct text *t, struct call *c, enum kezek_problem problem, const struct faults *faults);
/* Answers the call with the result of its one act. */
void act_reply(struct call *c, struct act_run *r);

/*
 * act_apply.c: what the act does to the dossier. 0, or ACT_NOT_OPEN, ACT_FAULTY. `r->member` gets
 * hold, content and the like; the journal line is written.
 */
_must_check_ int act_apply(struct act_run *r);
/* act_spread.c: the queue that gained a request wakes, timers follow a date that moved; told in log
 * and figures. */
void act_spread(struct act_run *r);
/* act_clock.c: is it the agency's head who acts, or who stands in for an absent one? */
bool act_has_heads_rank(const struct act_run *r);
