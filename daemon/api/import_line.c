/* Reading one line of an import, every fault of it at once. */
#include "daemon/api/import_parts.h"
#include "daemon/memory.h"

#define NUMBER_MAX      100
#define LINE_TREE_BYTES (16 * 1024 * 1024)

void import_line_init(struct import_line *l, struct book *b, int64_t now)
{
	memset(l, 0, sizeof(*l));
	intake_init(&l->in, b, now);
	l->registered_at = l->due_at = l->pause_ends_at = MOMENT_NONE;
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
	memory_release(l->tree);
}

/* The id carries the moment of registration, and no id is older than 1970. */
static void read_moments(struct import_line *l, struct json_reader *r)
{
	l->in.received_at = import_get_past(r, &l->in, "received_at", JSON_REQUIRED);
	l->registered_at = import_get_past(r, &l->in, "registered_at", JSON_OPTIONAL);
	if (l->registered_at == MOMENT_NONE)
		l->registered_at = l->in.received_at;
	if (l->registered_at < 0)
		json_reader_fault(r, "registered_at", WORD_reason_too_small, "1970-01-01", NULL);
	else if (l->in.received_at < 0)
		json_reader_fault(r, "received_at", WORD_reason_too_small, "1970-01-01", NULL);
	if (l->registered_at < l->in.received_at)
		l->oddities |= 1u << IMPORT_registered_before_receipt;
	l->due_at = import_get_moment(r, "due_at", JSON_OPTIONAL);
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
	import_read_events(l, r);
}

bool import_line_read(struct import_line *l, struct span text, unsigned json_depth)
{
	size_t tree = 0;
	struct json_limits limits = {json_depth, LINE_TREE_BYTES, &tree};
	struct json_fault fault;
	struct json_reader r;

	l->bytes = text.len;
	if (json_read(text, &limits, &fault, &l->body) != 0) {
		json_fault_report(&fault, &l->in.faults);
		return false;
	}
	l->bytes += tree;
	memory_hold(l->tree = tree);
	json_reader_init(&r, l->body, "", &l->in.faults);
	read_members(l, &r);
	json_reader_end(&r);
	return !l->in.faults.count;
}
