/* Counting moved dates, and keeping the ten largest moves. */
#include <stdio.h>

#include "daemon/api/recompute_figures.h"

static int64_t distance(const struct figures_move *m)
{
	if (m->from_at == MOMENT_NONE || m->to_at == MOMENT_NONE)
		return 0;
	return m->to_at > m->from_at ? m->to_at - m->from_at : m->from_at - m->to_at;
}

/* Into its place among the largest; the last one falls out where there are too many. */
static void keep(struct figures *f, const struct figures_move *m)
{
	int i = f->largest_count;

	while (i > 0 && distance(&f->largest[i - 1]) < distance(m))
		i--;
	if (i == FIGURES_LARGEST)
		return;
	if (f->largest_count < FIGURES_LARGEST)
		f->largest_count++;
	memmove(&f->largest[i + 1], &f->largest[i],
		(size_t)(f->largest_count - 1 - i) * sizeof(f->largest[0]));
	f->largest[i] = *m;
}

static void spread(struct figures *f, int32_t days, int64_t count)
{
	int i = 0;

	while (i < f->spread_count && f->spread[i].days < days)
		i++;
	if (i < f->spread_count && f->spread[i].days == days) {
		f->spread[i].count += count;
		return;
	}
	if (f->spread_count == FIGURES_SPREAD)
		return;
	memmove(&f->spread[i + 1], &f->spread[i],
		(size_t)(f->spread_count - i) * sizeof(f->spread[0]));
	f->spread[i].days = days;
	f->spread[i].count = count;
	f->spread_count++;
}

static void write_at(char out[MOMENT_TEXT_SIZE], int64_t at, const struct zone *zone)
{
	out[0] = '\0';
	if (at != MOMENT_NONE)
		moment_format(at, zone, out);
}

static bool is_past(int64_t due_at, int64_t now)
{
	return due_at <= now; /* MOMENT_NONE is no past */
}

void figures_add(struct figures *f, const struct dossier *d, const struct deadline_row *old,
	const struct deadline_row *row, int64_t now)
{
	struct figures_move m = {
		.from_at = old->due_at,
		.to_at = row->due_at,
		.from_on = old->due_on,
		.to_on = row->due_on,
	};

	f->looked++;
	if (old->due_at == row->due_at)
		return;
	f->moved++;
	f->earlier += row->due_at < old->due_at;
	f->later += row->due_at > old->due_at;
	f->become_overdue += is_past(row->due_at, now) && !is_past(old->due_at, now);
	f->cease_overdue += !is_past(row->due_at, now) && is_past(old->due_at, now);
	if (m.from_on != DAY_NONE && m.to_on != DAY_NONE)
		spread(f, m.to_on - m.from_on, 1);
	uuid_format(&d->row.id, m.request);
	snprintf(m.number, sizeof(m.number), "%s", d->row.number);
	snprintf(m.deadline, sizeof(m.deadline), "%s", row->kind);
	write_at(m.from, m.from_at, dossier_zone(d));
	write_at(m.to, m.to_at, dossier_zone(d));
	keep(f, &m);
}

static void write_move(struct text *t, const struct figures_move *m)
{
	text_add_char(t, '{');
	text_add_member(t, "request", m->request);
	text_add_char(t, ',');
	text_add_member(t, "number", m->number);
	text_add_char(t, ',');
	text_add_member(t, "deadline", m->deadline);
	text_add_char(t, ',');
	text_add_member(t, "from", m->from[0] ? m->from : NULL);
	text_add_char(t, ',');
	text_add_member(t, "to", m->to[0] ? m->to : NULL);
	text_add_char(t, ',');
	text_add_date(t, "from_on", m->from_on);
	text_add_char(t, ',');
	text_add_date(t, "to_on", m->to_on);
	if (m->from_on != DAY_NONE && m->to_on != DAY_NONE)
		text_addf(t, ",\"days\":%d}", m->to_on - m->from_on);
	else
		text_adds(t, ",\"days\":null}");
}

void figures_write(struct text *t, const struct figures *f)
{
	text_addf(t,
		"{\"looked\":%lld,\"moved\":%lld,\"earlier\":%lld,\"later\":%lld,"
		"\"become_overdue\":%lld,\"cease_overdue\":%lld,\"by_days\":[",
		(long long)f->looked, (long long)f->moved, (long long)f->earlier,
		(long long)f->later, (long long)f->become_overdue, (long long)f->cease_overdue);
	for (int i = 0; i < f->spread_count; i++)
		text_addf(t, "%s{\"days\":%d,\"deadlines\":%lld}", i ? "," : "", f->spread[i].days,
			(long long)f->spread[i].count);
	text_adds(t, "],\"largest\":[");
	for (int i = 0; i < f->largest_count; i++) {
		if (i)
			text_add_char(t, ',');
		write_move(t, &f->largest[i]);
	}
	text_adds(t, "]}");
}

/* Reading back what was written above. */

static int64_t number_of(json_object *o, const char *name)
{
	return json_object_get_int64(json_object_object_get(o, name));
}

static void copy_text(char *to, size_t size, json_object *o, const char *name)
{
	json_object *v = json_object_object_get(o, name);

	snprintf(to, size, "%s", v ? json_object_get_string(v) : "");
}

static int32_t day_of(json_object *o, const char *name)
{
	json_object *v = json_object_object_get(o, name);
	int32_t day;

	return v && day_parse(span_of(json_object_get_string(v)), &day) ? day : DAY_NONE;
}

static int64_t moment_of(const char *text)
{
	int64_t at;

	return text[0] && moment_parse(span_of(text), &at, NULL) ? at : MOMENT_NONE;
}

static void read_move(json_object *o, struct figures_move *ret)
{
	copy_text(ret->request, sizeof(ret->request), o, "request");
	copy_text(ret->number, sizeof(ret->number), o, "number");
	copy_text(ret->deadline, sizeof(ret->deadline), o, "deadline");
	copy_text(ret->from, sizeof(ret->from), o, "from");
	copy_text(ret->to, sizeof(ret->to), o, "to");
	ret->from_at = moment_of(ret->from);
	ret->to_at = moment_of(ret->to);
	ret->from_on = day_of(o, "from_on");
	ret->to_on = day_of(o, "to_on");
}

void figures_read(struct span json, struct figures *ret)
{
	_json_ *o = NULL;
	json_object *spreads, *moves;

	memset(ret, 0, sizeof(*ret));
	if (!json.at || json_read(json, NULL, NULL, &o) != 0)
		return;
	ret->looked = number_of(o, "looked");
	ret->moved = number_of(o, "moved");
	ret->earlier = number_of(o, "earlier");
	ret->later = number_of(o, "later");
	ret->become_overdue = number_of(o, "become_overdue");
	ret->cease_overdue = number_of(o, "cease_overdue");
	spreads = json_object_object_get(o, "by_days");
	for (size_t i = 0; spreads && i < json_object_array_length(spreads); i++) {
		json_object *one = json_object_array_get_idx(spreads, i);

		spread(ret, (int32_t)number_of(one, "days"), number_of(one, "deadlines"));
	}
	moves = json_object_object_get(o, "largest");
	for (size_t i = 0; moves && i < json_object_array_length(moves) && i < FIGURES_LARGEST; i++)
		read_move(json_object_array_get_idx(moves, i), &ret->largest[ret->largest_count++]);
}
