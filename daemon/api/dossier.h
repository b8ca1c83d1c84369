/*
 * A request in the hand: what the database holds of it, opened, with the changes that an act makes.
 * One form for reading, for acts and for new requests, so that all of them answer alike.
 */
#pragma once

#include "daemon/api/call.h"
#include "daemon/api/json_text.h"
#include "daemon/db/request_row.h"
#include "lib/lifecycle.h"
#include "lib/agenda.h"
#include "lib/pool.h"
#include "lib/stage.h"

#define DOSSIER_EVENTS_MAX 8

struct paper_form; /* paper.h */

struct dossier {
	struct api *api;
	struct book *book; /* held */
	struct pool *pool; /* strings of this dossier */
	struct request_row row;
	enum kezek_state state;
	uint8_t key[SEAL_KEY_SIZE];
	bool is_erased;       /* its key was destroyed: no content any more */
	json_object *content; /* {applicant, form, documents, external_ref, …}, or NULL */
	const struct service *service; /* the pinned version; NULL: the catalogue has it no more */
	const struct variant *variant;
	bool changed[DEADLINES_MAX];
	int deadline_count, link_count;
	struct dossier_parent { /* what it came of; number NULL: nothing, the citizen's own */
		struct uuid id;
		const char *number, *kind, *agency, *office;
	} parent;
	struct event_row *events; /* of this act, moved into the member by dossier_changes */
	int event_count, event_room;
	int64_t now;
	/* Large, and written whole as they are counted: never cleared. */
	struct deadline_row deadlines[DEADLINES_MAX];
	struct link_row links[LINKS_MAX]; /* what came of it */
};

/* A new one, nothing filled in but api, book, pool, key and id; wrapped key into the member. */
void dossier_init(struct dossier *d, struct api *a, struct book *b, int64_t now);
/* From a row of kezek.request_view; everything is copied. 0, or -EBADMSG (logged): cannot be
 * opened. */
_must_check_ int dossier_read(
	struct dossier *d, struct api *a, struct book *b, int64_t now, struct row row);
/* One with dates alone, for computing them anew: no content, no key; the row's strings are
 * borrowed.
 */
void dossier_of_dates(struct dossier *d, struct api *a, struct book *b, int64_t now,
	const struct request_row *row);
void dossier_done(struct dossier *d);

/* Journal: the next event; `before` and `after` are filled in by the caller from the pool. */
struct event_row *dossier_event(
	struct dossier *d, const char *kind, int64_t occurred_at, const struct call *c);
/* dossier_place.c: the class of priority that the variant gives. */
void dossier_follow_priority(struct dossier *d);
/* The place as read, at d->now. Of one that is over, the standard says what it will be if it is
 * opened again. */
void dossier_judge_place(struct dossier *d);
/* ,"priority":…,"on_desk":…,"handed_back":…,"kept":… */
void dossier_write_place(struct text *t, const struct dossier *d);
/* Moves to `state`; keeps the row's mirror of the decide deadline, responsible and closing right.
 */
void dossier_move(struct dossier *d, enum kezek_state state);
void dossier_mirror(struct dossier *d);

/* Into a member of a batch. */
void dossier_state(const struct dossier *d, struct state_row *ret);
void dossier_changes(struct dossier *d, struct changes *ret);
/* A new request into a member of a batch: what the row and the dossier's changes say. The caller
 * adds who, by which key, what is sealed and how it is answered. */
void dossier_open(struct dossier *d, struct open_member *m);

/* The JSON of a request as this viewer may see it; `receipt`: with the receipt. */
void dossier_write(struct text *t, const struct dossier *d, const struct viewer *viewer,
	const char *principal, enum lang lang, bool receipt);
/* receipt.c, receipt_print.c: what the citizen is handed, in the applicant's language. */
void dossier_write_receipt(struct text *t, const struct dossier *d);
void dossier_write_receipt_text(struct text *t, const struct dossier *d, struct paper_form form);
/* certificate.c: that silence was consent, for who must prove it; nothing where it was not. */
bool dossier_is_approved_tacitly(const struct dossier *d);
void dossier_write_certificate(struct text *t, const struct dossier *d);
void dossier_write_certificate_text(
	struct text *t, const struct dossier *d, struct paper_form form);
void dossier_write_deadlines(struct text *t, const struct dossier *d, bool explain);
/* A question to another body: it has no applicant, and its answer is its decision. */
bool dossier_is_question(const struct dossier *d);
bool dossier_is_overdue(const struct dossier *d);
const struct zone *dossier_zone(const struct dossier *d);
/* Required documents of the standard that the content does not hold. */
size_t dossier_missing(const struct dossier *d, const struct document_standard *ret[], size_t room);
/* Whether a list of documents holds one of this kind that counts: was it too old when it was handed
 * in, it does not. */
bool documents_have(json_object *documents, const char *kind);
/* When the fee was paid; MOMENT_NONE: it was not, as far as is known. */
int64_t dossier_paid_at(const struct dossier *d);
/* The fee, which is not paid yet; 0: nothing is owed. */
int64_t dossier_owes(const struct dossier *d);
