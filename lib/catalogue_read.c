/* Reading a catalogue: who, where, and the order in which things rest on each other. */
#include <stdio.h>

#include "lib/applicant.h"
#include "lib/catalogue_draft.h"

#define LEVELS_MAX 16 /* of territories or agencies above each other */

static int compare_codes(const void *a, const void *b)
{
	const char *const *x = *(const void *const *)a, *const *y = *(const void *const *)b;

	/* Equal codes in the file's order: the second one is the doubled one. */
	return strcmp(*x, *y) ? strcmp(*x, *y) : (x > y) - (x < y);
}

static int compare_services(const void *a, const void *b)
{
	const struct service *x = *(const struct service *const *)a;
	const struct service *y = *(const struct service *const *)b;

	if (strcmp(x->code, y->code) != 0)
		return strcmp(x->code, y->code);
	return x->version != y->version ? (x->version > y->version) - (x->version < y->version)
					: (x > y) - (x < y);
}

static int compare_routes(const void *a, const void *b)
{
	const struct route *x = *(const struct route *const *)a;
	const struct route *y = *(const struct route *const *)b;

	return strcmp(x->service, y->service) ? strcmp(x->service, y->service) : (x > y) - (x < y);
}

/* A sorted array of pointers to the items, each `size` big. */
static void *make_index(struct draft *d, const void *items, size_t count, size_t size,
	int (*compare)(const void *, const void *))
{
	const void **index = draft_take(d, count, sizeof(*index));

	for (size_t i = 0; i < count; i++)
		index[i] = (const char *)items + i * size;
	qsort(index, count, sizeof(*index), compare);
	return index;
}

static void report(struct json_reader *root, const char *kind, size_t at, const char *member,
	enum word reason, const char *detail)
{
	_text_ pointer = TEXT_INIT;

	text_addf(&pointer, "/%s/%zu%s%s", kind, at, member ? "/" : "", member ? member : "");
	faults_add(root->faults, pointer.data, reason, detail, NULL);
}

/* Everything indexed begins with its code; "" has been reported already. */
static void check_doubles(struct json_reader *root, const char *kind, const void *index_,
	size_t count, const void *items, size_t size)
{
	const void *const *index = index_;

	for (size_t i = 1; i < count; i++) {
		const char *code = *(const char *const *)index[i];
		size_t at = (size_t)((const char *)index[i] - (const char *)items) / size;

		if (*code && strcmp(code, *(const char *const *)index[i - 1]) == 0)
			report(root, kind, at, "code", WORD_reason_duplicate, code);
	}
}

/* The item once more, for what could not be resolved when it was read; free its own_pointer. */
static bool open_again(
	struct json_reader *ret, struct json_reader *root, const char *kind, size_t i)
{
	json_object *array = NULL, *object;
	_text_ pointer = TEXT_INIT;

	json_object_object_get_ex(root->object, kind, &array);
	object = json_object_array_get_idx(array, i);
	if (!json_object_is_type(object, json_type_object))
		return false;
	text_addf(&pointer, "/%s/%zu", kind, i);
	json_reader_init(ret, object, pointer.data, root->faults);
	ret->pointer = ret->own_pointer = text_steal(&pointer);
	return true;
}

/* Follows `up` from item to parent: 0, or why the item cannot hang there. */
static enum word check_levels(const void *item, const void *(*up)(const void *))
{
	const void *above = up(item);

	for (int level = 0; above && level < LEVELS_MAX; level++) {
		if (above == item)
			return WORD_reason_cycle;
		above = up(above);
	}
	return above ? WORD_reason_too_deep : 0;
}

static const void *territory_up(const void *item)
{
	return ((const struct territory *)item)->parent;
}

static const void *agency_up(const void *item)
{
	return ((const struct agency *)item)->parent;
}

static void link_territories(struct draft *d, struct json_reader *root)
{
	struct json_reader item;
	size_t count = d->c->nterritories;
	enum word wrong;

	for (size_t i = 0; i < count; i++) {
		if (!open_again(&item, root, "territories", i))
			continue;
		d->territories[i].parent = draft_territory(d, &item, "parent", JSON_OPTIONAL);
		free(item.own_pointer);
	}
	/* What is wrong is cut loose, so that every later walk up ends. */
	for (size_t i = 0; i < count; i++) {
		wrong = check_levels(&d->territories[i], territory_up);
		if (wrong) {
			report(root, "territories", i, "parent", wrong, d->territories[i].code);
			d->territories[i].parent = NULL;
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (const struct territory *t = d->territories[i].parent; t; t = t->parent)
			d->territories[i].depth++;
	}
}

static void read_territories(struct draft *d, struct json_reader *root)
{
	struct json_reader item;
	json_object *array =
		draft_array(root, "territories", JSON_MAY_BE_EMPTY, &d->c->nterritories);
	size_t count = d->c->nterritories;

	d->c->territories = d->territories = draft_take(d, count, sizeof(*d->territories));
	for (size_t i = 0; i < count; i++) {
		struct territory *t = &d->territories[i];

		t->code = "";
		if (!json_reader_item(&item, root, "territories", array, i))
			continue;
		t->code = draft_code(&item, "code", JSON_REQUIRED);
		t->name = draft_names(&item, "name", JSON_OPTIONAL, t->code);
		(void)json_get_any(&item, "parent", JSON_OPTIONAL); /* see link_territories */
		json_reader_end(&item);
	}
	d->c->territory_index =
		make_index(d, d->territories, count, sizeof(*d->territories), compare_codes);
	check_doubles(root, "territories", d->c->territory_index, count, d->territories,
		sizeof(*d->territories));
	link_territories(d, root);
}

static void link_agencies(struct draft *d, struct json_reader *root)
{
	struct json_reader item;
	size_t count = d->c->nagencies;
	enum word wrong;

	for (size_t i = 0; i < count; i++) {
		if (!open_again(&item, root, "agencies", i))
			continue;
		d->agencies[i].parent = draft_agency(d, &item, "parent", JSON_OPTIONAL);
		free(item.own_pointer);
	}
	for (size_t i = 0; i < count; i++) {
		wrong = check_levels(&d->agencies[i], agency_up);
		if (wrong) {
			report(root, "agencies", i, "parent", wrong, d->agencies[i].code);
			d->agencies[i].parent = NULL;
		}
	}
}

static void read_agency(struct draft *d, struct json_reader *r, struct agency *a)
{
	static const char *const levels[] = {"state", "municipal"};
	int level = json_get_enum(r, "level", JSON_OPTIONAL, levels, ARRAY_SIZE(levels));

	a->level = level < 0 ? LEVEL_STATE : (enum level)level;
	a->code = draft_code(r, "code", JSON_REQUIRED);
	a->calendar = draft_calendar(d, r, "calendar", JSON_REQUIRED, "");
	a->head = draft_code(r, "head", JSON_REQUIRED);
	a->name = draft_names(r, "name", JSON_REQUIRED, a->code);
	(void)json_get_any(r, "parent", JSON_OPTIONAL); /* see link_agencies */
}

static void read_agencies(struct draft *d, struct json_reader *root)
{
	json_object *array = draft_array(root, "agencies", JSON_MAY_BE_EMPTY, &d->c->nagencies);
	size_t count = d->c->nagencies;
	struct json_reader item;

	d->c->agencies = d->agencies = draft_take(d, count, sizeof(*d->agencies));
	for (size_t i = 0; i < count; i++) {
		d->agencies[i].code = d->agencies[i].calendar = d->agencies[i].head = "";
		if (!json_reader_item(&item, root, "agencies", array, i))
			continue;
		read_agency(d, &item, &d->agencies[i]);
		json_reader_end(&item);
	}
	d->c->agency_index = make_index(d, d->agencies, count, sizeof(*d->agencies), compare_codes);
	check_doubles(
		root, "agencies", d->c->agency_index, count, d->agencies, sizeof(*d->agencies));
	link_agencies(d, root);
}

static void read_offices(struct draft *d, struct json_reader *root)
{
	json_object *array = draft_array(root, "offices", JSON_MAY_BE_EMPTY, &d->c->noffices);
	size_t count = d->c->noffices;
	struct json_reader item;

	d->c->offices = d->offices = draft_take(d, count, sizeof(*d->offices));
	for (size_t i = 0; i < count; i++) {
		struct office *o = &d->offices[i];

		o->code = o->calendar = "";
		if (!json_reader_item(&item, root, "offices", array, i))
			continue;
		o->code = draft_code(&item, "code", JSON_REQUIRED);
		o->agency = draft_agency(d, &item, "agency", JSON_REQUIRED);
		o->territory = draft_territory(d, &item, "territory", JSON_REQUIRED);
		o->calendar = draft_calendar(
			d, &item, "calendar", JSON_OPTIONAL, o->agency ? o->agency->calendar : "");
		o->name = draft_names(&item, "name", JSON_REQUIRED, o->code);
		json_reader_end(&item);
	}
	d->c->office_index = make_index(d, d->offices, count, sizeof(*d->offices), compare_codes);
	check_doubles(root, "offices", d->c->office_index, count, d->offices, sizeof(*d->offices));
}

static void read_services(struct draft *d, struct json_reader *root)
{
	json_object *array = draft_array(root, "services", JSON_MAY_BE_EMPTY, &d->c->nservices);
	size_t count = d->c->nservices;
	struct json_reader item;

	d->c->services = d->services = draft_take(d, count, sizeof(*d->services));
	for (size_t i = 0; i < count; i++) {
		d->services[i].code = "";
		if (!json_reader_item(&item, root, "services", array, i))
			continue;
		standard_read(d, &item, &d->services[i]);
		json_reader_end(&item);
	}
	d->c->service_index =
		make_index(d, d->services, count, sizeof(*d->services), compare_services);
	for (size_t i = 1; i < count; i++) {
		const struct service *s = d->c->service_index[i],
				     *before = d->c->service_index[i - 1];

		if (*s->code && strcmp(s->code, before->code) == 0 && s->version == before->version)
			report(root, "services", (size_t)(s - d->services), "version",
				WORD_reason_duplicate, s->code);
	}
}

/* The first version of a service in the index, or the end of it. */
static size_t first_of(const struct draft *d, const char *service)
{
	return index_at((const void *const *)d->c->service_index, d->c->nservices, service);
}

static bool is_of(const struct draft *d, size_t at, const char *service)
{
	return at < d->c->nservices && strcmp(d->c->service_index[at]->code, service) == 0;
}

/* In any of its versions. */
static bool has_variant(const struct draft *d, const char *service, const char *variant)
{
	for (size_t at = first_of(d, service); is_of(d, at, service); at++) {
		if (service_variant_find(d->c->service_index[at], variant))
			return true;
	}
	return false;
}

static void read_route(struct draft *d, struct json_reader *r, struct route *route)
{
	const char *const *names = route_by_wire;
	int by;

	route->service = draft_code(r, "service", JSON_REQUIRED);
	if (*route->service && !is_of(d, first_of(d, route->service), route->service))
		json_reader_fault(r, "service", WORD_reason_not_found, route->service, NULL);
	route->territory = draft_territory(d, r, "territory", JSON_REQUIRED);
	by = json_get_enum(r, "by", JSON_REQUIRED, names, ROUTE_BY_COUNT);
	route->by = by < 0 ? ROUTE_BY_OFFICE : (enum route_by)by;
	route->agency = draft_agency(d, r, "agency", JSON_REQUIRED);
	route->applicant_kind = json_get_string(r, "applicant_kind", JSON_OPTIONAL, CODE_MAX);
	if (route->applicant_kind && !recipient_is_known(route->applicant_kind))
		json_reader_fault(
			r, "applicant_kind", WORD_reason_not_allowed, RECIPIENT_WORDS, NULL);
	route->variant = json_get_string(r, "variant", JSON_OPTIONAL, CODE_MAX);
	if (route->variant && !has_variant(d, route->service, route->variant))
		json_reader_fault(r, "variant", WORD_reason_not_found, route->variant, NULL);
	draft_validity(r, &route->valid_from, &route->valid_to);
}

static void check_ties(struct draft *d, struct json_reader *root)
{
	const struct route *const *index = d->c->route_index;

	for (size_t i = 0; i < d->c->nroutes; i++) {
		for (size_t j = i + 1; j < d->c->nroutes; j++) {
			char other[40];

			if (strcmp(index[i]->service, index[j]->service) != 0)
				break;
			if (!route_ties(index[i], index[j]))
				continue;
			snprintf(other, sizeof(other), "/routes/%zu",
				(size_t)(index[j] - d->routes));
			report(root, "routes", (size_t)(index[i] - d->routes), NULL,
				WORD_reason_route_tie, other);
		}
	}
}

static void read_routes(struct draft *d, struct json_reader *root)
{
	json_object *array = draft_array(root, "routes", JSON_MAY_BE_EMPTY, &d->c->nroutes);
	size_t count = d->c->nroutes;
	struct json_reader item;

	d->c->routes = d->routes = draft_take(d, count, sizeof(*d->routes));
	for (size_t i = 0; i < count; i++) {
		d->routes[i].service = "";
		if (!json_reader_item(&item, root, "routes", array, i))
			continue;
		read_route(d, &item, &d->routes[i]);
		json_reader_end(&item);
	}
	d->c->route_index = make_index(d, d->routes, count, sizeof(*d->routes), compare_routes);
	if (!root->faults->count)
		check_ties(d, root);
}

int catalogue_read(json_object *doc, const struct catalogue_checks *checks, struct faults *faults,
	struct catalogue **ret)
{
	struct draft d = {.checks = checks};
	struct faults own = {0};
	struct json_reader root;

	d.c = calloc(1, sizeof(*d.c));
	if (!d.c)
		abort();
	d.c->refs = 1;
	d.c->doc = json_object_get(doc);
	d.c->pool = pool_new();
	json_reader_init(&root, doc, "", &own);
	read_territories(&d, &root);
	read_agencies(&d, &root);
	read_offices(&d, &root);
	read_services(&d, &root);
	read_routes(&d, &root);
	json_reader_end(&root);
	if (!own.count) {
		*ret = d.c;
		return 0;
	}
	faults_move(faults, &own);
	catalogue_unref(d.c);
	return CATALOGUE_FAULTY;
}
