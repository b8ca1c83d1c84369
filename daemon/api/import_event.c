/* Reading the events of an import line: what every event may say, and what its act's facts are. */
#include "daemon/api/import_parts.h"
#include "lib/pin.h"

#define EVENTS_MAX 5000
#define WORDS_MAX  4000 /* of a note or a reason */
#define WHEN_MAX   40

const char *const import_details[] = {
#define X(name) #name,
	IMPORT_DETAILS(X)
#undef X
};

int64_t import_get_moment(struct json_reader *r, const char *name, enum json_need need)
{
	const char *s = json_get_string(r, name, need, WHEN_MAX);
	int64_t at = MOMENT_NONE;

	if (s && !moment_parse(span_of(s), &at, NULL)) {
		at = MOMENT_NONE;
		json_reader_fault(r, name, WORD_reason_bad_format, "RFC 3339", NULL);
	}
	return at;
}

int64_t import_get_past(
	struct json_reader *r, const struct intake *in, const char *name, enum json_need need)
{
	int64_t at = import_get_moment(r, name, need);

	/* Seconds between two clocks are not the future. */
	if (at != MOMENT_NONE && at > in->now + 2 * USEC_PER_MIN)
		json_reader_fault(r, name, WORD_reason_in_future, NULL, NULL);
	return at;
}

/* A day or a moment; in which calendar it is a day is known later. */
static const char *get_day(struct json_reader *r, const char *name)
{
	const char *s = json_get_string(r, name, JSON_OPTIONAL, WHEN_MAX);
	int64_t at;
	int32_t day;

	if (!s || day_parse(span_of(s), &day) ||
		(moment_parse(span_of(s), &at, NULL) && strlen(s) < MOMENT_TEXT_SIZE))
		return s;
	json_reader_fault(r, name, WORD_reason_bad_format, "2026-06-22, RFC 3339", NULL);
	return NULL;
}

/* A name or staff number, never a PIN: the journal is not sealed. */
static const char *read_actor(struct json_reader *r)
{
	const char *actor = json_get_string(r, "actor", JSON_OPTIONAL, 100);

	if (actor && strlen(actor) == PIN_LENGTH && strspn(actor, "0123456789") == PIN_LENGTH)
		json_reader_fault(r, "actor", WORD_reason_bad_format, "staff id", NULL);
	return actor;
}

/* What stands in the journal and does nothing: also a question to another body, which had no
 * request of its own there, and what came back. */
static bool is_note(const char *kind)
{
	static const char *const notes[] = {
		"note", "imported", "submit", "consult", "answer", "answered"};

	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		if (strcmp(kind, notes[i]) == 0)
			return true;
	}
	return false;
}

static void read_kind(struct json_reader *r, struct import_event *e)
{
	e->act = KEZEK_ACT_COUNT;
	e->kind = json_get_string(r, "kind", JSON_REQUIRED, 64);
	if (e->kind && !is_note(e->kind) && !act_parse(span_of(e->kind), &e->act))
		json_reader_fault(r, "kind", WORD_reason_not_allowed,
			"claim, pause, extend, forward, decide, …, note, imported, answer", NULL);
}

static void read_pause(struct import_line *l, struct json_reader *r, struct import_event *e)
{
	e->cure_by = get_day(r, "cure_by");
	e->until_at = import_get_past(r, &l->in, "until", JSON_OPTIONAL);
	if (e->until_at != MOMENT_NONE && e->until_at < e->at)
		json_reader_fault(r, "until", WORD_reason_conflict, "at", NULL);
	if (e->ground && strlen(e->ground) >= CALENDAR_CODE_SIZE)
		json_reader_fault(r, "ground", WORD_reason_too_long, "63", NULL);
}

/* By so much, or to a day or moment that the former system knew: `until` or `due_at`. */
static void read_extend(struct json_reader *r, struct import_event *e)
{
	const char *units[TERM_UNIT_COUNT];
	enum json_need need;
	const char *due_at;
	int64_t amount = 0;
	int kind, unit;

	for (int i = 0; i < TERM_UNIT_COUNT; i++)
		units[i] = term_unit_name((enum term_unit)i);
	kind = json_get_enum(
		r, "deadline", JSON_OPTIONAL, deadline_kind_wire, KEZEK_DEADLINE_COUNT);
	e->deadline = kind >= 0 ? (enum kezek_deadline_kind)kind : KEZEK_DEADLINE_decide;
	e->until = get_day(r, "until");
	due_at = get_day(r, "due_at");
	if (e->until && due_at)
		json_reader_fault(r, "due_at", WORD_reason_conflict, "until", NULL);
	else if (due_at)
		e->until = due_at;
	need = e->until ? JSON_OPTIONAL : JSON_REQUIRED;
	json_get_int64(r, "amount", need, 1, TERM_AMOUNT_MAX, &amount);
	unit = json_get_enum(r, "unit", amount ? JSON_REQUIRED : need, units, TERM_UNIT_COUNT);
	if (amount && unit >= 0)
		e->extension = (struct term_extension){(int32_t)amount, (enum term_unit)unit};
}

/* Where it went must be known here: there it goes on. */
static void read_agency(struct import_line *l, struct json_reader *r, const struct import_event *e)
{
	const char *to = e->details[IMPORT_DETAIL_to_agency];

	if (!to && e->act == KEZEK_ACT_forward)
		json_reader_fault(r, "to_agency", WORD_reason_missing, NULL, NULL);
	if (to && !catalogue_agency_find(l->in.book->catalogue, to))
		json_reader_fault(r, "to_agency", WORD_reason_not_found, to, NULL);
}

static void read_facts(struct import_line *l, struct json_reader *r, struct import_event *e)
{
	switch (e->act) {
	case KEZEK_ACT_pause:
		read_pause(l, r, e);
		break;
	case KEZEK_ACT_extend:
		read_extend(r, e);
		break;
	case KEZEK_ACT_pay:
		json_get_int64(
			r, "amount_tyiyn", JSON_OPTIONAL, 1, INT64_MAX / 2, &e->amount_tyiyn);
		break;
	case KEZEK_ACT_forward:
	case KEZEK_ACT_reassign:
		read_agency(l, r, e);
		break;
	default:
		break;
	}
}

static void read_event(struct import_line *l, struct json_reader *r, struct import_event *e)
{
	int outcome;

	e->until_at = MOMENT_NONE;
	e->at = import_get_past(r, &l->in, "at", JSON_REQUIRED);
	read_kind(r, e);
	e->actor = read_actor(r);
	e->text = json_get_string(r, "text", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, WORDS_MAX);
	e->reason = json_get_string(r, "reason", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, WORDS_MAX);
	e->ground = json_get_string(r, "ground", JSON_OPTIONAL, 64);
	e->legal_basis = json_get_string(r, "legal_basis", JSON_OPTIONAL, 500);
	for (int i = 0; i < IMPORT_DETAIL_COUNT; i++)
		e->details[i] = json_get_string(r, import_details[i], JSON_OPTIONAL, NAME_SIZE - 1);
	outcome = json_get_enum(r, "outcome", JSON_OPTIONAL, outcome_wire, KEZEK_OUTCOME_COUNT);
	e->outcome = outcome >= 0 ? outcome_wire[outcome] : NULL;
	read_facts(l, r, e);
}

/* Those of one moment stay as given. */
static int compare_events(const void *a, const void *b)
{
	const struct import_event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

void import_read_events(struct import_line *l, struct json_reader *body)
{
	json_object *all =
		json_get_array(body, "events", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, EVENTS_MAX);
	size_t n = all ? json_object_array_length(all) : 0;

	if (!n)
		return;
	l->events = calloc(n, sizeof(*l->events));
	if (!l->events)
		abort();
	for (size_t i = 0; i < n; i++) {
		struct json_reader r;

		if (!json_reader_item(&r, body, "events", all, i))
			continue;
		l->events[l->event_count].place = i;
		read_event(l, &r, &l->events[l->event_count++]);
		json_reader_end(&r);
	}
	if (!l->in.faults.count)
		qsort(l->events, l->event_count, sizeof(*l->events), compare_events);
}
