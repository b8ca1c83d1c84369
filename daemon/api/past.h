/* Calendars as they were: those by which a deadline that has stopped was computed, for its
 * explanation. */
#pragma once

#include "daemon/api/dossier.h"

struct past;

struct past *past_new(void);
void past_free(struct past *p);
/* The generation of calendars that this date has to be explained by, since those in force would
 * give another, or may; -1: by those in force. */
int64_t past_generation(const struct dossier *d, const struct deadline_row *row);
/* As kept; NULL: to be asked for. The book has calendars and nothing else. */
struct book *past_find(struct past *p, int64_t generation);
/* Asks for one in a unit, and keeps it from the rows. */
void past_ask(struct unit *u, int64_t generation);
void past_adopt(struct past *p, const struct unit *u, int statement, int64_t generation);
