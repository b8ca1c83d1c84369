/* The daemon's own acts: what the standard does when nobody did in time, and what linked requests
 * ask for. */
#pragma once

struct api;
struct own_acts;

struct own_acts *own_acts_new(struct api *a);
void own_acts_free(struct own_acts *x);
/* There may be something to do: looks now. */
void own_acts_look(struct own_acts *x);
