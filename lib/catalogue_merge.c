/* Loading in parts: what is added comes first, what is loaded and not named stays behind it. */
#include "lib/catalogue_kinds.h"
#include "lib/catalogue_merge.h"
#include "lib/json.h"

/* Members of a service version that may change while cases rest on it: words, and its end. */
static bool may_change(const char *member)
{
	static const char *const free_members[] = {
		"name", "result", "legal_basis", "source", "appeal", "counter_minutes", "valid_to"};

	for (size_t i = 0; i < ARRAY_SIZE(free_members); i++) {
		if (strcmp(member, free_members[i]) == 0)
			return true;
	}
	return false;
}

/* In a form a property may be called "name": there every word counts. */
static bool is_same_rule(const char *member, json_object *a, json_object *b)
{
	return may_change(member) || items_are_equal(a, b, strcmp(member, "form") == 0);
}

static void check_member(json_object *other, const char *name, json_object *member,
	const char *pointer, struct faults *faults)
{
	_free_ char *own = NULL;
	json_object *its = NULL;

	json_object_object_get_ex(other, name, &its);
	if (is_same_rule(name, member, its))
		return;
	own = pointer_join(pointer, name);
	faults_add(faults, own, WORD_reason_needs_new_version, NULL, NULL);
}

static void check_rules(json_object *old, json_object *new_item, size_t at, struct faults *faults)
{
	_text_ pointer = TEXT_INIT;

	text_addf(&pointer, "/services/%zu", at);
	json_object_object_foreach (new_item, name, member)
		check_member(old, name, member, pointer.data, faults);
	json_object_object_foreach (old, gone, its) {
		/* What both have was compared above. */
		if (!json_object_object_get_ex(new_item, gone, NULL))
			check_member(new_item, gone, its, pointer.data, faults);
	}
}

static bool is_used(
	const struct catalogue_checks *checks, const struct catalogue_kind *kind, json_object *item)
{
	json_object *code = NULL, *version = NULL;

	json_object_object_get_ex(item, "code", &code);
	json_object_object_get_ex(item, "version", &version);
	if (!code || !checks || !checks->is_used)
		return true;
	return checks->is_used(checks->context, kind->name, json_object_get_string(code),
		json_object_get_int(version));
}

static void append(json_object *array, json_object *item)
{
	if (json_object_array_add(array, json_object_get(item)) != 0)
		abort();
}

static void put(json_object *doc, const char *name, json_object *value)
{
	if (json_object_object_add(doc, name, value) != 0)
		abort();
}

struct merge {
	json_object *old, *add, *doc;
	bool replaces;
	const struct catalogue_checks *checks;
	struct faults *faults;
};

/* Of one that is used only words may change. */
static void check_change(struct merge *m, const struct catalogue_kind *kind, json_object *old,
	json_object *item, size_t at)
{
	struct faults own = {0};

	check_rules(old, item, at, &own);
	if (own.count && is_used(m->checks, kind, old))
		faults_move(m->faults, &own);
	faults_done(&own);
}

/* Routes and territories go as they like: what rests on them is in the document. */
static void check_removal(struct merge *m, const struct catalogue_kind *kind, json_object *item)
{
	static const char *const kinds[] = {"services", "agencies", "offices"};
	json_object *code = NULL;
	_text_ pointer = TEXT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kind->name, kinds[i]) != 0 || !is_used(m->checks, kind, item))
			continue;
		json_object_object_get_ex(item, "code", &code);
		text_addf(&pointer, "/%s", kind->name);
		faults_add(m->faults, pointer.data, WORD_reason_in_use,
			json_object_get_string(code), NULL);
	}
}

static void merge_kind(struct merge *m, const struct catalogue_kind *kind)
{
	_json_ *loaded = kind_map(kind, m->old), *named = kind_map(kind, m->add);
	json_object *array = json_object_new_array(), *from_old = kind_items(m->old, kind);
	json_object *from_add = kind_items(m->add, kind);
	bool is_service = strcmp(kind->name, "services") == 0;

	for (size_t i = 0; from_add && i < json_object_array_length(from_add); i++) {
		json_object *item = json_object_array_get_idx(from_add, i), *its = NULL;
		_free_ char *key = kind_key(kind, item);

		append(array, item);
		if (is_service && key && json_object_object_get_ex(loaded, key, &its))
			check_change(m, kind, its, item, i);
	}
	for (size_t i = 0; from_old && i < json_object_array_length(from_old); i++) {
		json_object *item = json_object_array_get_idx(from_old, i);
		_free_ char *key = kind_key(kind, item);

		if (key && json_object_object_get_ex(named, key, NULL))
			continue;
		if (m->replaces)
			check_removal(m, kind, item);
		else
			append(array, item);
	}
	put(m->doc, kind->name, array);
}

int catalogue_merge(json_object *old, json_object *add, bool replaces,
	const struct catalogue_checks *checks, struct faults *faults, json_object **ret_doc)
{
	struct faults own = {0};
	struct merge m = {
		.old = old, .add = add, .replaces = replaces, .checks = checks, .faults = &own};

	if (!json_object_is_type(add, json_type_object)) {
		faults_add(faults, "", WORD_reason_wrong_type, "object", NULL);
		return CATALOGUE_FAULTY;
	}
	m.doc = json_object_new_object();
	if (!m.doc)
		abort();
	for (size_t i = 0; i < CATALOGUE_KINDS; i++)
		merge_kind(&m, &catalogue_kinds[i]);
	/* What does not belong goes along, so that catalogue_read says so. */
	json_object_object_foreach (add, name, value) {
		if (!json_object_object_get_ex(m.doc, name, NULL) ||
			(value && !json_object_is_type(value, json_type_array)))
			put(m.doc, name, json_object_get(value));
	}
	if (!own.count) {
		*ret_doc = m.doc;
		return 0;
	}
	faults_move(faults, &own);
	json_object_put(m.doc);
	return CATALOGUE_FAULTY;
}

static const struct catalogue_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < CATALOGUE_KINDS; i++) {
		if (strcmp(catalogue_kinds[i].name, name) == 0)
			return &catalogue_kinds[i];
	}
	return NULL;
}

int catalogue_append(json_object *into, json_object *file, struct faults *faults)
{
	struct faults own = {0};
	struct json_reader r;
	bool is_faulty;

	json_reader_init(&r, file, "", &own);
	for (size_t i = 0; i < CATALOGUE_KINDS; i++)
		(void)json_get_array(&r, catalogue_kinds[i].name, JSON_MAY_BE_EMPTY, SIZE_MAX);
	json_reader_end(&r);
	is_faulty = own.count > 0;
	faults_move(faults, &own);
	if (is_faulty)
		return CATALOGUE_FAULTY;
	json_object_object_foreach (file, name, items) {
		json_object *all = kind_items(into, kind_find(name));

		if (!all)
			put(into, name, all = json_object_new_array());
		for (size_t i = 0; items && i < json_object_array_length(items); i++)
			append(all, json_object_array_get_idx(items, i));
	}
	return 0;
}
