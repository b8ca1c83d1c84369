/* The gate before json-c (design: RFC 8259 and RFC 7493), and readers that turn a parsed object
 * into C values while collecting every fault. */
#pragma once

#include <json-c/json.h>

#include "lib/fault.h"
#include "lib/uuid.h"

/* Why the gate refuses; 0 is well. */
enum json_refusal {
	JSON_BAD_GRAMMAR = 1, /* not RFC 8259 */
	JSON_BAD_UTF8,        /* not RFC 3629: overlong, surrogates, beyond U+10FFFF */
	JSON_TOO_DEEP,        /* arrays and objects nested deeper than allowed */
	JSON_DUPLICATE,       /* policy: two members of one object decode to the same name */
	JSON_NUL,             /* policy: \u0000, which PostgreSQL's text cannot hold */
	JSON_SURROGATE,       /* policy: \ud800…\udfff without its other half */
	JSON_NUMBER,          /* policy: an integer beyond int64, or 1e308 and beyond */
	JSON_TOO_HEAVY,       /* well, but its tree would take more than `tree` */
};

/* `pointer` names the value (a doubled member: itself), cut at a whole member when too long. */
#define JSON_POINTER_SIZE 256
struct json_fault {
	enum json_refusal refusal;
	size_t offset; /* in bytes from the start of the text */
	char pointer[JSON_POINTER_SIZE];
};

#define JSON_DEPTH     16   /* the default */
#define JSON_DEPTH_MAX 1024 /* what the gate can be told to allow */
struct json_limits {
	unsigned depth;   /* 0: JSON_DEPTH */
	size_t tree;      /* bytes that json-c's tree may take, roughly; 0: any number */
	size_t *ret_tree; /* how many it takes, unless refused for something else; or NULL */
};

/* Grammar and UTF-8, to JSON_DEPTH_MAX. 0, or a json_refusal; *ret_fault (or NULL) describes it. */
_must_check_ int json_check_grammar(struct span text, struct json_fault *ret_fault);
/* Grammar and policy. A text of 4 GiB or more is JSON_BAD_GRAMMAR. */
_must_check_ int json_check(
	struct span text, const struct json_limits *limits, struct json_fault *ret_fault);
/*
 * json_check, then json-c. The object belongs to the caller: json_object_put, or _json_. A text
 * `null` gives NULL. `limits` NULL: the defaults.
 */
_must_check_ int json_read(struct span text, const struct json_limits *limits,
	struct json_fault *ret_fault, json_object **ret_object);
/* The fault as a row of `faults`; all of them are of shape (fault_is_shape). */
void json_fault_report(const struct json_fault *fault, struct faults *faults);

/* Making trees: out of memory ends it. The latter two take `value`. */
json_object *json_made(json_object *made);
void json_put(json_object *object, const char *name, json_object *value);
void json_append(json_object *array, json_object *value);

static inline void json_object_done(json_object **object)
{
	json_object_put(*object);
}
#define _json_                                                                                     \
	_cleanup_(json_object_done)                                                                \
	json_object

/*
 * Reading one object. Ask for each member once; json_reader_end then reports what was not asked
 * for. A null member counts as absent. An absent or faulty member gives NULL or false and leaves
 * outputs untouched; what it deserves is already in `faults`. Names asked for must outlive the
 * reader; strings given belong to the object.
 */
enum json_need {
	JSON_OPTIONAL = 0,
	JSON_REQUIRED = 1,
	JSON_MAY_BE_EMPTY = 2, /* flag: "" and [] are welcome; else they are too_short */
};

#define JSON_READER_MEMBERS 48 /* asserted */
struct json_reader {
	json_object *object; /* NULL: was no object; every member is then silently absent */
	const char *pointer;
	struct faults *faults;
	char *own_pointer; /* behind `pointer` when open or item made it */
	const char *asked[JSON_READER_MEMBERS];
	unsigned asked_count;
};

/* `object` may be anything: no object is wrong_type. `pointer`: "" for the whole body. */
void json_reader_init(
	struct json_reader *r, json_object *object, const char *pointer, struct faults *faults);
/* A reader for a member that is an object, or for one item of an array. False: absent or faulty, no
 * end needed. */
bool json_reader_open(
	struct json_reader *ret, struct json_reader *parent, const char *name, enum json_need need);
bool json_reader_item(struct json_reader *ret, struct json_reader *parent, const char *name,
	json_object *array, size_t index);
/* Reports unknown members and lets go of memory. */
void json_reader_end(struct json_reader *r);
/* One more fault of member `name` (NULL: of the object itself), for checks of the caller's own. */
void json_reader_fault(struct json_reader *r, const char *name, enum word reason,
	const char *detail0, const char *detail1);

/* `max` counts characters (code points). */
const char *json_get_string(
	struct json_reader *r, const char *name, enum json_need need, size_t max);
/* 1.0 is not an integer. Outside min…max: out_of_range. */
bool json_get_int64(struct json_reader *r, const char *name, enum json_need need, int64_t min,
	int64_t max, int64_t *ret);
bool json_get_bool(struct json_reader *r, const char *name, enum json_need need, bool *ret);
/* The index into `names` (count of them, none NULL), or -1 when absent or faulty. */
int json_get_enum(struct json_reader *r, const char *name, enum json_need need,
	const char *const names[], size_t count);
bool json_get_uuid(struct json_reader *r, const char *name, enum json_need need, struct uuid *ret);
json_object *json_get_object(struct json_reader *r, const char *name, enum json_need need);
json_object *json_get_array(
	struct json_reader *r, const char *name, enum json_need need, size_t max);
/* Whatever it is, unchecked: for members whose shape the catalogue decides. */
json_object *json_get_any(struct json_reader *r, const char *name, enum json_need need);
/* One item of array member `name`, which must be a string. */
const char *json_item_string(
	struct json_reader *r, const char *name, json_object *array, size_t index, size_t max);
