/* access, pin: who may, who sees, and what is shown of a personal number. */
#include "lib/access.h"
#include "lib/day.h"
#include "lib/pin.h"
#include "tests/unit/tap.h"

static void test_matrix(void)
{
	bool auditor_writes = false, all_know_themselves = true, someone = true;

	for (int action = 0; action < ACCESS_COUNT; action++) {
		bool any = false;

		for (int role = 0; role < KEZEK_ROLE_COUNT; role++)
			any = any || access_may((enum kezek_role)role, (enum access_action)action);
		someone = someone && any;
	}
	for (int role = 0; role < KEZEK_ROLE_COUNT; role++)
		all_know_themselves =
			all_know_themselves && access_may((enum kezek_role)role, ACCESS_me_read);
	auditor_writes = access_may(KEZEK_ROLE_auditor, ACCESS_request_submit) ||
			 access_may(KEZEK_ROLE_auditor, ACCESS_catalogue_write) ||
			 access_may(KEZEK_ROLE_auditor, ACCESS_document_write) ||
			 access_may(KEZEK_ROLE_auditor, ACCESS_request_act);
	check(someone, "every action is somebody's");
	check(all_know_themselves, "all may ask who they are");
	check(!auditor_writes && access_may(KEZEK_ROLE_auditor, ACCESS_journal_read),
		"the auditor reads and does not write");
	check(access_may(KEZEK_ROLE_clerk, ACCESS_request_submit) &&
			!access_may(KEZEK_ROLE_officer, ACCESS_request_submit),
		"clerks submit");
	check(access_may(KEZEK_ROLE_supervisor, ACCESS_request_act) &&
			!access_may(KEZEK_ROLE_admin, ACCESS_request_act),
		"an administrator has no casework");
	check(!access_may(KEZEK_ROLE_officer, ACCESS_overview_read) &&
			access_may(KEZEK_ROLE_supervisor, ACCESS_overview_read),
		"supervisors have the overview");
	check(strcmp(access_action_name(ACCESS_claim_work), "claim_work") == 0,
		"actions have names");
}

static void test_scope(void)
{
	const struct viewer clerk = {KEZEK_ROLE_clerk, "kyzmat", "con-1"};
	const struct viewer officer = {KEZEK_ROLE_officer, "kyzmat", NULL};
	const struct viewer chief = {KEZEK_ROLE_supervisor, "kyzmat", NULL};
	const struct viewer all = {KEZEK_ROLE_supervisor, NULL, NULL};
	const struct viewer auditor = {KEZEK_ROLE_auditor, NULL, NULL};
	const struct viewer nobody = {KEZEK_ROLE_officer, NULL, NULL};

	check(access_sees(&clerk, "other", "con-1") && !access_sees(&clerk, "kyzmat", "con-2"),
		"a clerk sees what the own office took");
	check(access_sees(&officer, "kyzmat", "con-2") && !access_sees(&officer, "other", "con-1"),
		"an officer sees the agency's");
	check(access_sees(&chief, "kyzmat", "x") && !access_sees(&chief, "other", "x"),
		"a supervisor too");
	check(access_sees(&all, "other", "x") && access_sees(&auditor, "other", "x"),
		"some see all");
	check(!access_sees(&nobody, NULL, NULL), "no agency is nobody's agency");
	check(access_sees_personal(&clerk, "other", "con-1") &&
			access_sees_personal(&officer, "kyzmat", "x"),
		"the office that took it and the agency that acts see the person");
	check(!access_sees_personal(&all, "kyzmat", "x") &&
			!access_sees_personal(&auditor, "kyzmat", "x"),
		"those who see all see no person");
	check(access_scope_is_sound(KEZEK_ROLE_clerk, true, true) &&
			!access_scope_is_sound(KEZEK_ROLE_clerk, true, false) &&
			!access_scope_is_sound(KEZEK_ROLE_officer, false, false) &&
			access_scope_is_sound(KEZEK_ROLE_supervisor, false, false) &&
			!access_scope_is_sound(KEZEK_ROLE_auditor, true, false),
		"roles need their bodies");
}

static bool masks(const char *pin, const char *as)
{
	_text_ t = TEXT_INIT;

	text_add_pin_masked(&t, span_of(pin));
	return strcmp(t.data ? t.data : "", as) == 0;
}

static void test_pin(void)
{
	int32_t today = day_of_civil(2026, 11, 20);

	check(pin_check(SPAN("21509199012345"), today) == PIN_IS_FINE, "the page's own number");
	check(pin_check(SPAN("2150919901234"), today) == PIN_WARNS_pin_length, "a digit short");
	check(pin_check(SPAN("2150919901234x"), today) == PIN_WARNS_pin_digits, "a letter");
	check(pin_check(SPAN("31509199012345"), today) == PIN_WARNS_pin_sex, "a sex digit of 3");
	check(pin_check(SPAN("23002199012345"), today) == PIN_WARNS_pin_date, "30 February");
	check(pin_check(SPAN("22902200012345"), today) == PIN_IS_FINE, "29 February 2000");
	check(pin_check(SPAN("22111202612345"), today) == PIN_WARNS_pin_future, "born tomorrow");
	check(strcmp(pin_warning_name(PIN_WARNS_pin_date), "pin_date") == 0, "warnings have names");
	check(masks("21509199012345", "2*********2345"), "first digit and last four");
	check(masks("2150919901234", "*************"), "a wrong length shows nothing");
	check(masks("x150919901234я", "**************") && masks("", ""),
		"nor do letters; empty stays empty");
}

int main(void)
{
	test_matrix();
	test_scope();
	test_pin();
	return tap_end();
}
