/* What the parts of an import share: reading a line, and living through it. */
#pragma once

#include "daemon/api/dossier_deadline.h"
#include "daemon/api/import_line.h"

/* import_event.c: the line's events, in the order of their moments. */
void import_read_events(struct import_line *l, struct json_reader *body);
/* MOMENT_NONE where it is absent or faulty. `get_past`: what happened has happened; a moment ahead
 * of the clock is a fault. */
int64_t import_get_moment(struct json_reader *r, const char *name, enum json_need need);
int64_t import_get_past(
	struct json_reader *r, const struct intake *in, const char *name, enum json_need need);

/* import_life.c: from the dossier with its row filled in to the case as it stands now. False: the
 * line is at fault. */
bool import_live(struct import_line *l, const struct call *c);
/* A fault of an event's member, found while living through it. */
void import_event_fault(struct import_line *l, const struct import_event *e, const char *member,
	enum word reason, const char *detail);
/* An act that was not open, or found nothing to act on. */
void import_note_not_open(struct import_line *l, const struct import_event *e);
/* Is there an event still to come whose act is one of `acts` (bits), before one of `until`? */
bool import_tells(const struct import_line *l, unsigned acts, unsigned until);

/* import_journal.c */
/* Where the case stood before an event. */
struct import_before {
	enum kezek_state state;
	const char *agency;
	int64_t due_at;
};
/* The journal begins with the import itself, at the moment from which the case is known. */
void import_journal_first(struct import_line *l, const struct call *c);
/* `before` NULL: the event changed nothing. */
void import_journal(struct import_line *l, const struct call *c, const struct import_event *e,
	const struct import_before *before);

static inline void import_flag(struct import_line *l, enum import_oddity oddity)
{
	l->oddities |= 1u << oddity;
}

/* import_act.c: what acts do to the case in the hand, whose clock (d.now) stands at the event. */
struct import_effect {
	enum kezek_act act;
	bool happened; /* takes effect even where the lifecycle does not know it: a fact is a fact
			*/
	void (*apply)(struct import_line *l, const struct import_event *e);
};
/* NULL: it changes nothing but the state. */
const struct import_effect *import_effect_find(enum kezek_act act);

/* import_clock.c: what moves deadlines. */
/* Those that begin with the registration, in the state in which the case begins. */
void import_begin(struct import_line *l);
/* What passed by `at`: the former system's to fire, and ours to have on record. */
void import_pass(struct import_line *l, int64_t at);
/* The open pause of the term to decide ends. */
void import_end_pause(struct import_line *l, int64_t at);
void import_apply_pause(struct import_line *l, const struct import_event *e);
void import_apply_resume(struct import_line *l, const struct import_event *e);
void import_apply_complete(struct import_line *l, const struct import_event *e);
void import_apply_pay(struct import_line *l, const struct import_event *e);
void import_apply_extend(struct import_line *l, const struct import_event *e);
