/* A request as JSON, as its viewer may see it. */
#include "daemon/api/dossier_deadline.h"
#include "daemon/api/past.h"
#include "lib/pin.h"
#include "lib/term_explain.h"
#include "lib/term_read.h"

/* Names are ours: nothing in them needs escaping. */
static void add_name(struct text *t, const char *name)
{
	size_t len = strlen(name);
	char *to = text_reserve(t, len + 3);

	to[0] = '"';
	memcpy(to + 1, name, len);
	memcpy(to + 1 + len, "\":", 3);
	t->len += len + 3;
}

/* A value that needs no escaping, in quotes. */
static void add_plain(struct text *t, const char *name, const char *value, size_t len)
{
	char *to;

	add_name(t, name);
	to = text_reserve(t, len + 2);
	to[0] = '"';
	memcpy(to + 1, value, len);
	memcpy(to + 1 + len, "\"", 2);
	t->len += len + 2;
}

static void add_null(struct text *t, const char *name)
{
	add_name(t, name);
	text_adds(t, "null");
}

void text_add_member(struct text *t, const char *name, const char *value)
{
	add_name(t, name);
	text_add_json(t, value);
}

void text_add_moment(struct text *t, const char *name, int64_t at, const struct zone *zone)
{
	char s[MOMENT_TEXT_SIZE];

	if (at == MOMENT_NONE) {
		add_null(t, name);
		return;
	}
	moment_format(at, zone, s);
	add_plain(t, name, s, strlen(s));
}

void text_add_date(struct text *t, const char *name, int32_t day)
{
	char s[DAY_TEXT_SIZE];

	if (day == DAY_NONE) {
		add_null(t, name);
		return;
	}
	day_format(day, s);
	add_plain(t, name, s, DAY_TEXT_SIZE - 1);
}

static void add_bool(struct text *t, const char *name, bool value)
{
	add_name(t, name);
	text_adds(t, value ? "true" : "false");
}

static void add_uuid(struct text *t, const char *name, const struct uuid *u)
{
	char s[UUID_TEXT_SIZE];

	uuid_format(u, s);
	add_plain(t, name, s, UUID_TEXT_SIZE - 1);
}

static void write_explanation(
	struct text *t, const struct dossier *d, const struct deadline_row *row)
{
	int64_t generation = past_generation(d, row);
	struct dossier then = *d; /* by the calendars that gave the date */
	struct dossier_term term;

	if (generation >= 0) {
		struct book *book = past_find(d->api->past, generation);

		then.book = book ? book : d->book;
		d = &then;
	}
	if (strcmp(row->source, "imported") == 0 || dossier_term(d, row, &term) != 0) {
		text_adds(t, ",\"explanation\":[],\"sentence\":null");
		return;
	}
	if (term.term.paused && row->stopped_at == MOMENT_NONE)
		text_add_term_left(t, &term.term);
	text_add_char(t, ',');
	text_add_term_explanation(
		t, true, term.calendar, term.rule, row->rule_version, &term.facts, &term.term);
}

/* Whom it tells what, and when; of a stopped one nothing is left to tell. */
static void write_ladder(struct text *t, const struct dossier *d, const struct deadline_row *row)
{
	const struct ladder *ladder = dossier_ladder(d, row);
	char label[RUNG_TEXT_SIZE];

	if (!ladder || row->stopped_at != MOMENT_NONE)
		return;
	text_adds(t, ",\"ladder\":[");
	for (int i = 0; i < row->rung_count && (size_t)i < ladder->count; i++) {
		rung_format(&ladder->rungs[i], label);
		text_addf(t, "%s{\"at\":\"%s\",\"to\":\"%s\",", i ? "," : "", label,
			rung_to_name(ladder->rungs[i].to));
		text_add_moment(t, "instant", row->rung_at[i], dossier_zone(d));
		text_addf(t, ",\"fired\":%s}", row->fired & 1 << i ? "true" : "false");
	}
	text_add_char(t, ']');
}

/* Kept in UTC, told in the calendar's zone. */
static void write_pauses(struct text *t, const struct deadline_row *row, const struct zone *zone)
{
	struct term_pause pauses[DOSSIER_PAUSES_MAX];
	size_t n = row->pauses ? dossier_pauses(row, pauses) : 0;

	if (!row->pauses)
		return;
	text_adds(t, ",\"pauses\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_add_char(t, ',');
		text_add_term_pause(t, &pauses[i], zone);
	}
	text_add_char(t, ']');
}

/* The newest version as long as it runs, unless the change that made it has not come to it yet; the
 * last one when it stopped (deadlines.md, What is pinned). */
static int version_of(const struct dossier *d, const struct deadline_row *row)
{
	const struct calendar *c = calendars_find(d->book->calendars, row->calendar);

	return c && row->stopped_at == MOMENT_NONE && past_generation(d, row) < 0
		       ? calendar_version(c)
		       : row->calendar_version;
}

static void write_deadline(
	struct text *t, const struct dossier *d, const struct deadline_row *row, bool explain)
{
	const struct zone *zone = dossier_zone(d);

	text_addf(t, "{\"kind\":\"%s\",\"state\":\"%s\",", row->kind, row->state);
	text_add_moment(t, "started_at", row->started_at, zone);
	text_add_char(t, ',');
	text_add_date(t, "due_on", row->due_on);
	text_add_char(t, ',');
	text_add_moment(t, "due_at", row->due_at, zone);
	text_add_char(t, ',');
	add_bool(t, "provisional", row->provisional);
	text_addf(t, ",\"rule_version\":%d,", row->rule_version);
	text_add_member(t, "calendar", row->calendar);
	text_addf(
		t, ",\"calendar_version\":%d,\"source\":\"%s\",", version_of(d, row), row->source);
	text_add_member(t, "effect", row->effect);
	text_add_char(t, ',');
	text_add_moment(t, "breached_at", row->breached_at, zone);
	text_add_char(t, ',');
	text_add_moment(t, "stopped_at", row->stopped_at, zone);
	write_pauses(t, row, zone);
	if (row->extensions)
		text_addf(t, ",\"extensions\":%s", row->extensions);
	if (row->floor_at != MOMENT_NONE) {
		text_add_char(t, ',');
		text_add_moment(t, "not_late_before", row->floor_at, zone);
	}
	if (explain) {
		write_ladder(t, d, row);
		write_explanation(t, d, row);
	}
	text_add_char(t, '}');
}

void dossier_write_deadlines(struct text *t, const struct dossier *d, bool explain)
{
	text_add_char(t, '[');
	for (int i = 0; i < d->deadline_count; i++) {
		if (i)
			text_add_char(t, ',');
		write_deadline(t, d, &d->deadlines[i], explain);
	}
	text_add_char(t, ']');
}

/* A person as one may see it who neither took nor acts on the request: the PIN masked; for those
 * outside casework altogether (admin) no name either. */
static void write_person(struct text *t, json_object *person, bool whole, bool names)
{
	bool first = true;

	text_add_char(t, '{');
	json_object_object_foreach (person, name, value) {
		const char *s = json_object_is_type(value, json_type_string)
					? json_object_get_string(value)
					: NULL;

		if (!names && strcmp(name, "kind") != 0 && strcmp(name, "pin") != 0)
			continue;
		text_adds(t, first ? "" : ",");
		first = false;
		text_add_json(t, name);
		text_add_char(t, ':');
		if (strcmp(name, "pin") == 0 && s && !whole) {
			text_add_char(t, '"');
			text_add_pin_masked(t, span_of(s));
			text_add_char(t, '"');
		} else if (json_object_is_type(value, json_type_object)) {
			write_person(t, value, whole, names);
		} else {
			text_adds(t,
				json_object_to_json_string_ext(value,
					JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		}
	}
	text_add_char(t, '}');
}

static void add_any(struct text *t, const char *name, json_object *value)
{
	text_addf(t, "\"%s\":%s", name,
		value ? json_object_to_json_string_ext(
				value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
		      : "null");
}

static void write_content(struct text *t, const struct dossier *d, const struct viewer *viewer)
{
	bool whole = access_sees_personal(viewer, d->row.agency, d->row.office);
	bool names = viewer->role != KEZEK_ROLE_admin;
	json_object *applicant = json_object_object_get(d->content, "applicant");

	text_adds(t, ",\"applicant\":");
	if (applicant)
		write_person(t, applicant, whole, names);
	else
		text_adds(t, "null");
	text_add_char(t, ',');
	add_any(t, "form", names ? json_object_object_get(d->content, "form") : NULL);
	text_add_char(t, ',');
	add_any(t, "documents", names ? json_object_object_get(d->content, "documents") : NULL);
	text_add_char(t, ',');
	add_any(t, "external_ref",
		names ? json_object_object_get(d->content, "external_ref") : NULL);
	if (d->is_erased)
		text_adds(t, ",\"erased\":true");
}

/* The claim's number and fence are its holder's; others see that it is held, by whom, until when.
 */
static void write_claim(struct text *t, const struct dossier *d, const char *principal)
{
	if (!d->row.has_claim) {
		text_adds(t, ",\"claim\":null");
		return;
	}
	text_adds(t, ",\"claim\":{");
	if (principal && d->row.holder && strcmp(principal, d->row.holder) == 0) {
		add_uuid(t, "claim", &d->row.claim);
		text_addf(t, ",\"fence\":%lld,", (long long)d->row.fence);
	}
	text_add_member(t, "principal", d->row.holder);
	text_add_char(t, ',');
	text_add_member(t, "actor", d->row.holder_actor);
	text_add_char(t, ',');
	text_add_member(t, "worker", d->row.worker);
	text_add_char(t, ',');
	add_bool(t, "custody", d->row.lease_until == MOMENT_NONE);
	text_add_char(t, ',');
	text_add_moment(t, "lease_until", d->row.lease_until, dossier_zone(d));
	text_add_char(t, '}');
}

static void write_moments(struct text *t, const struct dossier *d)
{
	const struct zone *zone = dossier_zone(d);

	text_add_moment(t, "received_at", d->row.received_at, zone);
	text_add_char(t, ',');
	text_add_moment(t, "registered_at", d->row.registered_at, zone);
	text_add_char(t, ',');
	text_add_date(t, "due_on", d->row.due_on);
	text_add_char(t, ',');
	text_add_moment(t, "due_at", d->row.due_at, zone);
	text_add_char(t, ',');
	text_add_date(t, "promised_due_on", d->row.promised_due_on);
	text_add_char(t, ',');
	text_add_moment(t, "closed_at", d->row.closed_at, zone);
	text_adds(t, ",\"deadlines\":");
	dossier_write_deadlines(t, d, false);
}

/* Members that are a string or null: `,"name":"value"` each. */
static void add_members(struct text *t, const char *const pairs[][2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_add_char(t, ',');
		text_add_member(t, pairs[i][0], pairs[i][1]);
	}
}

static void write_service(struct text *t, const struct dossier *d, enum lang lang)
{
	text_adds(t, ",\"service\":{");
	text_add_member(t, "code", d->row.service);
	text_addf(t, ",\"version\":%d,", d->row.service_version);
	text_add_member(t, "name", d->service ? d->service->name.text[lang] : NULL);
	text_add_char(t, '}');
}

static void write_responsible(struct text *t, const struct dossier *d)
{
	text_adds(t, ",\"responsible\":{");
	text_add_member(t, "agency", d->row.agency);
	text_add_char(t, ',');
	text_add_member(t, "principal", d->row.responsible);
	text_add_char(t, '}');
}

/* What came of it: questions to other bodies, parts that were forwarded. */
static void write_links(struct text *t, const struct dossier *d)
{
	text_adds(t, ",\"links\":[");
	for (int i = 0; i < d->link_count; i++) {
		const struct link_row *k = &d->links[i];
		const char *const what[][2] = {{"number", k->number}, {"kind", k->kind},
			{"agency", k->agency}, {"join", k->join}, {"state", k->state},
			{"outcome", k->outcome}};

		text_adds(t, i ? ",{" : "{");
		add_uuid(t, "request", &k->child);
		add_members(t, what, ARRAY_SIZE(what));
		text_add_char(t, ',');
		text_add_moment(t, "due_at", k->due_at, dossier_zone(d));
		text_add_char(t, '}');
	}
	text_add_char(t, ']');
}

/* What it came of: all who see it may know the number, and the id those who may open it. */
static void write_parent(struct text *t, const struct dossier *d, const struct viewer *viewer)
{
	if (!d->parent.number) {
		text_adds(t, ",\"parent\":null");
		return;
	}
	text_adds(t, ",\"parent\":{");
	if (access_sees(viewer, d->parent.agency, d->parent.office)) {
		add_uuid(t, "request", &d->parent.id);
		text_add_char(t, ',');
	}
	text_add_member(t, "number", d->parent.number);
	text_add_char(t, ',');
	text_add_member(t, "kind", d->parent.kind);
	if (dossier_is_question(d)) {
		text_add_char(t, ',');
		add_any(t, "question",
			viewer->role == KEZEK_ROLE_admin
				? NULL
				: json_object_object_get(d->content, "question"));
	}
	text_add_char(t, '}');
}

void dossier_write(struct text *t, const struct dossier *d, const struct viewer *viewer,
	const char *principal, enum lang lang, bool receipt)
{
	const char *const where[][2] = {{"variant", d->row.variant}, {"agency", d->row.agency},
		{"office", d->row.office}, {"channel", d->row.channel},
		{"territory", d->row.territory}, {"language", d->row.language}};
	const char *const what[][2] = {{"outcome", d->row.outcome},
		{"body_number", d->row.body_number}, {"submitted_by", d->row.submitted_by},
		{"actor", d->row.submitted_actor}};

	text_add_char(t, '{');
	add_uuid(t, "id", &d->row.id);
	text_add_char(t, ',');
	text_add_member(t, "number", d->row.number);
	text_addf(t, ",\"version\":%d,\"state\":\"%s\",", d->row.version, d->row.state);
	add_bool(t, "overdue", dossier_is_overdue(d));
	text_add_char(t, ',');
	add_bool(t, "provisional", d->row.provisional);
	write_service(t, d, lang);
	add_members(t, where, ARRAY_SIZE(where));
	text_add_char(t, ',');
	write_moments(t, d);
	write_claim(t, d, principal);
	write_responsible(t, d);
	add_members(t, what, ARRAY_SIZE(what));
	text_add_char(t, ',');
	add_bool(t, "imported", d->row.imported);
	text_addf(t, ",\"fee_tyiyn\":%lld,", (long long)(d->variant ? d->variant->fee_tyiyn : 0));
	text_add_moment(t, "paid_at", dossier_paid_at(d), dossier_zone(d));
	write_parent(t, d, viewer);
	write_links(t, d);
	write_content(t, d, viewer);
	if (receipt) {
		text_adds(t, ",\"receipt\":");
		dossier_write_receipt(t, d);
	}
	text_add_char(t, '}');
}
