/*
 * The look-up code of a receipt, such as 7K2MX-9QD4T: by it an application is found again without
 * its number or a name. 50 bits of chance in Crockford's base 32, which has no I, L, O and U.
 */
#pragma once

#include "lib/base.h"

#define LOOKUP_CODE_CHANCE 10 /* bytes of chance that one is made of */
#define LOOKUP_CODE_SIZE   12 /* with the dash and the NUL */

void lookup_code_make(const uint8_t chance[LOOKUP_CODE_CHANCE], char ret_code[LOOKUP_CODE_SIZE]);
/*
 * As a person typed it: small letters, blanks and dashes anywhere, O for 0, I and L for 1, and the
 * Cyrillic letters that look like Latin ones. False: it is none, and ret_code is untouched.
 */
bool lookup_code_parse(struct span typed, char ret_code[LOOKUP_CODE_SIZE]);
