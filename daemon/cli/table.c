/* Aligned columns: measured first, printed after. */
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "daemon/cli/table.h"
#include "lib/text.h"

#define GAP         2
#define NOTE_INDENT 6

void table_column(struct table *t, const char *head)
{
	size_t i = t->column_count++;

	for (; *head == '>' || *head == '~'; head++) {
		t->columns[i].is_right |= *head == '>';
		t->columns[i].may_shrink |= *head == '~';
	}
	t->columns[i].head = head;
}

/* One character of a UTF-8 text and its width; a broken or control one counts as one. */
static size_t character_read(const char *text, size_t len, int *ret_width, bool *ret_is_control)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t n = mbrtowc(&wide, text, len, &state);

	*ret_is_control = false;
	if (n == 0 || n > len) {
		*ret_width = 1;
		*ret_is_control = true;
		return 1;
	}
	*ret_width = wcwidth(wide);
	if (*ret_width < 0) {
		*ret_width = 1;
		*ret_is_control = true;
	}
	return n;
}

int text_width(const char *text)
{
	size_t len = strlen(text);
	int total = 0;

	while (len) {
		bool is_control;
		int width;
		size_t n = character_read(text, len, &width, &is_control);

		total += width;
		text += n;
		len -= n;
	}
	return total;
}

void put_clean(FILE *out, const char *text, size_t len)
{
	while (len) {
		bool is_control;
		int width;
		size_t n = character_read(text, len, &width, &is_control);

		if (is_control && *text != '\n')
			fputc('?', out);
		else
			fwrite(text, 1, n, out);
		text += n;
		len -= n;
	}
}

void table_cell(struct table *t, const char *text)
{
	size_t row = t->cell_count / t->column_count;
	char **more = realloc(t->cells, (t->cell_count + 1) * sizeof(*more));
	bool *marks = realloc(t->marked, (row + 1) * sizeof(*marks));

	if (!more || !marks)
		abort();
	t->cells = more;
	t->marked = marks;
	t->marked[row] = t->cell_count % t->column_count ? t->marked[row] : false;
	t->cells[t->cell_count] = strdup(text && *text ? text : "–");
	if (!t->cells[t->cell_count])
		abort();
	for (char *s = t->cells[t->cell_count]; *s; s++)
		*s = *s == '\n' ? ' ' : *s;
	t->cell_count++;
}

void table_cellf(struct table *t, const char *format, ...)
{
	_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	table_cell(t, text);
}

void table_mark(struct table *t)
{
	t->marked[(t->cell_count - 1) / t->column_count] = true;
}

void table_note(struct table *t, const char *text)
{
	struct table_note *more = realloc(t->notes, (t->note_count + 1) * sizeof(*more));

	if (!more)
		abort();
	t->notes = more;
	more[t->note_count].row = table_rows(t) - 1;
	more[t->note_count].text = strdup(text);
	if (!more[t->note_count++].text)
		abort();
}

int terminal_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col ? size.ws_col : 80;
}

int terminal_height(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_row ? size.ws_row : 24;
}

static void widths_measure(struct table *t, int room)
{
	int total = 0;

	for (size_t i = 0; i < t->column_count; i++) {
		int widest = t->is_plain ? 0 : text_width(t->columns[i].head);

		for (size_t cell = i; cell < t->cell_count; cell += t->column_count) {
			int width = text_width(t->cells[cell]);

			widest = width > widest ? width : widest;
		}
		t->columns[i].width = widest;
		total += widest + GAP;
	}
	for (int turn = 1; room && turn <= TABLE_GOES; turn++) {
		for (size_t i = 0; i < t->column_count && total - GAP > room; i++) {
			if (t->columns[i].may_go != turn)
				continue;
			total -= t->columns[i].width + GAP;
			t->columns[i].width = -1;
		}
	}
	while (room && total - GAP > room) {
		size_t widest = t->column_count;

		for (size_t i = 0; i < t->column_count; i++) {
			if (t->columns[i].may_shrink && t->columns[i].width > 8 &&
				(widest == t->column_count ||
					t->columns[i].width > t->columns[widest].width))
				widest = i;
		}
		if (widest == t->column_count)
			return;
		t->columns[widest].width--;
		total--;
	}
}

/* Adds at most `room` columns of the text; returns how many were taken. */
static int cell_cut(struct text *line, const char *text, int room)
{
	size_t len = strlen(text);
	int taken = 0, limit = text_width(text) > room ? room - 1 : room;

	while (len) {
		bool is_control;
		int width;
		size_t n = character_read(text, len, &width, &is_control);

		if (taken + width > limit)
			break;
		if (is_control)
			text_add_char(line, '?');
		else
			text_add(line, text, n);
		taken += width;
		text += n;
		len -= n;
	}
	if (len) {
		text_adds(line, "…");
		taken++;
	}
	return taken;
}

static void row_print(struct table *t, FILE *out, char *const *cells)
{
	_text_ line = TEXT_INIT;

	for (size_t i = 0; i < t->column_count; i++) {
		const char *text = cells ? cells[i] : t->columns[i].head;
		int room = t->columns[i].width, width = text_width(text);

		if (room < 0)
			continue;
		text_addf(&line, "%*s", i ? GAP : 0, "");
		if (t->columns[i].is_right)
			text_addf(&line, "%*s", width < room ? room - width : 0, "");
		width = cell_cut(&line, text, room);
		if (!t->columns[i].is_right)
			text_addf(&line, "%*s", room - width, "");
	}
	while (line.len && line.data[line.len - 1] == ' ')
		line.len--;
	fwrite(line.data, 1, line.len, out);
}

/* Word by word; a line that would not fit goes on below, a little further in. */
static void note_print(const char *text, FILE *out, int room)
{
	int at = NOTE_INDENT;

	fprintf(out, "%*s", NOTE_INDENT, "");
	while (*text) {
		size_t len = strcspn(text, " ");
		_free_ char *word = strndup(text, len);
		int width;

		if (!word)
			abort();
		width = text_width(word);
		if (room && at > NOTE_INDENT + 2 && at + 1 + width > room) {
			fprintf(out, "\n%*s", NOTE_INDENT + 2, "");
			at = NOTE_INDENT + 2;
		} else if (at > NOTE_INDENT) {
			fputc(' ', out);
			at++;
		}
		put_clean(out, word, len);
		at += width;
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

void table_print(struct table *t, FILE *out, bool colour)
{
	int room = terminal_width(out);
	size_t note = 0;

	widths_measure(t, room);
	if (!t->is_plain) {
		fputs(colour ? "\033[2m" : "", out);
		row_print(t, out, NULL);
		fputs(colour ? "\033[0m\n" : "\n", out);
	}
	for (size_t row = 0; row < table_rows(t); row++) {
		bool paint = colour && t->marked[row];

		fputs(paint ? "\033[31m" : "", out);
		row_print(t, out, t->cells + row * t->column_count);
		fputs(paint ? "\033[0m\n" : "\n", out);
		for (; note < t->note_count && t->notes[note].row == row; note++)
			note_print(t->notes[note].text, out, room);
	}
}

void table_done(struct table *t)
{
	for (size_t i = 0; i < t->cell_count; i++)
		free(t->cells[i]);
	for (size_t i = 0; i < t->note_count; i++)
		free(t->notes[i].text);
	free(t->notes);
	free(t->cells);
	free(t->marked);
	*t = (struct table){0};
}
