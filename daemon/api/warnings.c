/* What is odd about a submission that is taken all the same: personal numbers that cannot be right,
 * and an open application for the same service. */
#include "daemon/api/intake.h"
#include "lib/pin.h"

static void add_warning(struct text *t, const char *code, const char *member, struct span detail)
{
	text_adds(t, t->data[t->len - 1] == '[' ? "{" : ",{");
	text_add_member(t, "code", code);
	text_add_char(t, ',');
	text_add_member(t, "member", member);
	text_adds(t, ",\"detail\":");
	text_add_json_span(t, detail);
	text_add_char(t, '}');
}

/* Sex and date of birth are a person's: the number of a company or a body has others there. */
static void add_pin(struct text *t, const char *pin, bool is_person, const char *member,
	int32_t today, enum lang lang)
{
	static const enum word words[PIN_WARNING_COUNT] = {
#define X(code) [PIN_WARNS_##code] = WORD_warning_##code,
		PIN_WARNINGS(X)
#undef X
	};
	enum pin_warning warning = pin ? pin_check(span_of(pin), today) : PIN_IS_FINE;
	bool is_of_shape = warning == PIN_WARNS_pin_length || warning == PIN_WARNS_pin_digits;

	if (warning != PIN_IS_FINE && (is_person || is_of_shape))
		add_warning(t, pin_warning_name(warning), member,
			span_of(word_text(words[warning], lang)));
}

static void add_duplicate(struct text *t, const char *number, enum lang lang)
{
	_text_ detail = TEXT_INIT;

	text_add_word(&detail,
		number ? WORD_warning_duplicate_here : WORD_warning_duplicate_elsewhere, lang,
		&number, number ? 1 : 0);
	add_warning(t, "duplicate_open", "/applicant/pin", text_span(&detail));
}

void intake_write_warnings(struct text *t, const struct intake *in, enum lang lang)
{
	json_object *representative = json_object_object_get(in->applicant, "representative");
	const struct calendar *c = calendars_find(in->book->calendars, in->office->calendar);
	int32_t today = zone_day(c ? calendar_zone(c) : NULL, in->now);
	bool is_person = strcmp(in->applicant_kind, "person") == 0 ||
			 strcmp(in->applicant_kind, "entrepreneur") == 0;

	text_adds(t, "\"warnings\":[");
	add_pin(t, in->pin, is_person, "/applicant/pin", today, lang);
	add_pin(t, json_object_get_string(json_object_object_get(representative, "pin")), true,
		"/applicant/representative/pin", today, lang);
	if (in->has_open)
		add_duplicate(t, in->open_number, lang);
	text_add_char(t, ']');
}
