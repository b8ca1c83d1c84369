/* The personal number: what is odd about it, and how it is shown. */
#include "lib/day.h"
#include "lib/pin.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int number(const char *at, int digits)
{
	int n = 0;

	while (digits--)
		n = 10 * n + (*at++ - '0');
	return n;
}

enum pin_warning pin_check(struct span pin, int32_t today)
{
	int day, month, year;

	for (size_t i = 0; i < pin.len; i++) {
		if (!is_digit(pin.at[i]))
			return PIN_WARNS_pin_digits;
	}
	if (pin.len != PIN_LENGTH)
		return PIN_WARNS_pin_length;
	/* 1: female, 2: male. */
	if (pin.at[0] != '1' && pin.at[0] != '2')
		return PIN_WARNS_pin_sex;
	day = number(pin.at + 1, 2);
	month = number(pin.at + 3, 2);
	year = number(pin.at + 5, 4);
	if (year < 1850 || month < 1 || month > 12 || day < 1 ||
		day > day_month_length(year, month))
		return PIN_WARNS_pin_date;
	if (day_of_civil(year, month, day) > today)
		return PIN_WARNS_pin_future;
	return PIN_IS_FINE;
}

const char *pin_warning_name(enum pin_warning warning)
{
	static const char *const names[PIN_WARNING_COUNT] = {[PIN_IS_FINE] = "",
#define X(code) [PIN_WARNS_##code] = #code,
		PIN_WARNINGS(X)
#undef X
	};

	return names[warning];
}

void text_add_pin_masked(struct text *t, struct span pin)
{
	bool is_shaped = pin.len == PIN_LENGTH;

	for (size_t i = 0; i < pin.len && i < PIN_LENGTH; i++) {
		bool is_shown = is_shaped && (i == 0 || i >= PIN_LENGTH - 4) && is_digit(pin.at[i]);

		text_add_char(t, is_shown ? pin.at[i] : '*');
	}
}
