/* What a request is found by, made of its content; and the same asked for. */
#include "daemon/api/lookups.h"
#include "lib/fold.h"

static void add_lookup(
	struct lookups *l, struct seal *seal, const char *kind, const char *value, size_t len)
{
	struct lookup_row row = {.kind = kind};
	struct seal_index index;

	seal_index(seal, kind, (struct span){value, len}, &index);
	_Static_assert(sizeof(row.hash) == sizeof(index.bytes), "one size");
	memcpy(row.hash, index.bytes, sizeof(row.hash));
	for (int i = 0; i < l->count; i++) {
		if (memcmp(l->rows[i].hash, row.hash, sizeof(row.hash)) == 0)
			return;
	}
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		l->rows = realloc(l->rows, (size_t)l->room * sizeof(*l->rows));
		if (!l->rows)
			abort();
	}
	l->rows[l->count++] = row;
}

static const char *member(json_object *o, const char *name)
{
	json_object *value = json_object_object_get(o, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static void add_member(
	struct lookups *l, struct seal *seal, const char *kind, json_object *o, const char *name)
{
	const char *value = member(o, name);

	if (value)
		add_lookup(l, seal, kind, value, strlen(value));
}

/* A name is found by its whole words. */
static void add_name(struct lookups *l, struct seal *seal, json_object *person)
{
	const char *name = member(person, "name");
	_text_ folded = TEXT_INIT;
	struct span rest, word;

	if (!name)
		return;
	text_add_folded(&folded, span_of(name));
	for (rest = text_span(&folded); fold_next_word(&rest, &word);)
		add_lookup(l, seal, "name", word.at, word.len);
}

void lookups_add(struct lookups *l, json_object *content, struct seal *seal)
{
	json_object *applicant = json_object_object_get(content, "applicant");

	add_member(l, seal, "pin", applicant, "pin");
	add_member(l, seal, "reference", content, "external_ref");
	add_member(l, seal, "code", content, "code");
	add_name(l, seal, applicant);
	add_name(l, seal, json_object_object_get(applicant, "representative"));
}

static void sought_add(struct sought *s, struct seal *seal, const char *kind, struct span value)
{
	struct seal_index each[SEAL_INDEXES_MAX];
	int n = seal_index_each(seal, kind, value, each);

	for (int i = 0; i < n; i++) {
		cell_int(&s->columns, s->words);
		cell_bytes(&s->columns, each[i].bytes, sizeof(each[i].bytes));
	}
	s->words++;
}

void sought_value(struct sought *s, struct seal *seal, const char *kind, const char *value)
{
	columns_init(&s->columns, "ib");
	s->kind = kind;
	s->words = 0;
	sought_add(s, seal, kind, span_of(value));
}

bool sought_name(struct sought *s, struct seal *seal, const char *name)
{
	_text_ folded = TEXT_INIT;
	struct span rest, word;

	columns_init(&s->columns, "ib");
	s->kind = "name";
	s->words = 0;
	text_add_folded(&folded, span_of(name));
	for (rest = text_span(&folded); fold_next_word(&rest, &word);)
		sought_add(s, seal, "name", word);
	return s->words;
}

void lookup_add_each(struct text *t, struct seal *seal, const char *kind, struct span value)
{
	struct seal_index each[SEAL_INDEXES_MAX];
	int n = seal_index_each(seal, kind, value, each);

	for (int i = 0; i < n; i++)
		text_add(t, each[i].bytes, sizeof(each[i].bytes));
}
