/* Whatever is loaded as a catalogue is refused with faults or can be asked; loading it again
 * changes nothing. */
#include "lib/catalogue_merge.h"
#include "lib/json.h"
#include "lib/route.h"
#include "tests/fuzz/target.h"

/* At most one rule decides, and it is the one that is found. */
static void explain(const struct catalogue *c, const struct route_query *query)
{
	const struct route *found = route_find(c, query);
	struct route_step *steps;
	size_t count = route_explain(c, query, &steps), deciding = 0;

	for (size_t i = 0; i < count; i++) {
		if (steps[i].verdict != ROUTE_DECIDES)
			continue;
		must(steps[i].route == found);
		deciding++;
	}
	must(deciding == (found ? 1 : 0));
	free(steps);
}

static void ask_service(const struct catalogue *c, const struct service *s)
{
	struct route_query query = {.service = s->code, .day = s->valid_from};

	must(s->nvariants > 0);
	must(catalogue_service_find(c, s->code, s->version) == s);
	must(catalogue_service_on(c, s->code, s->valid_from) != NULL);
	for (size_t i = 0; i < s->nstages; i++) {
		for (size_t v = 0; v < s->nvariants; v++)
			must(stage_rule(&s->stages[i], &s->variants[v]) != NULL);
	}
	(void)service_cure(s, &s->variants[0]);
	for (int by = 0; by < ROUTE_BY_COUNT && c->noffices; by++)
		query.places[by] = c->offices[0].territory;
	explain(c, &query);
	query.applicant_kind = "company";
	query.variant = s->variants[s->nvariants - 1].code;
	explain(c, &query);
}

/* Forms that were read check anything: here the document itself. */
static void check_forms(const struct catalogue *c)
{
	for (size_t i = 0; i < c->nservices; i++) {
		struct faults faults = {0};
		int faulty = form_check(c->services[i].form, c->doc, "/form", &faults);

		must((faulty != 0) == (faults.count > 0));
		faults_done(&faults);
	}
}

static void load_again(json_object *doc)
{
	struct faults faults = {0};
	json_object *again = NULL, *diff;

	must(catalogue_merge(doc, doc, false, NULL, &faults, &again) == 0);
	must(faults.count == 0);
	diff = catalogue_diff(doc, again);
	json_object_object_foreach (diff, kind, difference) {
		(void)kind;
		must(json_object_array_length(json_object_object_get(difference, "added")) == 0);
		must(json_object_array_length(json_object_object_get(difference, "changed")) == 0);
		must(json_object_array_length(json_object_object_get(difference, "closed")) == 0);
		must(json_object_array_length(json_object_object_get(difference, "removed")) == 0);
	}
	json_object_put(diff);
	json_object_put(again);
	again = NULL;
	/* Of what is used nothing goes; what nobody names goes otherwise. */
	diff = json_object_new_object();
	if (catalogue_merge(doc, diff, true, NULL, &faults, &again) != 0)
		must(faults.count > 0);
	faults_done(&faults);
	json_object_put(diff);
	json_object_put(again);
}

static void check_schema(json_object *schema)
{
	struct faults faults = {0};
	struct form *form = NULL;

	if (form_read(schema, "", &faults, &form) != 0)
		must(faults.count > 0);
	else if (form_check(form, schema, "", &faults) != 0)
		must(faults.count > 0);
	form_free(form);
	faults_done(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct faults faults = {0};
	struct catalogue *c = NULL;
	json_object *object = NULL, *merged = NULL;

	if (json_read(text, NULL, NULL, &object) != 0 || !object)
		return 0;
	check_schema(object);
	if (catalogue_merge(NULL, object, false, NULL, &faults, &merged) != 0) {
		must(faults.count > 0);
	} else if (catalogue_read(merged, NULL, &faults, &c) != 0) {
		must(faults.count > 0);
	} else {
		for (size_t i = 0; i < c->nservices; i++)
			ask_service(c, &c->services[i]);
		check_forms(c);
		load_again(merged);
		catalogue_unref(c);
	}
	faults_done(&faults);
	json_object_put(merged);
	json_object_put(object);
	return 0;
}
