/* What load.c reads out of replies and writes into bodies. */
#pragma once

#include <stdio.h>

#include "lib/text.h"

#define PIN "@the-own-pin@@" /* where a body has one: rows.py */

/* The next claim of a reply that kezek wrote without spaces; the place after it, or NULL. */
static const char *next_claim(const char *at, char ret_claim[64], long long *ret_fence)
{
	static const char head[] = "{\"claim\":\"", fence[] = "\",\"fence\":";

	while ((at = strstr(at, head))) {
		char before = at[-1]; /* a request holds its own claim too, after a colon */
		size_t len = strcspn(at + sizeof(head) - 1, "\"");

		at += sizeof(head) - 1;
		if (before == ':' || len >= 64 || strncmp(at + len, fence, sizeof(fence) - 1) != 0)
			continue;
		memcpy(ret_claim, at, len);
		ret_claim[len] = '\0';
		*ret_fence = strtoll(at + len + sizeof(fence) - 1, NULL, 10);
		return at + len;
	}
	return NULL;
}

/* The body that gives back or decides what a reply to a claim holds. */
static void add_claims(struct text *t, const char *reply, const char *outcome)
{
	char claim[64];
	long long fence;
	bool is_first = true;

	text_adds(t, "{\"claims\":[");
	while ((reply = next_claim(reply, claim, &fence))) {
		text_addf(t, "%s{\"claim\":\"%s\",\"fence\":%lld%s}", is_first ? "" : ",", claim,
			fence, outcome);
		is_first = false;
	}
	text_adds(t, "]}");
}

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* Every application is another person's: the place of the PIN is filled in. */
static void name_person(char *at, uint64_t n)
{
	char pin[sizeof(PIN)];

	snprintf(pin, sizeof(pin), "2010119%07u", (unsigned)(n % 10000000));
	memcpy(at, pin, sizeof(pin) - 1);
}
