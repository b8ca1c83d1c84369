/* Looking at requests whose calendars have changed: the dossier computes, the page keeps what
 * moved. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/recompute_page.h"

#define TURN_US 2000 /* of the loop's time; one request more is at most looked at */

static void read_row(struct recompute_page *p, const struct unit *u, int statement, int at)
{
	struct request_row *row = &p->rows[at];
	struct row r = row_of(u, statement, at);

	row_uuid(&r, &row->id);
	row->number = pool_copy(p->pool, row_text(&r));
	row->version = row_int(&r);
	row->seq = row_int(&r);
	row->state = pool_copy(p->pool, row_text(&r));
	row->agency = pool_copy(p->pool, row_text(&r));
	row->office = pool_copy(p->pool, row_text(&r));
	row->service = pool_copy(p->pool, row_text(&r));
	row->service_version = row_int(&r);
	row->variant = pool_copy(p->pool, row_text(&r));
	row->promised_due_on = row_day(&r);
	row->due_at = row_moment(&r);
	row->due_on = row_day(&r);
	row->provisional = row_bool(&r);
	row->decide = pool_copy(p->pool, row_text(&r));
	row->deadlines = row_elements(&r);
	row->deadlines.left.at = pool_copy_span(p->pool, row->deadlines.left);
	row->closed_at = row->lease_until = MOMENT_NONE;
}

void recompute_page_init(
	struct recompute_page *p, const struct unit *u, int statement, const struct figures *before)
{
	p->pool = pool_new();
	p->count = rows_count(u, statement);
	p->at = 0;
	p->rows = pool_alloc(p->pool, ((size_t)p->count + 1) * sizeof(*p->rows));
	p->figures = *before;
	p->next_fire_at = MOMENT_NONE;
	recompute_block_init(&p->block);
	for (int i = 0; i < p->count; i++)
		read_row(p, u, statement, i);
}

void recompute_page_done(struct recompute_page *p)
{
	recompute_block_done(&p->block);
	pool_free(p->pool);
	p->pool = NULL;
	p->rows = NULL;
	p->count = p->at = 0;
}

/* The dossier holds open deadlines alone: what is decided keeps the dates it was decided by. */
static void keep_decided(struct dossier *d, const struct request_row *row)
{
	if (dossier_deadline_find(d, "decide") || dossier_deadline_find(d, "consult"))
		return;
	d->row.due_at = row->due_at;
	d->row.due_on = row->due_on;
	d->row.provisional = row->provisional;
	d->row.decide = row->decide;
}

static void put(struct recompute_page *p, struct dossier *d, const struct request_row *row)
{
	struct changes changes = {0};
	struct state_row state;

	keep_decided(d, row);
	dossier_state(d, &state);
	dossier_changes(d, &changes);
	for (int i = 0; i < changes.deadline_count; i++) {
		if (changes.deadlines[i].fire_at < p->next_fire_at)
			p->next_fire_at = changes.deadlines[i].fire_at;
	}
	recompute_block_add(&p->block, &row->id, row->seq, &state, &changes);
	changes_done(&changes);
}

static bool rests_on(const struct book *b, const struct deadline_row *row, const char *code)
{
	const struct calendar *c = calendars_find(b->calendars, row->calendar);

	return c && calendar_rests_on(c, code);
}

static void look(struct recompute_page *p, struct api *a, struct book *b, const char *code,
	bool dry, const struct request_row *row)
{
	struct deadline_row old[DEADLINES_MAX];
	struct dossier d;
	bool changed = false;

	dossier_of_dates(&d, a, b, loop_now(a->loop), row);
	memcpy(old, d.deadlines, (size_t)d.deadline_count * sizeof(old[0]));
	dossier_refresh(&d);
	for (int i = 0; i < d.deadline_count; i++) {
		changed |= d.changed[i];
		if (rests_on(b, &old[i], code))
			figures_add(&p->figures, &d, &old[i], &d.deadlines[i], d.now);
	}
	if (changed && !dry)
		put(p, &d, row);
	dossier_done(&d);
}

bool recompute_page_look(
	struct recompute_page *p, struct api *a, struct book *b, const char *code, bool dry)
{
	int64_t began = loop_mono();

	while (p->at < p->count) {
		look(p, a, b, code, dry, &p->rows[p->at++]);
		if (loop_mono() - began > TURN_US)
			break;
	}
	return p->at == p->count;
}
