/* Aligned columns for people: Cyrillic and wide characters by what they take on the screen. */
#pragma once

#include <stdio.h>

#include "lib/base.h"

#define TABLE_COLUMNS 12
#define TABLE_GOES    8 /* the last to be left out */

struct table {
	struct {
		const char *head;
		bool is_right;   /* numbers */
		bool may_shrink; /* cut with … where a terminal is too narrow */
		int may_go;      /* left out there before others shrink: 1 first; 0: never */
		int width;       /* -1: left out */
	} columns[TABLE_COLUMNS];
	size_t column_count;
	char **cells;
	size_t cell_count;
	bool *marked; /* a row to be seen: painted on a terminal with colour */
	struct table_note {
		size_t row; /* it stands below this one */
		char *text;
	} * notes; /* in the order of their rows */
	size_t note_count;
	bool is_plain; /* no heading, for name and value pairs */
};

#define _table_                                                                                    \
	_cleanup_(table_done)                                                                      \
	struct table

/* A column; heads are borrowed. A '>' before the head: right-aligned; a '~': may shrink. */
void table_column(struct table *t, const char *head);
/* Cells come row by row; the text is copied, control characters become '?'. NULL and "" print as
 * "–". */
void table_cell(struct table *t, const char *text);
void table_cellf(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The row whose last cell was just given is to be seen. */
void table_mark(struct table *t);
/* A line of text below the row whose last cell was just given; broken where the terminal ends. */
void table_note(struct table *t, const char *text);
void table_print(struct table *t, FILE *out, bool colour);
void table_done(struct table *t);
static inline size_t table_rows(const struct table *t)
{
	return t->column_count ? t->cell_count / t->column_count : 0;
}

/* Columns that `text` takes on a terminal. */
int text_width(const char *text);
/* Columns of the terminal behind `out`; 0: it is none. */
int terminal_width(FILE *out);
int terminal_height(FILE *out);
/* Writes it with control characters but the newline replaced: what servers send must not steer a
 * terminal. */
void put_clean(FILE *out, const char *text, size_t len);
