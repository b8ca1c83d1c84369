/* What catalogue is loaded, and who would have to act by it. */
#include <stdio.h>
#include <time.h>

#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"
#include "lib/day.h"
#include "lib/fault.h"
#include "lib/route.h"

/* The sections of a catalogue, and what of their items is shown. */
static const struct {
	const char *pointer;
	const char *shown[5];
} sections[] = {
	{"/agencies", {"code", "level", "calendar", "head", "name"}},
	{"/offices", {"code", "agency", "territory", "calendar", "name"}},
	{"/territories", {"code", "parent", "name"}},
	{"/services", {"code", "version", "valid_from", "source", "name"}},
	{"/routes", {"service", "territory", "by", "agency", "valid_from"}},
};

static void section_print(const struct cli *c, json_object *doc, size_t s)
{
	_table_ t = {0};
	struct text heads[5] = {{0}};

	for (size_t k = 0; k < 5 && sections[s].shown[k]; k++) {
		text_addf(&heads[k], "%s%s", k == 4 ? "~" : "", sections[s].shown[k]);
		table_column(&t, heads[k].data);
	}
	for (size_t i = 0; i < tree_length(doc, sections[s].pointer); i++) {
		json_object *item = tree_item(doc, sections[s].pointer, i);

		for (size_t k = 0; k < 5 && sections[s].shown[k]; k++) {
			char pointer[32];

			snprintf(pointer, sizeof(pointer), "/%s", sections[s].shown[k]);
			table_cell(&t, tree_name(item, pointer, c->lang));
		}
	}
	printf("%s%s: %zu\n", s ? "\n" : "", sections[s].pointer + 1, table_rows(&t));
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
	for (size_t k = 0; k < 5; k++)
		text_done(&heads[k]);
}

/* Every item of that code, whatever it is; false: there is none. */
static bool items_of_code_print(json_object *doc, const char *code)
{
	bool found = false;

	for (size_t s = 0; s < ARRAY_SIZE(sections); s++) {
		for (size_t i = 0; i < tree_length(doc, sections[s].pointer); i++) {
			json_object *item = tree_item(doc, sections[s].pointer, i);
			const char *text;

			if (strcmp(tree_text(item, "/code"), code) != 0)
				continue;
			text = json_object_to_json_string_ext(
				item, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
			put_clean(stdout, text, strlen(text));
			putchar('\n');
			found = true;
		}
	}
	return found;
}

int catalogue_show_run(struct cli *c)
{
	_tree_ *doc = NULL;
	int rc = cli_get(c, "/v1/catalogue", &doc);

	if (rc)
		return rc;
	if (c->arg_count)
		return items_of_code_print(doc, c->args[0])
			       ? EXIT_DONE
			       : cli_refuse(c, SAY_no_code, c->args[0]);
	if (c->json) {
		printf("%s\n", tree_line(doc));
		return EXIT_DONE;
	}
	for (size_t s = 0; s < ARRAY_SIZE(sections); s++)
		section_print(c, doc, s);
	return EXIT_DONE;
}

static int32_t today(void)
{
	time_t now = time(NULL);
	struct tm local;
	char text[16];
	int32_t day = 0;

	localtime_r(&now, &local);
	strftime(text, sizeof(text), "%Y-%m-%d", &local);
	(void)day_parse(span_of(text), &day);
	return day;
}

static void route_print(const struct cli *c, const struct catalogue *catalogue,
	const struct route *route, const char *service)
{
	const struct agency *agency = route ? route->agency : NULL;
	_text_ t = TEXT_INIT;

	(void)catalogue;
	if (c->json) {
		text_adds(&t, "{\"service\":");
		text_add_json(&t, service);
		text_adds(&t, ",\"agency\":");
		text_add_json(&t, agency ? agency->code : "unrouted");
		text_adds(&t, ",\"by\":");
		text_add_json(&t, route ? route_by_wire[route->by] : NULL);
		text_adds(&t, ",\"territory\":");
		text_add_json(&t, route ? route->territory->code : NULL);
		text_adds(&t, "}\n");
	} else if (agency) {
		text_addf(&t, "%s  %s\n  %s  %s  %s\n", agency->code, agency->name.text[c->lang],
			route->territory->code, route->territory->name.text[c->lang],
			route_by_wire[route->by]);
	} else {
		text_addf(&t, "unrouted  %s\n", say(SAY_unrouted, c->lang));
	}
	put_clean(stdout, t.data, t.len);
}

int catalogue_route_run(struct cli *c)
{
	_faults_ faults = {0};
	_tree_ *doc = NULL;
	struct catalogue *catalogue;
	struct route_query query = {.service = c->args[0],
		.applicant_kind = cli_option(c, "kind"),
		.variant = cli_option(c, "variant"),
		.day = today()};
	const struct territory *place;
	int rc = cli_get(c, "/v1/catalogue", &doc);

	if (rc)
		return rc;
	if (catalogue_read(doc, &(struct catalogue_checks){0}, &faults, &catalogue) != 0)
		return cli_refuse(c, SAY_not_json, NULL);
	place = catalogue_territory_find(catalogue, c->args[1]);
	if (!place || !catalogue_service_on(catalogue, c->args[0], query.day)) {
		rc = cli_refuse(c, SAY_no_code, place ? c->args[0] : c->args[1]);
	} else {
		for (int by = 0; by < ROUTE_BY_COUNT; by++)
			query.places[by] = place;
		route_print(c, catalogue, route_find(catalogue, &query), c->args[0]);
	}
	catalogue_unref(catalogue);
	return rc;
}
