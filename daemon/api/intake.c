/* What a submission says: decoding it against the catalogue, every fault at once. */
#include <stdio.h>

#include "daemon/api/intake.h"

#define TEXT_MAX 500

void intake_init(struct intake *in, struct book *b, int64_t now)
{
	memset(in, 0, sizeof(*in));
	in->book = b;
	in->now = now;
	in->received_at = MOMENT_NONE;
}

void intake_done(struct intake *in)
{
	faults_done(&in->faults);
	json_object_put(in->documents);
	in->documents = NULL;
}

bool faults_are_of_shape(const struct faults *f)
{
	for (size_t i = 0; i < f->count; i++) {
		/* A form's shape is the standard's matter, and that may have changed since it was
		 * submitted. */
		if (fault_is_shape(f->items[i].reason) &&
			strncmp(f->items[i].pointer, "/form/", 6) != 0)
			return true;
	}
	return false;
}

static void read_representative(struct json_reader *parent)
{
	struct json_reader r;

	if (!json_reader_open(&r, parent, "representative", JSON_OPTIONAL))
		return;
	json_get_string(&r, "name", JSON_REQUIRED, TEXT_MAX);
	json_get_string(&r, "pin", JSON_OPTIONAL, 32);
	json_get_string(&r, "authority", JSON_REQUIRED, TEXT_MAX);
	json_get_string(&r, "phone", JSON_OPTIONAL, 64);
	json_reader_end(&r);
}

void intake_read_applicant(struct intake *in, struct json_reader *body, enum json_need need)
{
	struct json_reader r;
	int kind;

	if (!json_reader_open(&r, body, "applicant", need))
		return;
	kind = json_get_enum(&r, "kind", JSON_REQUIRED, applicant_kind_wire, APPLICANT_KINDS);
	in->applicant = r.object;
	in->applicant_kind = kind >= 0 ? applicant_kind_wire[kind] : NULL;
	in->pin = json_get_string(&r, "pin", JSON_OPTIONAL, 32);
	json_get_string(&r, "name", JSON_REQUIRED, TEXT_MAX);
	json_get_string(&r, "phone", JSON_OPTIONAL, 64);
	json_get_string(&r, "email", JSON_OPTIONAL, TEXT_MAX);
	json_get_string(&r, "address", JSON_OPTIONAL, 2000);
	json_get_string(&r, "registration_number", JSON_OPTIONAL, 64);
	read_representative(&r);
	if (in->service && in->applicant_kind && !service_takes(in->service, in->applicant_kind))
		json_reader_fault(&r, "kind", WORD_reason_not_offered, in->applicant_kind, NULL);
	json_reader_end(&r);
}

static void read_came_in(struct json_reader *r)
{
	const char *at = json_get_string(r, "at", JSON_OPTIONAL, 40);
	int64_t moment;

	if (at && !moment_parse(span_of(at), &moment, NULL))
		json_reader_fault(r, "at", WORD_reason_bad_format, "RFC 3339", NULL);
}

/* The day of issue against the standard's max_age_days; without one, nothing is known. */
static bool read_is_too_old(
	struct json_reader *r, const struct document_standard *standard, int32_t day)
{
	const char *issued = json_get_string(r, "issued_on", JSON_OPTIONAL, 10);
	int32_t on;

	if (!issued || day == DAY_NONE)
		return false;
	if (!day_parse(span_of(issued), &on)) {
		json_reader_fault(r, "issued_on", WORD_reason_bad_format, "2026-01-31", NULL);
		return false;
	}
	if (on > day)
		json_reader_fault(r, "issued_on", WORD_reason_in_future, NULL, NULL);
	return standard && standard->max_age_days >= 0 && day - on > standard->max_age_days;
}

/* In a copy: the body stays as it came. */
static void mark_too_old(json_object *all, json_object **ret, size_t i)
{
	if (*ret == all) {
		json_object_put(all);
		*ret = NULL;
		if (json_object_deep_copy(all, ret, NULL) != 0)
			abort();
	}
	json_put(json_object_array_get_idx(*ret, i), "too_old",
		json_made(json_object_new_boolean(true)));
}

/* Whether it is too old. */
static bool read_document(struct json_reader *r, const struct service *service, int32_t day)
{
	const char *kind = json_get_string(r, "kind", JSON_REQUIRED, 64);
	const struct document_standard *standard =
		kind && service ? service_document_find(service, kind) : NULL;
	int64_t pages;
	bool original;

	json_get_bool(r, "original", JSON_OPTIONAL, &original);
	json_get_int64(r, "pages", JSON_OPTIONAL, 1, 10000, &pages);
	json_get_string(r, "name", JSON_OPTIONAL, 200);
	json_get_string(r, "sha256", JSON_OPTIONAL, 64);
	if (kind && service && !standard)
		json_reader_fault(r, "kind", WORD_reason_not_found, kind, NULL);
	return read_is_too_old(r, standard, day);
}

void intake_read_documents(
	struct json_reader *body, const struct service *service, int32_t day, json_object **ret)
{
	json_object *all =
		json_get_array(body, "documents", JSON_OPTIONAL | JSON_MAY_BE_EMPTY, 100);

	json_object_put(*ret);
	*ret = json_object_get(all);
	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		struct json_reader r;
		bool too_old;

		if (!json_reader_item(&r, body, "documents", all, i))
			continue;
		too_old = read_document(&r, service, day);
		if (day == DAY_NONE)
			read_came_in(&r);
		json_reader_end(&r);
		if (too_old)
			mark_too_old(all, ret, i);
	}
}

static void read_service(struct intake *in, struct json_reader *r)
{
	const char *service = json_get_string(r, "service", JSON_REQUIRED, 64);
	const char *variant = json_get_string(r, "variant", JSON_OPTIONAL, 64);
	const char *office = json_get_string(r, "office", JSON_OPTIONAL, NAME_SIZE - 1);
	const struct calendar *calendar;

	if (office && in->office && strcmp(office, in->office->code) != 0)
		json_reader_fault(r, "office", WORD_reason_not_yours, office, NULL);
	if (!service)
		return;
	calendar = in->office ? calendars_find(in->book->calendars, in->office->calendar) : NULL;
	in->service = catalogue_service_on(in->book->catalogue, service,
		zone_day(calendar ? calendar_zone(calendar) : NULL, in->now));
	if (!in->service) {
		json_reader_fault(r, "service", WORD_reason_not_found, service, NULL);
		return;
	}
	in->variant = service_variant_find(in->service, variant);
	if (!in->variant)
		json_reader_fault(r, "variant", WORD_reason_not_found, variant, NULL);
	else if (in->office && !variant_is_offered_at(in->variant, in->office))
		json_reader_fault(r, "variant", WORD_reason_not_offered, in->office->code, NULL);
}

static void check_backdate(struct intake *in, struct json_reader *r)
{
	const struct calendar *calendar = calendars_find(in->book->calendars, in->office->calendar);

	if (in->received_at > in->now) {
		json_reader_fault(r, "received_at", WORD_reason_in_future, NULL, NULL);
		return;
	}
	/* Seconds between two clocks are no backdating. */
	if (in->now - in->received_at < 2 * USEC_PER_MIN)
		return;
	if (!in->backdate_reason)
		json_reader_fault(r, "backdate_reason", WORD_reason_missing, NULL, NULL);
	if (!in->service || !calendar)
		return;
	if (!in->service->max_backdate ||
		!term_is_within(calendar, in->service->max_backdate, in->received_at, in->now))
		json_reader_fault(r, "received_at", WORD_reason_too_far_back, NULL, NULL);
}

static void read_moment(struct intake *in, struct json_reader *r)
{
	const char *at = json_get_string(r, "received_at", JSON_OPTIONAL, 40);
	int reason = json_get_enum(r, "backdate_reason", JSON_OPTIONAL, backdate_reason_wire,
		KEZEK_BACKDATE_REASON_COUNT);

	in->backdate_reason = reason >= 0 ? backdate_reason_wire[reason] : NULL;
	if (!at)
		return;
	if (!moment_parse(span_of(at), &in->received_at, NULL)) {
		in->received_at = MOMENT_NONE;
		json_reader_fault(r, "received_at", WORD_reason_bad_format, "RFC 3339", NULL);
	} else if (in->office) {
		check_backdate(in, r);
	}
}

static void read_route(struct intake *in, struct json_reader *r)
{
	const struct territory *place = NULL;
	struct route_query q;
	const struct calendar *calendar;

	in->territory = json_get_string(r, "territory", JSON_OPTIONAL, 64);
	if (in->territory) {
		place = catalogue_territory_find(in->book->catalogue, in->territory);
		if (!place)
			json_reader_fault(
				r, "territory", WORD_reason_not_found, in->territory, NULL);
	}
	if (!in->service || !in->office)
		return;
	calendar = calendars_find(in->book->calendars, in->office->calendar);
	q = (struct route_query){
		.service = in->service->code,
		.places =
			{
				[ROUTE_BY_OFFICE] = in->office->territory,
				[ROUTE_BY_RESIDENCE] = place,
				[ROUTE_BY_REGISTRATION] = place,
				[ROUTE_BY_OBJECT] = place,
			},
		.applicant_kind = in->applicant_kind,
		.variant = in->variant ? in->variant->code : NULL,
		.day = zone_day(calendar ? calendar_zone(calendar) : NULL, in->now),
	};
	if (!in->territory && route_needs_territory(in->book->catalogue, q.service, q.day))
		json_reader_fault(r, "territory", WORD_reason_missing, NULL, NULL);
	in->route = route_find(in->book->catalogue, &q);
	if (in->route)
		in->territory =
			q.places[in->route->by] ? q.places[in->route->by]->code : in->territory;
}

static void read_refusal(struct intake *in, struct json_reader *body)
{
	struct json_reader r;

	if (!json_reader_open(&r, body, "refuse", JSON_OPTIONAL))
		return;
	in->refuse_ground = json_get_string(&r, "ground", JSON_REQUIRED, 64);
	in->refuse_reason = json_get_string(&r, "reason", JSON_OPTIONAL, 2000);
	if (in->refuse_ground && in->service &&
		!service_ground_find(in->service, in->refuse_ground))
		json_reader_fault(&r, "ground", WORD_reason_not_found, in->refuse_ground, NULL);
	json_reader_end(&r);
}

/* It was brought, and does not count: else it would not be missing. */
static bool is_outdated(json_object *documents, const char *kind)
{
	for (size_t i = 0; documents && i < json_object_array_length(documents); i++) {
		json_object *one = json_object_array_get_idx(documents, i);
		const char *k = json_object_get_string(json_object_object_get(one, "kind"));

		if (k && strcmp(k, kind) == 0)
			return true;
	}
	return false;
}

static void fault_missing(
	struct intake *in, struct json_reader *r, const struct document_standard *s)
{
	char age[16];

	snprintf(age, sizeof(age), "%d", s->max_age_days);
	if (is_outdated(in->documents, s->kind))
		json_reader_fault(r, "documents", WORD_reason_document_too_old, s->kind, age);
	else
		json_reader_fault(r, "documents", WORD_reason_document_missing, s->kind, NULL);
}

/* Where the standard refuses incomplete applications, each missing document is a fault. */
static void check_complete(struct intake *in, struct json_reader *r)
{
	if (!in->service || in->service->incomplete != INCOMPLETE_REFUSE || in->refuse_ground)
		return;
	for (size_t i = 0; i < in->service->ndocuments; i++) {
		const struct document_standard *s = &in->service->documents[i];

		if (s->required && !documents_have(in->documents, s->kind))
			fault_missing(in, r, s);
	}
}

/* The day on which the application came in, at the office. */
static int32_t received_day(const struct intake *in)
{
	const struct calendar *c =
		in->office ? calendars_find(in->book->calendars, in->office->calendar) : NULL;

	return zone_day(c ? calendar_zone(c) : NULL,
		in->received_at == MOMENT_NONE ? in->now : in->received_at);
}

void intake_read(struct intake *in, json_object *body, const char *own_office, enum lang lang)
{
	static const char *const languages[] = {"ky", "ru", "en"};
	struct json_reader r;
	int i;

	json_reader_init(&r, body, "", &in->faults);
	in->office = catalogue_office_find(in->book->catalogue, own_office);
	if (!in->office)
		json_reader_fault(&r, "office", WORD_reason_not_found, own_office, NULL);
	read_service(in, &r);
	i = json_get_enum(&r, "channel", JSON_OPTIONAL, channel_wire, KEZEK_CHANNEL_COUNT);
	in->channel = i >= 0 ? channel_wire[i] : "counter";
	i = json_get_enum(&r, "language", JSON_OPTIONAL, languages, ARRAY_SIZE(languages));
	in->language = i >= 0 ? languages[i] : lang_code(lang);
	read_moment(in, &r);
	intake_read_applicant(in, &r, JSON_REQUIRED);
	in->form = json_get_object(&r, "form", JSON_OPTIONAL);
	intake_read_documents(&r, in->service, received_day(in), &in->documents);
	in->external_ref = json_get_string(&r, "external_ref", JSON_OPTIONAL, 200);
	read_refusal(in, &r);
	read_route(in, &r);
	check_complete(in, &r);
	json_reader_end(&r);
	if (in->service && in->service->form && !in->refuse_ground) {
		_json_ *nothing = in->form ? NULL : json_object_new_object();

		if (form_check(in->service->form, in->form ? in->form : nothing, "/form",
			    &in->faults) != 0)
			return;
	}
}
