/* QR codes: libqrencode makes the modules, here they become SVG or characters. */
#include <qrencode.h>

#include "daemon/qr.h"

#define QUIET_PAGE 4 /* modules of white around the code, by the standard */
#define QUIET_SLIP 2 /* paper is white, and a slip is narrow */

static bool is_dark(const QRcode *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
	       qr->data[y * qr->width + x] & 1;
}

/* Dark modules beside each other become one bar: a tenth of the elements. */
static void add_row(struct text *t, const QRcode *qr, int y)
{
	for (int x = 0, end; x < qr->width; x = end + 1) {
		for (end = x; is_dark(qr, end, y);)
			end++;
		if (end > x)
			text_addf(t, "M%d %dh%dv1h-%dz", x, y, end - x, end - x);
	}
}

bool text_add_qr_svg(struct text *t, struct span s)
{
	QRcode *qr = QRcode_encodeData((int)s.len, (const uint8_t *)s.at, 0, QR_ECLEVEL_M);

	if (!qr)
		return false;
	text_addf(t,
		"<svg class=\"qr\" viewBox=\"%d %d %d %d\" shape-rendering=\"crispEdges\" "
		"role=\"img\"><path d=\"",
		-QUIET_PAGE, -QUIET_PAGE, qr->width + 2 * QUIET_PAGE, qr->width + 2 * QUIET_PAGE);
	for (int y = 0; y < qr->width; y++)
		add_row(t, qr, y);
	text_adds(t, "\"/></svg>\n");
	QRcode_free(qr);
	return true;
}

bool text_add_qr_blocks(struct text *t, struct span s, int columns)
{
	static const char *const blocks[] = {" ", "▄", "▀", "█"};
	QRcode *qr = QRcode_encodeData((int)s.len, (const uint8_t *)s.at, 0, QR_ECLEVEL_L);
	bool fits = qr && qr->width + 2 * QUIET_SLIP <= columns;
	int end = fits ? qr->width + QUIET_SLIP : 0;

	for (int y = -QUIET_SLIP; y < end; y += 2) {
		for (int x = -QUIET_SLIP; x < end; x++)
			text_adds(t, blocks[2 * is_dark(qr, x, y) + is_dark(qr, x, y + 1)]);
		text_add_char(t, '\n');
	}
	QRcode_free(qr);
	return fits;
}
