/* The register of services, from memory. */
#include "daemon/api/dossier.h"
#include "daemon/api/resources.h"
#include "lib/fold.h"

int32_t call_today(const struct call *c)
{
	const struct zone *zone = NULL;

	if (c->book->catalogue->nagencies)
		zone = book_zone(c->book, c->book->catalogue->agencies[0].code);
	return zone_day(zone, loop_now(c->api->loop));
}

static bool read_lang(struct call *c, enum lang *ret)
{
	_text_ value = TEXT_INIT;

	*ret = c->lang;
	if (!call_query(c, "lang", &value))
		return true;
	if (lang_parse(text_span(&value), ret))
		return true;
	answer_bad_parameter(c, "lang", WORD_reason_not_allowed, "ky, ru, en");
	return false;
}

static const char *level_name(enum level level)
{
	return level == LEVEL_MUNICIPAL ? "municipal" : "state";
}

static void add_service(struct text *t, const struct service *s, enum lang lang)
{
	text_add_char(t, '{');
	text_add_member(t, "code", s->code);
	text_addf(t, ",\"version\":%d,\"level\":\"%s\",", s->version, level_name(s->level));
	text_add_member(t, "name", s->name.text[lang]);
	text_add_char(t, ',');
	text_add_member(t, "source", s->source);
	text_adds(t, ",\"variants\":[");
	for (size_t i = 0; i < s->nvariants; i++) {
		text_adds(t, i ? ",{" : "{");
		text_add_member(t, "code", s->variants[i].code);
		text_addf(t, ",\"fee_tyiyn\":%lld,\"priority\":\"%s\"}",
			(long long)s->variants[i].fee_tyiyn,
			priority_name(s->variants[i].priority));
	}
	text_adds(t, "]}");
}

/* By any part of the code or of a name in any language; both sides folded. */
static bool matches(const struct service *s, const struct text *q)
{
	_text_ names = TEXT_INIT;

	if (!q->len)
		return true;
	text_add_folded(&names, span_of(s->code));
	for (int l = 0; l < LANG_COUNT; l++) {
		text_add_char(&names, '\n');
		text_add_folded(&names, span_of(s->name.text[l]));
	}
	return strstr(names.data, q->data) != NULL;
}

void services_list_begin(struct call *c)
{
	static const char *const names[] = {"lang", "q", "limit", "after", NULL};
	const struct catalogue *k = c->book->catalogue;
	struct text t = TEXT_INIT;
	_text_ asked = TEXT_INIT;
	_text_ q = TEXT_INIT;
	enum lang lang;
	const char *previous = NULL;
	int32_t day = call_today(c);

	if (!call_query_check(c, names) || !read_lang(c, &lang))
		return;
	if (call_query(c, "q", &asked))
		text_add_folded(&q, text_span(&asked));
	text_adds(&t, "{\"items\":[");
	for (size_t i = 0; i < k->nservices; i++) {
		const struct service *s = k->service_index[i];

		/* The index goes by code, then version: the one in force stands for all. */
		if (previous && strcmp(previous, s->code) == 0)
			continue;
		previous = s->code;
		s = catalogue_service_on(k, s->code, day);
		if (!s || !matches(s, &q))
			continue;
		if (t.data[t.len - 1] != '[')
			text_add_char(&t, ',');
		add_service(&t, s, lang);
	}
	page_write(&t, NULL, 0, false);
	text_add_char(&t, '}');
	answer_json(c, 200, &t);
}

void services_get_begin(struct call *c)
{
	static const char *const names[] = {"lang", NULL};
	const struct service *s =
		catalogue_service_on(c->book->catalogue, c->segment[0], call_today(c));
	struct text t = TEXT_INIT;
	enum lang lang;

	if (!call_query_check(c, names) || !read_lang(c, &lang))
		return;
	if (!s) {
		answer_problem(c, KEZEK_PROBLEM_not_found, NULL);
		return;
	}
	text_adds(&t, json_object_to_json_string_ext(
			      s->json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	answer_json(c, 200, &t);
}
