/* What load.c reads out of replies and writes into bodies. */
#pragma once

#include <stdio.h>

#include "lib/base.h"

#define PIN "@the-own-pin@@" /* where a body has one: rows.py */

/* The value of a member that is a string or a number, in a reply that kezek wrote without spaces.
 */
static bool member(const char *reply, const char *name, char *ret, size_t size)
{
	const char *at = strstr(reply, name);
	size_t len;

	if (!at)
		return false;
	at += strlen(name);
	len = strcspn(at, "\",}");
	if (len >= size)
		return false;
	memcpy(ret, at, len);
	ret[len] = '\0';
	return true;
}

/* Every application is another person's: the place of the PIN is filled in. */
static void name_person(char *at, uint64_t n)
{
	char pin[sizeof(PIN)];

	snprintf(pin, sizeof(pin), "2010119%07u", (unsigned)(n % 5000000));
	memcpy(at, pin, sizeof(pin) - 1);
}
