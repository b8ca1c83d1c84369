/* Reading one line of an import, every fault of it at once. */
#include "daemon/api/import_line.h"
#include "lib/pin.h"

#define NUMBER_MAX 100
#define EVENTS_MAX 5000
#define WORDS_MAX  4000 /* of a note or a reason */
#define WHEN_MAX   40

const char *const import_details[] = {
#define X(name) #name,
	IMPORT_DETAILS(X)
#undef X
};

const char *import_oddity_name(enum import_oddity oddity)
{
	static const char *const names[] = {
#define X(name) #name,
		IMPORT_ODDITIES(X)
#undef X
	};

	return names[oddity];
}

void import_line_init(struct import_line *l, struct book *b, int64_t now)
{
	memset(l, 0, sizeof(*l));
	intake_init(&l->in, b, now);
	l->registered_at = l->due_at = MOMENT_NONE;
}

void import_line_done(struct import_line *l)
{
	open_member_done(&l->m);
	if (l->has_dossier)
		dossier_done(&l->d);
	intake_done(&l->in);
	text_done(&l->key);
	free(l->events);
	json_object_put(l->body);
}

/* MOMENT_NONE where it is absent or faulty. */
static int64_t get_moment(struct json_reader *r, const char *name, enum json_need need)
{
	const char *s = json_get_string(r, name, need, WHEN_MAX);
	int64_t at = MOMENT_NONE;

	if (s && !moment_parse(span_of(s), &at, NULL)) {
		at = MOMENT_NONE;
		json_reader_fault(r, name, WORD_reason_bad_format, "RFC 3339", NULL);
	}
	return at;
}

/* What happened has happened: a moment ahead of the clock is a mistake. */
static int64_t get_past(
	struct json_reader *r, const struct intake *in, const char *name, enum json_need need)
{
	int64_t at = get_moment(r, name, need);

	/* Seconds between two clocks are not the future. */
	if (at != MOMENT_NONE && at > in->now + 2 * USEC_PER_MIN)
		json_reader_fault(r, name, WORD_reason_in_future, NULL, NULL);
	return at;
}

/* The id carries the moment of registration, and no id is older than 1970. */
static void read_moments(struct import_line *l, struct json_reader *r)
{
	l->in.received_at = get_past(r, &l->in, "received_at", JSON_REQUIRED);
	l->registered_at = get_past(r, &l->in, "registered_at", JSON_OPTIONAL);
	if (l->registered_at == MOMENT_NONE)
		l->registered_at = l->in.received_at;
	if (l->registered_at < 0)
		json_reader_fault(r, "registered_at", WORD_reason_too_small, "1970-01-01", NULL);
	else if (l->in.received_at < 0)
		json_reader_fault(r, "received_at", WORD_reason_too_small, "1970-01-01", NULL);
	if (l->registered_at < l->in.received_at)
		l->oddities |= 1u << IMPORT_registered_before_receipt;
	l->due_at = get_moment(r, "due_at", JSON_OPTIONAL);
}

static void read_bodies(struct import_line *l, struct json_reader *r)
{
	const struct catalogue *k = l->in.book->catalogue;
	const char *office = json_get_string(r, "office", JSON_REQUIRED, NAME_SIZE - 1);
	const char *agency = json_get_string(r, "agency", JSON_REQUIRED, NAME_SIZE - 1);

	l->in.office = office ? catalogue_office_find(k, office) : NULL;
	if (office && !l->in.office)
		json_reader_fault(r, "office", WORD_reason_not_found, office, NULL);
	l->agency = agency ? catalogue_agency_find(k, agency) : NULL;
	if (agency && !l->agency)
		json_reader_fault(r, "agency", WORD_reason_not_found, agency, NULL);
	l->in.territory = json_get_string(r, "territory", JSON_OPTIONAL, 64);
	if (l->in.territory && !catalogue_territory_find(k, l->in.territory))
		json_reader_fault(r, "territory", WORD_reason_not_found, l->in.territory, NULL);
}

static const struct service *earliest(const struct catalogue *k, const char *code)
{
	const struct service *found = NULL;

	for (size_t i = 0; i < k->nservices; i++) {
		const struct service *s = &k->services[i];

		if (strcmp(s->code, code) == 0 && (!found || s->valid_from < found->valid_from ||
							  (s->valid_from == found->valid_from &&
								  s->version < found->version)))
			found = s;
	}
	return found;
}

/* The version in force on the day of registration, as the agency counts its days. */
static void read_service(struct import_line *l, struct json_reader *r)
{
	const struct catalogue *k = l->in.book->catalogue;
	const char *service = json_get_string(r, "service", JSON_REQUIRED, 64);
	const char *variant = json_get_string(r, "variant", JSON_OPTIONAL, 64);

	if (!service)
		return;
	if (l->registered_at != MOMENT_NONE && l->agency)
		l->in.service = catalogue_service_on(k, service,
			zone_day(book_zone(l->in.book, l->agency->code), l->registered_at));
	if (!l->in.service) {
		l->in.service = earliest(k, service);
		l->oddities |= 1u << IMPORT_no_version_then;
	}
	if (!l->in.service) {
		json_reader_fault(r, "service", WORD_reason_not_found, service, NULL);
		return;
	}
	l->in.variant = service_variant_find(l->in.service, variant);
	if (!l->in.variant)
		json_reader_fault(r, "variant", WORD_reason_not_found, variant, NULL);
}

/* A name or staff number, never a PIN: the journal is not sealed. */
static const char *read_actor(struct json_reader *r)
{
	const char *actor = json_get_string(r, "actor", JSON_OPTIONAL, 100);

	if (actor && strlen(actor) == PIN_LENGTH && strspn(actor, "0123456789") == PIN_LENGTH)
		json_reader_fault(r, "actor", WORD_reason_bad_format, "staff id", NULL);
	return actor;
}

static void read_kind(struct json_reader *r, struct import_event *e)
{
	e->act = KEZEK_ACT_COUNT;
	e->kind = json_get_string(r, "kind", JSON_REQUIRED, 64);
	if (!e->kind || act_parse(span_of(e->kind), &e->act))
		return;
	if (strcmp(e->kind, "note") != 0 && strcmp(e->kind, "imported") != 0)
		json_reader_fault(r, "kind", WORD_reason_not_allowed,
			"claim, decide, withdraw, …, note, imported", NULL);
}

static void read_event(struct import_line *l, struct json_reader *r, struct import_event *e)
{
	int outcome;

	e->at = get_past(r, &l->in, "at", JSON_REQUIRED);
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
}

/* Those of one moment stay as given. */
static int compare_events(const void *a, const void *b)
{
	const struct import_event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static void read_events(struct import_line *l, struct json_reader *body)
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

static void read_members(struct import_line *l, struct json_reader *r)
{
	static const char *const languages[] = {"ky", "ru", "en"};
	int i;

	l->number = json_get_string(r, "number", JSON_REQUIRED, NUMBER_MAX);
	i = json_get_enum(r, "channel", JSON_OPTIONAL, channel_wire, KEZEK_CHANNEL_COUNT);
	l->in.channel = i >= 0 ? channel_wire[i] : "other";
	i = json_get_enum(r, "language", JSON_OPTIONAL, languages, ARRAY_SIZE(languages));
	l->in.language = i >= 0 ? languages[i] : "ky";
	read_moments(l, r);
	read_bodies(l, r);
	/* Today's standard does not judge who applied then, with what form and documents. */
	intake_read_applicant(&l->in, r, JSON_OPTIONAL);
	l->in.form = json_get_object(r, "form", JSON_OPTIONAL);
	intake_read_documents(r, NULL, DAY_NONE, &l->in.documents);
	l->in.external_ref = json_get_string(r, "external_ref", JSON_OPTIONAL, 200);
	read_service(l, r);
	read_events(l, r);
}

bool import_line_read(struct import_line *l, struct span text, unsigned json_depth)
{
	struct json_limits limits = {.depth = json_depth};
	struct json_fault fault;
	struct json_reader r;

	l->bytes = text.len;
	if (json_read(text, &limits, &fault, &l->body) != 0) {
		json_fault_report(&fault, &l->in.faults);
		return false;
	}
	json_reader_init(&r, l->body, "", &l->in.faults);
	read_members(l, &r);
	json_reader_end(&r);
	return !l->in.faults.count;
}

static void add_oddities(struct text *t, const struct import_line *l)
{
	const char *comma = "";

	text_adds(t, ",\"flags\":[");
	for (enum import_oddity i = 0; i < IMPORT_ODDITY_COUNT; i++) {
		if (!(l->oddities & 1u << i))
			continue;
		text_addf(t, "%s\"%s\"", comma, import_oddity_name(i));
		comma = ",";
	}
	text_adds(t, "],");
	if (l->events_after_closing)
		text_addf(t, "\"events_after_closing\":%d,", l->events_after_closing);
}

void import_line_write_result(struct text *t, struct import_line *l, const struct call *c,
	enum import_outcome outcome, enum kezek_problem problem, bool explain)
{
	static const char *const names[] = {"created", "exists", "refused"};

	text_addf(t, "{\"line\":%zu,", l->number_of_line);
	text_add_member(t, "number", l->number);
	text_addf(t, ",\"result\":\"%s\"", names[outcome]);
	if (outcome == IMPORT_REFUSED)
		l->oddities = 0;
	add_oddities(t, l);
	if (outcome != IMPORT_REFUSED && !uuid_is_nil(&l->m.id)) {
		char id[UUID_TEXT_SIZE];

		uuid_format(outcome == IMPORT_CREATED ? &l->m.id : &l->m.stored.request, id);
		if (outcome == IMPORT_CREATED || !uuid_is_nil(&l->m.stored.request))
			text_addf(t, "\"id\":\"%s\",", id);
	}
	text_adds(t, "\"problem\":");
	if (problem == KEZEK_PROBLEM_COUNT)
		text_adds(t, "null");
	else
		problem_write(t, problem, c->lang, NULL, c->x->request_id,
			explain ? &l->in.faults : NULL);
	text_adds(t, "}\n");
}
