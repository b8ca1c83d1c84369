/* A request as JSON, as its viewer may see it. */
#include "daemon/api/deputies.h"
#include "lib/pin.h"

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
	if (principal && d->row.holder &&
		(strcmp(principal, d->row.holder) == 0 || dossier_absent_holder(d, principal))) {
		text_add_uuid(t, "claim", &d->row.claim);
		text_addf(t, ",\"fence\":%lld,", (long long)d->row.fence);
	}
	text_add_member(t, "principal", d->row.holder);
	text_add_char(t, ',');
	text_add_member(t, "actor", d->row.holder_actor);
	text_add_char(t, ',');
	text_add_member(t, "worker", d->row.worker);
	text_add_char(t, ',');
	text_add_flag(t, "custody", d->row.lease_until == MOMENT_NONE);
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
	const char *who = dossier_responsible(d);

	text_adds(t, ",\"responsible\":{");
	text_add_member(t, "agency", d->row.agency);
	text_add_char(t, ',');
	text_add_member(t, "principal", who);
	if (who != d->row.responsible) {
		text_add_char(t, ',');
		text_add_member(t, "in_place_of", d->row.responsible);
	}
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
		text_add_uuid(t, "request", &k->child);
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
		text_add_uuid(t, "request", &d->parent.id);
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
	text_add_uuid(t, "id", &d->row.id);
	text_add_char(t, ',');
	text_add_member(t, "number", d->row.number);
	text_addf(t, ",\"version\":%d,\"state\":\"%s\",", d->row.version, d->row.state);
	text_add_flag(t, "overdue", dossier_is_overdue(d));
	text_add_char(t, ',');
	text_add_flag(t, "provisional", d->row.provisional);
	write_service(t, d, lang);
	add_members(t, where, ARRAY_SIZE(where));
	text_add_char(t, ',');
	write_moments(t, d);
	write_claim(t, d, principal);
	dossier_write_place(t, d);
	write_responsible(t, d);
	add_members(t, what, ARRAY_SIZE(what));
	text_add_char(t, ',');
	text_add_flag(t, "imported", d->row.imported);
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
