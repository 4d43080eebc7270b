/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a configuration file may say: one table of keys (schema_keys.c) that checks the
 * tree, gives the defaults, prints the JSON Schema and must be matched by
 * etc/pollux.yaml.
 */
#ifndef GATEWAY_CONFIG_SCHEMA_H
#define GATEWAY_CONFIG_SCHEMA_H

#include "gateway/config/tree.h"

enum schema_type {
	SCHEMA_ANY, /* of a part that is not built yet */
	SCHEMA_BOOL,
	SCHEMA_INT,
	SCHEMA_REAL,
	SCHEMA_NUMBERS,  /* a SCHEMA_REAL, a list of them, or a list of such lists */
	SCHEMA_DURATION, /* "500ms"; limits and value in ms */
	SCHEMA_SIZE,     /* "2GiB"; bytes */
	SCHEMA_RATE,     /* "1/s"; ms between two */
	SCHEMA_TEXT,     /* limits on its bytes */
	SCHEMA_ID,       /* [A-Za-z0-9_-]{1,64} */
	SCHEMA_TAG,      /* DEVICE/TAG */
	SCHEMA_TAGS,     /* a SCHEMA_TAG, or a list of them */
	SCHEMA_CHOICE,
	SCHEMA_VALUE_TYPE, /* gateway/config/value_type.h */
	SCHEMA_OBJECT,     /* a map with its own table */
};

enum schema_shape {
	SCHEMA_ONE,
	SCHEMA_LIST_OF,
	SCHEMA_MAP_OF, /* any names */
};

enum {
	SCHEMA_REQUIRED = 1,
	SCHEMA_LATER = 2,  /* its part is not built yet: accepted with a warning */
	SCHEMA_SECRET = 4, /* never shown */
};

struct schema_object;

struct schema_key {
	const char *name;
	enum schema_type type;
	const char *description;
	enum schema_shape shape;
	unsigned flags;
	double min, max;     /* inclusive; both 0: no limits */
	const char *preset;  /* as it would be written; NULL: none */
	const char *choices; /* SCHEMA_CHOICE: "tag device" */
	const struct schema_object *object;
};

struct schema_object {
	const char *name;
	const char *description;
	const struct schema_key *keys; /* ends with a key without name */
};

/** The whole file. */
extern const struct schema_object schema_root;

/** Check the tree; what is wrong is complained about once and marked bad. */
void schema_check(struct node *root, const struct schema_object *object,
                  struct complaints *said);

struct schema_view;

/**
 * Read YAML text (complaint_source()'s name and text) to a checked tree in view, whose
 * object is set; the tree is the arena's.
 * @return 0, -ENOMEM, or -EINVAL with complaints
 */
int schema_read(struct arena *arena, struct complaints *said,
                const char *const path_text[2], struct schema_view *view);

/** A map with its table: what is absent or bad has the table's default. */
struct schema_view {
	const struct schema_object *object;
	const struct node *map; /* may be NULL: all defaults */
};

/** The value's node, NULL where absent or bad.  A key that the table does not know is a
 * programming error, here and below. */
const struct node *schema_node(const struct schema_view *v, const char *name);

/** The map under a key of type SCHEMA_OBJECT, perhaps empty. */
struct schema_view schema_sub(const struct schema_view *v, const char *name);

/** Item i of a list of SCHEMA_OBJECT; map is NULL where it is bad. */
struct schema_view schema_item(const struct schema_view *v, const char *name, size_t i);

/** Items of a list or pairs of a map, 0 where it is absent or bad. */
size_t schema_count(const struct schema_view *v, const char *name);

/** Text, borrowed from tree or table; NULL where absent and without default. */
const char *schema_text(const struct schema_view *v, const char *name);
bool schema_flag(const struct schema_view *v, const char *name);
/** SCHEMA_REAL; NAN where absent and without default. */
double schema_real(const struct schema_view *v, const char *name);
/** SCHEMA_INT, _DURATION, _SIZE, _RATE; 0 where absent and without default. */
int64_t schema_int(const struct schema_view *v, const char *name);
/** Index in the key's choices; the first where absent and without default. */
unsigned schema_choice(const struct schema_view *v, const char *name);

/** Parse text as a key's value.
 * @param real  SCHEMA_REAL
 * @param whole SCHEMA_BOOL, _INT, _DURATION, _SIZE, _RATE, _CHOICE (its index)
 * @return 0; -EINVAL not of the type; -ERANGE outside its limits; -ENODATA without unit
 */
int schema_parse(const struct schema_key *key, const char *text, double *real,
                 int64_t *whole);

/** "a whole number from 0 to 255", "a duration such as 500ms, from 1ms to 1min". */
void schema_describe(const struct schema_key *key, char *buf, size_t n);

/** Is text what YAML 1.1 takes for a boolean: no, on, TRUE, ...?  (y and n are by the
 * letter of 1.1, but no program reads them so, and N is newton.) */
bool schema_is_boolean(const char *text);

/** [A-Za-z0-9_-]{1,64} over the n bytes of text. */
bool schema_is_id(const char *text, size_t n);

/** Print the JSON Schema (draft 2020-12). */
void schema_print(const struct schema_object *object, FILE *out);

#endif
