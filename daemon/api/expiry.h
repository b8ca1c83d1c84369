/* The daemon's own acts: what the standard does when nobody did in time. */
#pragma once

struct api;
struct expiry;

struct expiry *expiry_new(struct api *a);
void expiry_free(struct expiry *x);
/* Due moments with an effect have passed, or may have: looks now. */
void expiry_look(struct expiry *x);
