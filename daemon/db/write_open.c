/* New requests in a batch: members to array columns, and the parts that acts share. */
#include "daemon/db/write.h"

#define MEMBER_SIGNATURE "utttbtttitttttzztdbibtttzdottziiblbtiti"
#define FORMER_SIGNATURE "uttz"

/* {"2026-01-26T03:00:00Z",NULL}: an array within an array column travels as its text. */
static void cell_rungs(struct columns *c, const struct deadline_row *d)
{
	char at[MOMENT_TEXT_SIZE];
	_text_ t = TEXT_INIT;

	for (int i = 0; i < d->rung_count; i++) {
		text_add_char(&t, i ? ',' : '{');
		if (d->rung_at[i] != MOMENT_NONE)
			moment_format(d->rung_at[i], NULL, at);
		text_adds(&t, d->rung_at[i] == MOMENT_NONE ? "NULL" : at);
	}
	if (d->rung_count)
		text_add_char(&t, '}');
	cell_text(c, d->rung_count ? t.data : NULL);
}

void write_deadlines(struct columns *c, const struct uuid *request, const struct changes *changes)
{
	for (int i = 0; i < changes->deadline_count; i++) {
		const struct deadline_row *d = &changes->deadlines[i];

		cell_uuid(c, request);
		cell_int(c, d->no);
		cell_text(c, d->kind);
		cell_text(c, d->state);
		cell_int(c, d->rule_version);
		cell_text(c, d->calendar);
		cell_int(c, d->calendar_version);
		cell_text(c, d->source);
		cell_moment(c, d->started_at);
		cell_moment(c, d->due_at);
		cell_day(c, d->due_on);
		cell_bool(c, d->provisional);
		cell_text(c, d->pauses);
		cell_text(c, d->extensions);
		cell_moment(c, d->breached_at);
		cell_moment(c, d->fire_at);
		cell_moment(c, d->stopped_at);
		cell_rungs(c, d);
		cell_int(c, d->fired);
		cell_text(c, d->effect);
		cell_moment(c, d->cap_started_at);
		cell_moment(c, d->floor_at);
	}
}

void cell_sealed(struct columns *c, const struct text *t)
{
	cell_bytes(c, t->len ? t->data : NULL, t->len);
}

void cell_priority(struct columns *c, enum kezek_priority priority)
{
	cell_int(c, (int)priority - KEZEK_PRIORITY_normal);
}

void write_events(struct columns *c, const struct uuid *request, const struct changes *changes)
{
	for (int i = 0; i < changes->event_count; i++) {
		const struct event_row *e = &changes->events[i];

		cell_uuid(c, request);
		cell_int(c, e->seq);
		cell_uuid(c, &e->id);
		cell_text(c, e->kind);
		cell_moment(c, e->occurred_at);
		cell_text(c, e->principal);
		cell_text(c, e->actor);
		cell_text(c, e->ground);
		cell_text(c, e->legal_basis);
		cell_sealed(c, &e->reason);
		cell_sealed(c, &e->text);
		cell_text(c, e->before);
		cell_text(c, e->after);
	}
}

void write_lookups(struct columns *c, const struct uuid *request, const struct lookups *lookups)
{
	for (int i = 0; i < lookups->count; i++) {
		cell_uuid(c, request);
		cell_text(c, lookups->rows[i].kind);
		cell_bytes(c, lookups->rows[i].hash, sizeof(lookups->rows[i].hash));
	}
}

static void write_work(struct columns *c, const struct open_member *m)
{
	cell_text(c, m->state.body_number);
	cell_int(c, m->state.hops);
	cell_text(c, m->holder);
	cell_priority(c, m->state.place.priority);
}

static void write_member(struct columns *c, const struct open_member *m)
{
	const struct state_row *s = &m->state;

	cell_uuid(c, &m->id);
	cell_text(c, m->principal);
	cell_text(c, m->actor);
	cell_text(c, m->key);
	cell_bytes(c, m->fingerprint, sizeof(m->fingerprint));
	cell_text(c, m->number);
	cell_text(c, m->registrar);
	cell_text(c, m->service);
	cell_int(c, m->service_version);
	cell_text(c, m->variant);
	cell_text(c, m->channel);
	cell_text(c, m->office);
	cell_text(c, m->territory);
	cell_text(c, m->language);
	cell_moment(c, m->received_at);
	cell_moment(c, m->registered_at);
	cell_text(c, m->backdate_reason);
	cell_day(c, m->promised_due_on);
	cell_sealed(c, &m->content);
	cell_int(c, m->master);
	cell_sealed(c, &m->wrapped);
	cell_text(c, s->state);
	cell_text(c, s->agency);
	cell_text(c, s->responsible);
	cell_moment(c, s->due_at);
	cell_day(c, s->due_on);
	cell_bool(c, s->provisional);
	cell_text(c, s->decide);
	cell_text(c, s->outcome);
	cell_moment(c, s->closed_at);
	cell_int(c, s->seq);
	cell_int(c, m->status);
	cell_sealed(c, &m->answer);
	cell_int64(c, m->generation);
	cell_sealed(c, &m->pin);
	write_work(c, m);
}

static void write_formers(struct columns *c, const struct open_member *m)
{
	for (size_t i = 0; i < m->former_count; i++) {
		cell_uuid(c, &m->id);
		cell_text(c, m->formers[i].agency);
		cell_text(c, m->formers[i].body_number);
		cell_moment(c, m->formers[i].until_at);
	}
}

static void write_batch(struct member *const members[], int n, struct params *p, bool imported)
{
	struct columns m, d, e, l, f;

	columns_init(&m, MEMBER_SIGNATURE);
	columns_init(&d, DEADLINE_SIGNATURE);
	columns_init(&e, EVENT_SIGNATURE);
	columns_init(&l, LOOKUP_SIGNATURE);
	columns_init(&f, FORMER_SIGNATURE);
	for (int i = 0; i < n; i++) {
		const struct open_member *o = container_of(members[i], struct open_member, base);

		write_member(&m, o);
		write_deadlines(&d, &o->id, &o->changes);
		write_events(&e, &o->id, &o->changes);
		write_lookups(&l, &o->id, &o->lookups);
		write_formers(&f, o);
	}
	params_bool(p, imported);
	params_columns(p, &m);
	params_columns(p, &d);
	params_columns(p, &e);
	params_columns(p, &l);
	params_columns(p, &f);
}

static void write_submissions(struct member *const members[], int n, struct params *p)
{
	write_batch(members, n, p, false);
}

static void write_imports(struct member *const members[], int n, struct params *p)
{
	write_batch(members, n, p, true);
}

static enum member_result result_of(struct span s)
{
	static const struct {
		const char *name;
		enum member_result result;
	} results[] = {
		{"done", MEMBER_DONE},
		{"duplicate", MEMBER_DUPLICATE},
		{"known", MEMBER_KNOWN},
		{"denied", MEMBER_DENIED},
		{"absent", MEMBER_ABSENT},
		{"conflict", MEMBER_CONFLICT},
		{"lost", MEMBER_CONFLICT},
		{"clock", MEMBER_CLOCK},
		{"calendars", MEMBER_CALENDARS},
	};

	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		if (span_is(s, results[i].name))
			return results[i].result;
	}
	return MEMBER_FAILED;
}

struct member *read_member(struct row *r, struct member *const members[], int n)
{
	int at = row_int(r);
	struct member *m = at >= 1 && at <= n ? members[at - 1] : NULL;

	if (!m)
		abort(); /* our own function answered for a member that it was not given */
	m->result = result_of(row_span(r));
	return m;
}

void stored_answer_read(struct row *r, struct stored_answer *s)
{
	struct span bytes;

	if (!row_uuid(r, &s->request)) {
		r->at += 6;
		return;
	}
	bytes = row_bytes(r);
	memcpy(s->fingerprint, bytes.at, FINGERPRINT_SIZE);
	s->status = row_int(r);
	text_reset(&s->sealed);
	text_add_span(&s->sealed, row_bytes(r));
	s->master = row_int(r);
	text_reset(&s->wrapped);
	text_add_span(&s->wrapped, row_bytes(r));
	s->version = row_int(r);
}

static int64_t read_batch(struct member *const members[], int n, const struct unit *u)
{
	int64_t now = MOMENT_NONE;

	for (int i = 0; i < rows_count(u, 0); i++) {
		struct row r = row_of(u, 0, i);
		struct open_member *o =
			container_of(read_member(&r, members, n), struct open_member, base);
		struct span known;

		now = row_moment(&r);
		stored_answer_read(&r, &o->stored);
		known = row_span(&r);
		if (o->base.result == MEMBER_KNOWN) {
			text_reset(&o->known);
			text_add_span(&o->known, known);
		}
		/* An earlier try of this very member had been stored after all. */
		if (o->base.result == MEMBER_DUPLICATE &&
			uuid_compare(&o->stored.request, &o->id) == 0)
			o->base.result = MEMBER_DONE;
	}
	return now;
}

void stored_answer_done(struct stored_answer *s)
{
	text_done(&s->sealed);
	text_done(&s->wrapped);
}

void changes_done(struct changes *c)
{
	for (int i = 0; i < c->event_count; i++) {
		text_done(&c->events[i].reason);
		text_done(&c->events[i].text);
	}
	free(c->events);
	c->events = NULL;
	c->event_count = 0;
}

void lookups_done(struct lookups *l)
{
	free(l->rows);
	*l = (struct lookups){0};
}

void open_member_done(struct open_member *m)
{
	text_done(&m->content);
	text_done(&m->wrapped);
	text_done(&m->answer);
	text_done(&m->known);
	changes_done(&m->changes);
	lookups_done(&m->lookups);
	text_done(&m->pin);
	stored_answer_done(&m->stored);
}

const struct batch_kind batch_open = {"open", SQL_OPEN, true, write_submissions, read_batch};
const struct batch_kind batch_import = {"import", SQL_OPEN, true, write_imports, read_batch};
