/* The personal number (PIN): 14 digits, sex digit, DDMMYYYY, serial. An attribute, never a key. */
#pragma once

#include "lib/text.h"

/* X(warning): what is odd about a PIN. They warn and never refuse: numbers can be wrong or changed.
 */
#define PIN_WARNINGS(X) X(pin_length) X(pin_digits) X(pin_sex) X(pin_date) X(pin_future)

enum pin_warning {
	PIN_IS_FINE,
#define X(warning) PIN_WARNS_##warning,
	PIN_WARNINGS(X)
#undef X
		PIN_WARNING_COUNT,
};

#define PIN_LENGTH 14

/* The first thing that is odd; `today` in days since 1970-01-01. */
enum pin_warning pin_check(struct span pin, int32_t today);
const char *pin_warning_name(enum pin_warning warning);
/* Adds it as `2*********2345`: first digit and last four; stars only where it is not 14 characters.
 */
void text_add_pin_masked(struct text *t, struct span pin);
