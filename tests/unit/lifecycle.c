/* lifecycle, wire: the table is unambiguous, whole, and says what the page says. */
#include "lib/lifecycle.h"
#include "tests/unit/tap.h"

#define ALL_FACTS 256u /* but for FACT_OWES */

/* Rows of one state and act: for any facts exactly one fits; where no fee is owed, perhaps none. */
static bool is_decided(
	enum kezek_state from, enum kezek_act act, const struct lifecycle_row *rows, size_t count)
{
	for (unsigned facts = 0; facts < ALL_FACTS; facts++) {
		int fitting = 0;

		for (size_t i = 0; i < count; i++) {
			fitting += rows[i].from == from && rows[i].act == act &&
				   ((facts | FACT_OWES) & rows[i].needs) == rows[i].needs &&
				   !((facts | FACT_OWES) & rows[i].lacks);
		}
		if (fitting != 1)
			return false;
	}
	return true;
}

static void test_table(void)
{
	size_t count;
	const struct lifecycle_row *rows = lifecycle_rows(&count);
	bool decided = true, acts_used = true, grouped = true, same = true, final_is_final = true;

	for (size_t i = 0; i < count; i++) {
		decided = decided && is_decided(rows[i].from, rows[i].act, rows, count);
		for (size_t j = 0; j < i; j++) {
			bool is_pair = rows[j].from == rows[i].from && rows[j].act == rows[i].act;

			grouped = grouped && (!is_pair || rows[i - 1].act == rows[i].act);
			same = same && (!is_pair || (rows[j].is_built == rows[i].is_built &&
							    rows[j].roles == rows[i].roles));
		}
		if (rows[i].from != LIFECYCLE_NEW && state_is_final(rows[i].from))
			final_is_final = final_is_final && (rows[i].act == KEZEK_ACT_reopen ||
								   rows[i].to == rows[i].from);
	}
	for (int act = 0; act < KEZEK_ACT_COUNT; act++) {
		bool found = false;

		for (size_t i = 0; i < count; i++)
			found = found || rows[i].act == (enum kezek_act)act;
		acts_used = acts_used && found;
	}
	check(decided, "for any facts exactly one row of a state and act fits");
	check(grouped && same, "rows of a state and act stand together, with one set of roles");
	check(acts_used, "every act is in the table");
	check(final_is_final, "nothing but reopen leaves a final state");
}

static void test_every_state_ends(void)
{
	size_t count;
	const struct lifecycle_row *rows = lifecycle_rows(&count);
	bool ends[KEZEK_STATE_COUNT] = {false}, all = true;

	for (int state = 0; state < KEZEK_STATE_COUNT; state++)
		ends[state] = state_is_final((enum kezek_state)state);
	for (int round = 0; round < KEZEK_STATE_COUNT; round++) {
		for (size_t i = 0; i < count; i++) {
			if (rows[i].from != LIFECYCLE_NEW && rows[i].is_built && ends[rows[i].to])
				ends[rows[i].from] = true;
		}
	}
	for (int state = 0; state < KEZEK_STATE_COUNT; state++)
		all = all && ends[state];
	check(all, "from every state a built way leads to a final one");
}

static enum kezek_state next(enum kezek_state from, enum kezek_act act, unsigned facts)
{
	const struct lifecycle_row *row = lifecycle_next(from, act, facts);

	return row ? row->to : KEZEK_STATE_COUNT;
}

static void test_next(void)
{
	const enum kezek_state new = LIFECYCLE_NEW;

	check(next(new, KEZEK_ACT_submit, 0) == KEZEK_STATE_queued,
		"a complete submission is queued");
	check(next(new, KEZEK_ACT_submit, FACT_MISSING | FACT_FEE) == KEZEK_STATE_incomplete,
		"documents come before the fee");
	check(next(new, KEZEK_ACT_submit, FACT_MISSING | FACT_PAUSES) == KEZEK_STATE_paused,
		"registered and paused where the standard says so");
	check(next(new, KEZEK_ACT_submit, FACT_FEE) == KEZEK_STATE_awaiting_payment, "fee first");
	check(next(KEZEK_STATE_paused, KEZEK_ACT_complete, FACT_HELD | FACT_WAITS | FACT_FEE) ==
			KEZEK_STATE_in_work,
		"a paused request that was held goes back to its officer");
	check(next(KEZEK_STATE_claimed, KEZEK_ACT_decide, FACT_FOLLOWS) == KEZEK_STATE_decided,
		"decided where something follows");
	check(next(KEZEK_STATE_in_work, KEZEK_ACT_decide, 0) == KEZEK_STATE_closed,
		"closed where nothing follows");
	check(next(KEZEK_STATE_in_work, KEZEK_ACT_forward, FACT_PART) == KEZEK_STATE_in_work &&
			next(KEZEK_STATE_in_work, KEZEK_ACT_forward, 0) == KEZEK_STATE_queued,
		"of which a part goes elsewhere stays where it is");
	check(!lifecycle_find(KEZEK_STATE_closed, KEZEK_ACT_withdraw), "closed is closed");
	check(next(KEZEK_STATE_in_work, KEZEK_ACT_pay, FACT_OWES) == KEZEK_STATE_in_work &&
			!lifecycle_next(KEZEK_STATE_in_work, KEZEK_ACT_pay, 0),
		"a fee that is owed can be paid, once");
	check(lifecycle_role_does(KEZEK_ROLE_supervisor, KEZEK_ACT_forward) &&
			!lifecycle_role_does(KEZEK_ROLE_clerk, KEZEK_ACT_decide) &&
			!lifecycle_role_does(KEZEK_ROLE_auditor, KEZEK_ACT_claim),
		"acts belong to roles");
}

static void test_open_acts(void)
{
	_text_ t = TEXT_INIT;

	lifecycle_open_acts(&t, KEZEK_STATE_queued, ~0u, false, true);
	check(strcmp(t.data, "[\"pay\",\"correct\",\"claim\",\"forward\",\"withdraw\",\"reassign\","
			     "\"escalate\"]") == 0,
		"open to anybody: %s", t.data);
	text_reset(&t);
	lifecycle_open_acts(&t, KEZEK_STATE_claimed, 1u << KEZEK_ROLE_clerk, false, false);
	check(strcmp(t.data, "[\"correct\",\"withdraw\"]") == 0, "open to a clerk: %s", t.data);
	text_reset(&t);
	lifecycle_open_acts(&t, KEZEK_STATE_lapsed, 1u << KEZEK_ROLE_officer, false, false);
	check(strcmp(t.data, "[]") == 0, "to an officer none in a final state");
	text_reset(&t);
	lifecycle_open_acts(&t, KEZEK_STATE_queued, ~0u, true, true);
	check(strcmp(t.data, "[\"claim\",\"forward\",\"reassign\",\"escalate\"]") == 0,
		"on a question: %s", t.data);
}

static void test_prints(void)
{
	_text_ t = TEXT_INIT;

	lifecycle_tsv(&t);
	check(strstr(t.data, "\npaused\tcomplete\tin_work\tclerk,officer\tnot missing, held, "
			     "waits\tbuilt\t") != NULL,
		"a row a line");
	check(strstr(t.data, "\n\tsubmit\tqueued\tclerk\t") != NULL,
		"the submission comes from nowhere");
	text_reset(&t);
	lifecycle_page(&t);
	check(strstr(t.data, "    [*] --> queued : submit\n") &&
			strstr(t.data, "    closed --> [*]\n"),
		"the diagram begins and ends");
	check(!strstr(t.data, "queued --> queued"), "and leaves out what stays");
}

static void test_wire(void)
{
	enum kezek_state state = KEZEK_STATE_paused;
	enum kezek_deadline_kind kind;

	check(state_parse(SPAN("in_work"), &state) && state == KEZEK_STATE_in_work,
		"a state by name");
	check(!state_parse(SPAN("In_work"), &state) && !state_parse(SPAN(""), &state) &&
			state == KEZEK_STATE_in_work,
		"no other name, and nothing touched");
	check(deadline_kind_parse(SPAN("register"), &kind) && kind == KEZEK_DEADLINE_register,
		"a keyword of C is a name like any other");
	check(strcmp(act_name(KEZEK_ACT_hand_over), "hand_over") == 0, "an act's name");
}

int main(void)
{
	test_table();
	test_every_state_ends();
	test_next();
	test_open_acts();
	test_prints();
	test_wire();
	return tap_end();
}
