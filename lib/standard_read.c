/* Reading a service's standard: all but its terms. */
#include "lib/applicant.h"
#include "lib/catalogue_draft.h"

static void read_recipients(struct draft *d, struct json_reader *r, struct service *s)
{
	size_t count;
	json_object *kinds = draft_array(r, "recipients", JSON_MAY_BE_EMPTY, &count);
	const char **recipients = draft_take(d, count, sizeof(*recipients));

	for (size_t i = 0; i < count; i++) {
		const char *kind = json_item_string(r, "recipients", kinds, i, CODE_MAX);

		if (!kind)
			continue;
		recipients[s->nrecipients++] = kind;
		if (!recipient_is_known(kind))
			json_reader_fault(
				r, "recipients", WORD_reason_not_allowed, RECIPIENT_WORDS, NULL);
	}
	s->recipients = recipients;
}

static void read_documents(struct draft *d, struct json_reader *r, struct service *s)
{
	size_t count;
	json_object *array = draft_array(r, "documents", JSON_MAY_BE_EMPTY, &count);
	struct document_standard *documents = draft_take(d, count, sizeof(*documents));
	struct json_reader item;

	s->documents = documents;
	for (size_t i = 0; i < count; i++) {
		struct document_standard one = {.required = true, .max_age_days = -1};
		int64_t age = -1;

		if (!json_reader_item(&item, r, "documents", array, i))
			continue;
		one.kind = draft_code(&item, "kind", JSON_REQUIRED);
		json_get_bool(&item, "required", JSON_OPTIONAL, &one.required);
		json_get_bool(&item, "original", JSON_OPTIONAL, &one.original);
		json_get_int64(&item, "max_age_days", JSON_OPTIONAL, 0, 100000, &age);
		one.max_age_days = (int)age;
		one.name = draft_names(&item, "name", JSON_OPTIONAL, one.kind);
		if (service_document_find(s, one.kind))
			json_reader_fault(&item, "kind", WORD_reason_duplicate, one.kind, NULL);
		documents[s->ndocuments++] = one;
		json_reader_end(&item);
	}
}

static void read_grounds(struct draft *d, struct json_reader *r, struct service *s)
{
	size_t count;
	json_object *array = draft_array(r, "refusal_grounds", JSON_MAY_BE_EMPTY, &count);
	struct ground *grounds = draft_take(d, count, sizeof(*grounds));
	struct json_reader item;

	s->grounds = grounds;
	for (size_t i = 0; i < count; i++) {
		struct ground one = {0};

		if (!json_reader_item(&item, r, "refusal_grounds", array, i))
			continue;
		one.code = draft_code(&item, "code", JSON_REQUIRED);
		one.name = draft_names(&item, "name", JSON_OPTIONAL, one.code);
		one.legal_basis = json_get_string(&item, "legal_basis", JSON_OPTIONAL, TEXT_MAX);
		if (service_ground_find(s, one.code))
			json_reader_fault(&item, "code", WORD_reason_duplicate, one.code, NULL);
		grounds[s->ngrounds++] = one;
		json_reader_end(&item);
	}
}

/* The route of an appeal: a text by language beside who hears it, how soon and by which law. */
static void read_appeal(struct draft *d, struct json_reader *r, struct service *s)
{
	struct json_reader own;
	const char *texts[LANG_COUNT], *any = "";

	for (int lang = 0; lang < LANG_COUNT; lang++)
		s->appeal.text.text[lang] = any;
	if (!json_reader_open(&own, r, "appeal", JSON_OPTIONAL))
		return;
	for (int lang = LANG_COUNT - 1; lang >= 0; lang--) {
		texts[lang] =
			json_get_string(&own, lang_code((enum lang)lang), JSON_OPTIONAL, TEXT_MAX);
		any = texts[lang] ? texts[lang] : any;
	}
	for (int lang = 0; lang < LANG_COUNT; lang++)
		s->appeal.text.text[lang] = texts[lang] ? texts[lang] : any;
	s->appeal.agency = draft_agency(d, &own, "agency", JSON_OPTIONAL);
	s->appeal.term = draft_rule(d, &own, "term", JSON_OPTIONAL, false);
	s->appeal.legal_basis = json_get_string(&own, "legal_basis", JSON_OPTIONAL, TEXT_MAX);
	json_reader_end(&own);
}

static void read_forward(struct draft *d, struct json_reader *r, struct service *s)
{
	static const char *const clocks[] = {"continue", "restart"};
	struct json_reader own;
	int64_t hops = 3;

	if (json_reader_open(&own, r, "forward", JSON_OPTIONAL)) {
		int clock = json_get_enum(&own, "clock", JSON_OPTIONAL, clocks, ARRAY_SIZE(clocks));

		s->forward_clock = clock < 0 ? FORWARD_CONTINUES : (enum forward_clock)clock;
		json_get_int64(&own, "max_hops", JSON_OPTIONAL, 0, 100, &hops);
		s->forward_notice = draft_rule(d, &own, "notice", JSON_OPTIONAL, false);
		json_reader_end(&own);
	}
	s->max_hops = (int)hops;
}

static void read_words(struct json_reader *r, struct service *s)
{
	s->name = draft_names(r, "name", JSON_REQUIRED, s->code);
	s->result = draft_names(r, "result", JSON_OPTIONAL, "");
	s->legal_basis = json_get_string(r, "legal_basis", JSON_OPTIONAL, TEXT_MAX);
	s->source = json_get_string(r, "source", JSON_OPTIONAL, TEXT_MAX);
	if (!s->source)
		s->source = "unconfirmed";
	s->source_is_confirmed = strcmp(s->source, "unconfirmed") != 0;
}

static void read_form(struct json_reader *r, struct service *s)
{
	json_object *schema = json_get_object(r, "form", JSON_OPTIONAL);
	_free_ char *pointer = pointer_join(r->pointer, "form");
	struct form *form;

	if (schema && form_read(schema, pointer, r->faults, &form) == 0)
		s->form = form;
}

void standard_read(struct draft *d, struct json_reader *r, struct service *s)
{
	static const char *const levels[] = {"state", "municipal"};
	static const char *const payments[] = {"none", "before", "after"};
	static const char *const incompletes[] = {"refuse", "accept", "pause"};
	static const char *const transitions[] = {"pinned"};
	int64_t version = 0, minutes = -1;
	int level, payment, incomplete;

	s->code = draft_code(r, "code", JSON_REQUIRED);
	json_get_int64(r, "version", JSON_REQUIRED, 1, INT32_MAX, &version);
	s->version = (int)version;
	s->json = r->object;
	draft_validity(r, &s->valid_from, &s->valid_to);
	level = json_get_enum(r, "level", JSON_OPTIONAL, levels, ARRAY_SIZE(levels));
	s->level = level < 0 ? LEVEL_STATE : (enum level)level;
	read_words(r, s);
	read_recipients(d, r, s);
	json_get_int64(r, "counter_minutes", JSON_OPTIONAL, 0, 1440, &minutes);
	s->counter_minutes = (int)minutes;
	(void)json_get_enum(r, "transition", JSON_OPTIONAL, transitions, ARRAY_SIZE(transitions));
	payment = json_get_enum(r, "payment", JSON_OPTIONAL, payments, ARRAY_SIZE(payments));
	s->payment = payment < 0 ? PAYMENT_NONE : (enum payment)payment;
	incomplete =
		json_get_enum(r, "incomplete", JSON_OPTIONAL, incompletes, ARRAY_SIZE(incompletes));
	s->incomplete = incomplete < 0 ? INCOMPLETE_ACCEPT : (enum incomplete)incomplete;
	s->max_backdate = draft_rule(d, r, "max_backdate", JSON_OPTIONAL, true);
	read_forward(d, r, s);
	read_documents(d, r, s);
	read_grounds(d, r, s);
	read_appeal(d, r, s);
	read_form(r, s);
	standard_read_terms(d, r, s);
}
