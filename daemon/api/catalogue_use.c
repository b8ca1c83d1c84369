/* What rests on items of the catalogue: asking the database, and telling it with the difference. */
#include "daemon/api/catalogue_use.h"

void catalogue_use_done(struct catalogue_use *use)
{
	for (size_t i = 0; i < use->count; i++) {
		free(use->items[i].kind);
		free(use->items[i].code);
	}
	free(use->items);
	*use = (struct catalogue_use){0};
}

static char *copy(const char *s)
{
	char *own = strdup(s);

	if (!own)
		abort();
	return own;
}

bool catalogue_use_note(void *context, const char *kind, const char *code, int version)
{
	struct catalogue_use *use = context;

	if ((use->count & (use->count + 1)) == 0) { /* 0, 1, 3, 7, …: twice as many */
		use->items = realloc(use->items, (2 * use->count + 1) * sizeof(*use->items));
		if (!use->items)
			abort();
	}
	use->items[use->count++] =
		(struct needed){.kind = copy(kind), .code = copy(code), .version = version};
	return false;
}

static struct needed *find(
	const struct catalogue_use *use, const char *kind, const char *code, int version)
{
	for (size_t i = 0; i < use->count; i++) {
		struct needed *n = &use->items[i];

		if (n->version == version && strcmp(n->code, code) == 0 &&
			strcmp(n->kind, kind) == 0)
			return n;
	}
	return NULL;
}

bool catalogue_use_find(void *context, const char *kind, const char *code, int version)
{
	const struct needed *n = find(context, kind, code, version);

	return !n || n->is_used;
}

bool catalogue_use_is_any(const struct catalogue_use *use)
{
	for (size_t i = 0; i < use->count; i++) {
		if (use->items[i].is_used)
			return true;
	}
	return false;
}

void catalogue_use_params(const struct catalogue_use *use, struct params *p)
{
	struct columns items;

	columns_init(&items, "tti");
	for (size_t i = 0; i < use->count; i++) {
		cell_text(&items, use->items[i].kind);
		cell_text(&items, use->items[i].code);
		cell_int(&items, use->items[i].version);
	}
	params_columns(p, &items);
}

void catalogue_use_read(struct catalogue_use *use, const struct unit *u, int statement)
{
	for (int i = 0; i < rows_count(u, statement); i++) {
		struct row r = row_of(u, statement, i);
		const char *kind = row_text(&r), *code = row_text(&r);
		struct needed *n = find(use, kind, code, row_int(&r));

		if (n)
			n->is_used = true;
	}
}

/* The lists of a diff's kind, and the member by which their items are counted. */
static const char *const lists[] = {"added", "changed", "closed", "removed"};
static const struct {
	const char *kind, *member;
} counted[] = {
	{"services", "code"}, {"agencies", "code"}, {"offices", "code"}, {"routes", "service"}};

static const char *text_of(json_object *item, const char *member)
{
	return json_object_get_string(json_object_object_get(item, member));
}

/* The codes of one kind; a diff is small, or everything is new in it. */
static void add_codes(json_object *diff, size_t kind, struct columns *codes)
{
	json_object *of_kind = json_object_object_get(diff, counted[kind].kind);

	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		json_object *list = json_object_object_get(of_kind, lists[k]);

		for (size_t i = 0; i < json_object_array_length(list); i++)
			cell_text(codes,
				text_of(json_object_array_get_idx(list, i), counted[kind].member));
	}
}

void catalogue_use_touched(json_object *diff, struct params *p)
{
	for (size_t kind = 0; kind < 3; kind++) {
		struct columns codes;

		columns_init(&codes, "t");
		add_codes(diff, kind, &codes);
		if (kind == 0)
			add_codes(diff, 3, &codes);
		params_columns(p, &codes);
	}
}

/* {"services": {"6-49": {"": n, "3": n}}, …}: the sum of a code, and of its version or agency. */
static void add_open(
	json_object *open, const char *kind, const char *code, const char *part, int64_t n)
{
	json_object *of_kind = json_object_object_get(open, kind), *of_code;
	json_object *had;

	if (!of_kind)
		json_put(open, kind, of_kind = json_made(json_object_new_object()));
	of_code = json_object_object_get(of_kind, code);
	if (!of_code)
		json_put(of_kind, code, of_code = json_made(json_object_new_object()));
	had = json_object_object_get(of_code, part);
	json_put(of_code, part, json_made(json_object_new_int64(n + json_object_get_int64(had))));
}

static json_object *read_open(const struct unit *u, int statement)
{
	json_object *open = json_made(json_object_new_object());

	for (int i = 0; i < rows_count(u, statement); i++) {
		struct row r = row_of(u, statement, i);
		const char *kind = row_text(&r), *code = row_text(&r), *part = row_text(&r);
		int64_t n = row_int64(&r);

		add_open(open, kind, code, "", n);
		if (part)
			add_open(open, kind, code, part, n);
	}
	return open;
}

/* Of a new version or route all of its service: none of them moves, they are only touched. */
static const char *part_of(json_object *item, size_t kind, const char *list)
{
	if (strcmp(list, "added") == 0)
		return "";
	return kind == 0 ? text_of(item, "version") : "";
}

void catalogue_use_count(const struct unit *u, int statement, json_object *diff)
{
	_json_ *open = read_open(u, statement);

	for (size_t kind = 0; kind < ARRAY_SIZE(counted); kind++) {
		json_object *of_kind = json_object_object_get(diff, counted[kind].kind);
		json_object *codes = json_object_object_get(
			open, kind == 3 ? counted[0].kind : counted[kind].kind);

		for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
			json_object *list = json_object_object_get(of_kind, lists[k]);

			for (size_t i = 0; i < json_object_array_length(list); i++) {
				json_object *item = json_object_array_get_idx(list, i);
				json_object *of_code = json_object_object_get(
					codes, text_of(item, counted[kind].member));
				json_object *n = json_object_object_get(
					of_code, part_of(item, kind, lists[k]));

				json_put(item, "open",
					json_made(json_object_new_int64(json_object_get_int64(n))));
			}
		}
	}
}
