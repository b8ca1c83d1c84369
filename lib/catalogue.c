/* A catalogue: finding things in it, and letting go of it. */
#include "lib/catalogue_index.h"

struct catalogue *catalogue_ref(struct catalogue *c)
{
	c->refs++;
	return c;
}

void catalogue_unref(struct catalogue *c)
{
	if (!c || --c->refs > 0)
		return;
	for (size_t i = 0; i < c->nservices; i++)
		form_free(c->services[i].form);
	json_object_put(c->doc);
	pool_free(c->pool);
	free(c);
}

/* Everything indexed begins with its code. */
static const char *code_of(const void *item)
{
	return *(const char *const *)item;
}

/* The first item of a sorted index whose code is not less than `code`. */
size_t index_at(const void *const *index, size_t count, const char *code)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(code_of(index[middle]), code) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const void *find(const void *index, size_t count, const char *code)
{
	const void *const *items = index;
	size_t at = index_at(items, count, code);

	return at < count && strcmp(code_of(items[at]), code) == 0 ? items[at] : NULL;
}

const struct territory *catalogue_territory_find(const struct catalogue *c, const char *code)
{
	return find(c->territory_index, c->nterritories, code);
}

const struct agency *catalogue_agency_find(const struct catalogue *c, const char *code)
{
	return find(c->agency_index, c->nagencies, code);
}

const struct office *catalogue_office_find(const struct catalogue *c, const char *code)
{
	return find(c->office_index, c->noffices, code);
}

/* Versions of one code stand together, the lowest first. */
static size_t first_version(const struct catalogue *c, const char *code)
{
	return index_at((const void *const *)c->service_index, c->nservices, code);
}

static bool is_version_of(const struct catalogue *c, size_t at, const char *code)
{
	return at < c->nservices && strcmp(c->service_index[at]->code, code) == 0;
}

const struct service *catalogue_service_find(
	const struct catalogue *c, const char *code, int version)
{
	for (size_t at = first_version(c, code); is_version_of(c, at, code); at++) {
		if (c->service_index[at]->version == version)
			return c->service_index[at];
	}
	return NULL;
}

const struct service *catalogue_service_on(const struct catalogue *c, const char *code, int32_t day)
{
	const struct service *found = NULL;

	for (size_t at = first_version(c, code); is_version_of(c, at, code); at++) {
		const struct service *s = c->service_index[at];

		if (s->valid_from <= day && day <= s->valid_to)
			found = s;
	}
	return found;
}
