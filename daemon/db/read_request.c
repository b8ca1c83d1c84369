/* A request as kezek.request_view shows it, column by column. */
#include "daemon/db/request_row.h"

static void read_hold(struct row *r, struct request_row *ret)
{
	ret->has_claim = row_uuid(r, &ret->claim);
	ret->fence = row_int64(r);
	ret->holder = row_text(r);
	ret->holder_actor = row_text(r);
	ret->worker = row_text(r);
	ret->lease_until = row_moment(r);
}

static struct queue_place place_read(struct row *r)
{
	int priority = row_int(r);
	int handed_back = row_int(r);
	bool on_desk = row_bool(r);
	const char *kept_for = row_text(r);

	return (struct queue_place){
		.priority = (enum kezek_priority)(priority + KEZEK_PRIORITY_normal),
		.handed_back = handed_back,
		.on_desk = on_desk,
		.kept_for = kept_for,
		.kept_until = row_moment(r),
	};
}

static void read_rest(struct row *r, struct request_row *ret)
{
	ret->deadlines = row_elements(r);
	ret->hops = row_int(r);
	ret->links = row_span(r);
	ret->parent = row_span(r);
	ret->has_place = !row_is_null(r);
	ret->place = place_read(r);
}

void request_row_read(struct row r, struct request_row *ret)
{
	row_uuid(&r, &ret->id);
	ret->number = row_text(&r);
	ret->version = row_int(&r);
	ret->seq = row_int(&r);
	ret->state = row_text(&r);
	ret->agency = row_text(&r);
	ret->office = row_text(&r);
	ret->service = row_text(&r);
	ret->service_version = row_int(&r);
	ret->variant = row_text(&r);
	ret->channel = row_text(&r);
	ret->territory = row_text(&r);
	ret->language = row_text(&r);
	ret->received_at = row_moment(&r);
	ret->registered_at = row_moment(&r);
	ret->backdate_reason = row_text(&r);
	ret->due_at = row_moment(&r);
	ret->due_on = row_day(&r);
	ret->provisional = row_bool(&r);
	ret->promised_due_on = row_day(&r);
	ret->decide = row_text(&r);
	ret->outcome = row_text(&r);
	ret->responsible = row_text(&r);
	ret->body_number = row_text(&r);
	ret->updated_at = row_moment(&r);
	ret->closed_at = row_moment(&r);
	ret->submitted_by = row_text(&r);
	ret->submitted_actor = row_text(&r);
	ret->imported = row_bool(&r);
	ret->master = row_int(&r);
	ret->wrapped = row_bytes(&r);
	ret->content = row_bytes(&r);
	ret->content_no = row_int(&r);
	read_hold(&r, ret);
	read_rest(&r, ret);
}
