/* The deadlines of a request in the hand: always computed from the facts, never adjusted in place.
 */
#pragma once

#include "daemon/api/dossier.h"

/* The one that the request is judged by: to decide; of a question, to answer. NULL: none has begun.
 */
const struct deadline_row *dossier_main(const struct dossier *d);
/* Deadlines. A kind may have run before: `find` gives the running or paused one. */
struct deadline_row *dossier_deadline_find(struct dossier *d, const char *kind);
struct stage_calendars dossier_calendars(const struct dossier *d);
/* Starts a deadline by `rule`; nothing when its calendar has no such day. `facts` are what its cap
 * may count from; NULL: it begins anew, and its cap with it. */
struct deadline_row *dossier_start(struct dossier *d, enum kezek_deadline_kind kind,
	const struct term_rule *rule, int64_t start_at, const struct stage_facts *facts);
/* A former system's date, kept as lawful: no rule computes it. Nothing without the agency's
 * calendar. */
struct deadline_row *dossier_start_imported(
	struct dossier *d, enum kezek_deadline_kind kind, int64_t start_at, int64_t due_at);
/* Starts every stage of the standard whose fact is among `facts` and which has not begun yet. */
void dossier_start_stages(struct dossier *d, const struct stage_facts *facts);
/* By its rule, or until the moment that an act stated: the applicant's term to complete, another
 * body's to answer. NULL: neither. */
struct deadline_row *dossier_start_until(struct dossier *d, enum kezek_deadline_kind kind,
	const struct term_rule *rule, int64_t start_at, int64_t until_at);
/* The same deadline in another agency's hands, by its own calendar: start, pauses and extensions
 * are the facts of `of`, which may be another dossier's. */
struct deadline_row *dossier_start_like(struct dossier *d, const struct deadline_row *of);
/* Stops at `at`: met, or missed when that is too late; what passed by then without its timer is
 * journaled first. */
void dossier_stop(struct dossier *d, struct deadline_row *row, int64_t at);
void dossier_void(struct dossier *d, struct deadline_row *row, int64_t at);
void dossier_void_all(struct dossier *d, int64_t at);
/* Journals what passed by `at` and no timer has fired: rungs and the due moment, in their order. */
void dossier_catch_up(struct dossier *d, struct deadline_row *row, int64_t at);
/* The same for a case that another system kept: its rungs were that system's to fire, and so was
 * what follows a breach. */
void dossier_pass_over(struct dossier *d, struct deadline_row *row, int64_t at);

/* Pauses and extensions: facts, from which the date is computed anew. */
#define DOSSIER_PAUSES_MAX     32
#define DOSSIER_EXTENSIONS_MAX 16
size_t dossier_pauses(const struct deadline_row *row, struct term_pause ret[DOSSIER_PAUSES_MAX]);
void dossier_set_pauses(
	struct dossier *d, struct deadline_row *row, const struct term_pause *pauses, size_t n);
size_t dossier_extensions(
	const struct deadline_row *row, struct term_extension ret[DOSSIER_EXTENSIONS_MAX]);
/* Without those that a former system's date holds already. */
size_t dossier_counted_extensions(
	const struct deadline_row *row, struct term_extension ret[DOSSIER_EXTENSIONS_MAX]);
/* By the standard, which may be NULL. Limits and room are the caller's to see to. */
struct term_pause dossier_new_pause(
	const struct pause_standard *p, const char *ground, int64_t from_at);
void dossier_pause(struct dossier *d, struct deadline_row *row, const struct term_pause *pause);
void dossier_extend(struct dossier *d, struct deadline_row *row, const struct term_extension *more);
/* Of a former system's date, which holds it already: recorded, and moves nothing. */
void dossier_note_extension(
	struct dossier *d, struct deadline_row *row, const struct term_extension *granted);
/* From here on `due_at` is the lawful date, as a former system stated it, and its day is what was
 * promised: it holds all that has happened, but for a pause that still stands open. */
void dossier_restate(struct dossier *d, struct deadline_row *row, int64_t due_at);
/* The deadline in which a pause stands open, and the pause; NULL: none. */
struct deadline_row *dossier_paused_find(struct dossier *d, struct term_pause *ret_open);
void dossier_resume(struct dossier *d, struct deadline_row *row, int64_t at);

/* Did it begin with the last decision or after it? A notice may also be owed of a forwarding. */
bool dossier_follows_decision(const struct dossier *d, const struct deadline_row *row);
/* What the cap of a deadline counts from, as far as `facts` or the request tell; MOMENT_NONE: there
 * is no cap, or its fact is yet to come. */
int64_t dossier_cap_start(
	const struct dossier *d, const struct deadline_row *row, const struct stage_facts *facts);
/* The rule and cap a deadline runs by, from the pinned standard; false: not found there. */
bool dossier_rule(const struct dossier *d, const struct deadline_row *row,
	const struct term_rule **ret_rule, const struct term_rule **ret_cap);
const struct ladder *dossier_ladder(const struct dossier *d, const struct deadline_row *row);
/* The pause with which a cure began; NULL: it began with the submission. */
const struct pause_standard *dossier_pause_of_cure(
	const struct dossier *d, const struct deadline_row *cure);
/* Date, rungs and effect anew from the facts. */
void dossier_compute(struct dossier *d, struct deadline_row *row);
/* Of every running deadline whose calendar has changed since it was computed: journaled as
 * recomputed where the date moves. */
void dossier_refresh(struct dossier *d);
/* fire_at of the row as it stands. */
void dossier_set_timer(struct deadline_row *row);
/* Its term computed anew from its facts. 0, or TERM_BEYOND and the like: no rule gives its date.
 * `facts` borrows `pauses`. */
struct dossier_term {
	const struct calendar *calendar;
	const struct term_rule *rule;
	struct term_rule own_rule; /* where `rule` points for a former system's date */
	struct term_facts facts;
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	struct term_extension extensions[DOSSIER_EXTENSIONS_MAX];
	struct term term;
};
_must_check_ int dossier_term(
	const struct dossier *d, const struct deadline_row *row, struct dossier_term *ret);
