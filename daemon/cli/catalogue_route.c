/* Who would have to act on a service, by which rule, and why by no other. */
#include "daemon/cli/list.h"
#include "daemon/cli/verbs.h"

/* The words of the contract's verdicts; one that is not among them is shown as it came. */
static const char *verdict_word(const struct cli *c, const char *verdict)
{
	static const struct {
		const char *verdict;
		enum say say;
	} words[] = {
		{"decides", SAY_route_decides},
		{"narrower_decides", SAY_route_narrower},
		{"applicant_kind_decides", SAY_route_names_kind},
		{"variant_decides", SAY_route_names_variant},
		{"not_yet_in_force", SAY_route_not_yet},
		{"no_longer_in_force", SAY_route_no_more},
		{"place_unknown", SAY_route_place_unknown},
		{"elsewhere", SAY_route_elsewhere},
		{"other_applicant_kind", SAY_route_other_kind},
		{"other_variant", SAY_route_other_variant},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].verdict, verdict) == 0)
			return say(words[i].say, c->lang);
	}
	return verdict;
}

static void rules_print(const struct cli *c, json_object *answer)
{
	static const char *const members[] = {"/agency", "/territory", "/by", "/applicant_kind",
		"/variant", "/valid_from", "/valid_to"};
	static const enum say heads[] = {SAY_head_agency, SAY_head_territory, SAY_head_by,
		SAY_head_kind, SAY_head_variant, SAY_head_from, SAY_head_until, SAY_head_why};
	_table_ t = {0};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		table_column(&t, say(heads[i], c->lang));
	t.columns[6].may_go = 1;
	t.columns[5].may_go = 2;
	for (size_t i = 0; i < tree_length(answer, "/rules"); i++) {
		json_object *rule = tree_item(answer, "/rules", i);
		const char *verdict = tree_text(rule, "/verdict");

		for (size_t k = 0; k < ARRAY_SIZE(members); k++)
			table_cell(&t, tree_text(rule, members[k]));
		table_cell(&t, verdict_word(c, verdict));
		if (strcmp(verdict, "decides") == 0)
			table_mark(&t);
	}
	if (table_rows(&t))
		table_print(&t, stdout, c->colour);
}

static void routing_print(const struct cli *c, json_object *answer)
{
	_text_ t = TEXT_INIT;

	text_addf(&t, "%s  %s  →  %s  %s\n", tree_text(answer, "/service"),
		tree_text(answer, "/on"), tree_text(answer, "/agency"),
		tree_is_true(answer, "/routed") ? tree_text(answer, "/name")
						: say(SAY_unrouted, c->lang));
	put_clean(stdout, t.data, t.len);
	rules_print(c, answer);
}

int catalogue_route_run(struct cli *c)
{
	_text_ path = TEXT_INIT;
	struct kezek_response *r;
	int rc;

	text_adds(&path, "/v1/catalogue/route");
	query_add(&path, "service", c->args[0]);
	query_add(&path, "territory", c->args[1]);
	query_add_options(&path, c, "office kind variant on");
	rc = cli_call(c, "GET", path.data, NULL, &r);
	return rc ? rc : answer_print(c, r, routing_print);
}
