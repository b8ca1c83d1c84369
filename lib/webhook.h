/* Webhooks: which addresses are taken, what an answer means, and when a delivery is tried again. */
#pragma once

#include "lib/base.h"

#define WEBHOOK_URL_MAX    2000
#define WEBHOOK_SECRET_TAG "whsec_"    /* before a secret in base64, as Standard Webhooks has it */
#define WEBHOOK_PATIENCE   (5 * 86400) /* seconds; a hook that has failed for so long is disabled */

enum webhook_verdict {
	WEBHOOK_DELIVERED,
	WEBHOOK_AGAIN,
	WEBHOOK_GONE, /* the receiver wants no more: 410 (RFC 9110 section 15.5.11) */
};

/* https://…, or http://… to this very host; no user, no fragment, visible ASCII. */
bool webhook_url_is_sound(struct span url);
/* The kind of an event, as a filter names it. */
bool webhook_kind_is_sound(struct span kind);
/* What a status means; 0: there was no answer. */
enum webhook_verdict webhook_judge(int status);
/*
 * µs from the failed attempt (1 is the first) to the next, growing, a fifth up or down by `chance`;
 * negative: that was the last one, about a day after the first.
 */
int64_t webhook_delay(int attempt, uint32_t chance);
