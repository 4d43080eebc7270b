/* SPDX-License-Identifier: Apache-2.0 */
/* Values by the table's types: text to value, and reading them from a checked tree. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/quantity.h"
#include "gateway/config/schema.h"

bool schema_is_boolean(const char *text)
{
	static const char *const words[] = {"yes", "no", "on", "off", "true", "false"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			return true;
		}
	}
	return false;
}

bool schema_is_id(const char *text, size_t n)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return n >= 1 && n <= 64 && strspn(text, chars) >= n;
}

static bool is_tag(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash && schema_is_id(text, (size_t)(slash - text)) &&
	       schema_is_id(slash + 1, strlen(slash + 1));
}

/* Index of a word in "tag device", or -1. */
static int64_t choice_index(const char *choices, const char *text)
{
	size_t n = strlen(text);
	int64_t i = 0;

	for (const char *p = choices; *p && n; i++) {
		size_t word = strcspn(p, " ");

		if (word == n && strncmp(p, text, n) == 0) {
			return i;
		}
		p += word + strspn(p + word, " ");
	}
	return -1;
}

static bool limited(const struct schema_key *key)
{
	return key->min != 0 || key->max != 0;
}

static int in_limits(const struct schema_key *key, double value)
{
	return limited(key) && (value < key->min || value > key->max) ? -ERANGE : 0;
}

static int parse_bool(const char *text, int64_t *whole)
{
	*whole = strcasecmp(text, "true") == 0;
	return *whole || strcasecmp(text, "false") == 0 ? 0 : -EINVAL;
}

int schema_parse(const struct schema_key *key, const char *text, double *real,
                 int64_t *whole)
{
	int err = 0;

	switch (key->type) {
	case SCHEMA_BOOL:
		return parse_bool(text, whole);
	case SCHEMA_REAL:
		err = quantity_real(text, real);
		return err ? err : in_limits(key, *real);
	case SCHEMA_INT:
		err = quantity_int(text, whole);
		break;
	case SCHEMA_DURATION:
		err = quantity_duration(text, whole);
		break;
	case SCHEMA_SIZE:
		err = quantity_size(text, whole);
		break;
	case SCHEMA_RATE:
		err = quantity_rate(text, whole);
		break;
	case SCHEMA_CHOICE:
		*whole = choice_index(key->choices, text);
		return *whole < 0 ? -EINVAL : 0;
	case SCHEMA_ID:
		return schema_is_id(text, strlen(text)) ? 0 : -EINVAL;
	case SCHEMA_TAG:
	case SCHEMA_TAGS:
		return is_tag(text) ? 0 : -EINVAL;
	case SCHEMA_TEXT:
		return in_limits(key, (double)strlen(text));
	case SCHEMA_ANY:
	case SCHEMA_NUMBERS:
	case SCHEMA_VALUE_TYPE:
	case SCHEMA_OBJECT:
		return 0;
	}
	return err ? err : in_limits(key, (double)*whole);
}

static void print_limit(const struct schema_key *key, double value, char *buf, size_t n)
{
	if (key->type == SCHEMA_DURATION) {
		quantity_print_duration((int64_t)value, buf, n);
	} else if (key->type == SCHEMA_SIZE) {
		quantity_print_size((int64_t)value, buf, n);
	} else {
		snprintf(buf, n, "%.9g", value);
	}
}

static const char *type_text(const struct schema_key *key)
{
	static const char *const texts[] = {
		[SCHEMA_ANY] = "anything",
		[SCHEMA_BOOL] = "true or false",
		[SCHEMA_INT] = "a whole number",
		[SCHEMA_REAL] = "a number",
		[SCHEMA_NUMBERS] = "a number, or lists of numbers",
		[SCHEMA_DURATION] = "a duration such as 500ms",
		[SCHEMA_SIZE] = "a size such as 2GiB",
		[SCHEMA_RATE] = "a rate such as 1/s",
		[SCHEMA_TEXT] = "text",
		[SCHEMA_ID] = "1 to 64 of A-Z a-z 0-9 _ -",
		[SCHEMA_TAG] = "DEVICE/TAG",
		[SCHEMA_TAGS] = "DEVICE/TAG, or a list of them",
		[SCHEMA_CHOICE] = "one of ",
		[SCHEMA_VALUE_TYPE] = "a type such as float32",
		[SCHEMA_OBJECT] = "a map of keys",
	};

	return texts[key->type];
}

/* "one of tag, device" */
static void describe_choices(const char *choices, char *buf, size_t n)
{
	size_t used = (size_t)snprintf(buf, n, "one of ");

	for (const char *p = choices; *p && used + 3 < n; p++) {
		if (*p == ' ') {
			buf[used++] = ',';
		}
		buf[used++] = *p;
	}
	buf[used] = '\0';
}

void schema_describe(const struct schema_key *key, char *buf, size_t n)
{
	char min[40], max[40];

	if (key->shape != SCHEMA_ONE) {
		snprintf(buf, n, "%s", key->shape == SCHEMA_LIST_OF ? "a list" : "a map");
		return;
	}
	if (key->type == SCHEMA_CHOICE) {
		describe_choices(key->choices, buf, n);
		return;
	}
	snprintf(buf, n, "%s", type_text(key));
	if (!limited(key) || key->type == SCHEMA_RATE) {
		return;
	}
	if (key->type == SCHEMA_TEXT) {
		snprintf(buf, n, "text of %.0f to %.0f bytes", key->min, key->max);
		return;
	}
	if (key->max >= 1e300) {
		snprintf(buf, n, "%s%s", type_text(key),
		         key->min > 0 ? " above 0" : " not below 0");
		return;
	}
	print_limit(key, key->min, min, sizeof(min));
	print_limit(key, key->max, max, sizeof(max));
	snprintf(buf, n, "%s%s from %s to %s", type_text(key),
	         strstr(type_text(key), "such as") ? "," : "", min, max);
}

static const struct schema_key *key_of(const struct schema_view *v, const char *name)
{
	for (const struct schema_key *k = v->object->keys; k->name; k++) {
		if (tree_is_key(k->name, name)) {
			return k;
		}
	}
	assert(0 && "a key of the table");
	return NULL;
}

const struct node *schema_node(const struct schema_view *v, const char *name)
{
	const struct node *node = tree_find(v->map, name);

	(void)key_of(v, name);
	return node && !node->bad ? node : NULL;
}

struct schema_view schema_sub(const struct schema_view *v, const char *name)
{
	return (struct schema_view){key_of(v, name)->object, schema_node(v, name)};
}

struct schema_view schema_item(const struct schema_view *v, const char *name, size_t i)
{
	const struct node *list = schema_node(v, name);
	const struct node *item = list && i < list->n ? list->items[i] : NULL;

	return (struct schema_view){key_of(v, name)->object,
	                            item && !item->bad ? item : NULL};
}

const char *schema_text(const struct schema_view *v, const char *name)
{
	const struct node *node = schema_node(v, name);

	return node ? node->text : key_of(v, name)->preset;
}

/* The value as the table reads it; false where there is none. */
static bool value_of(const struct schema_view *v, const char *name, double *real,
                     int64_t *whole)
{
	const char *text = schema_text(v, name);

	return text && schema_parse(key_of(v, name), text, real, whole) == 0;
}

bool schema_flag(const struct schema_view *v, const char *name)
{
	double real = NAN;
	int64_t whole = 0;

	return value_of(v, name, &real, &whole) && whole;
}

double schema_real(const struct schema_view *v, const char *name)
{
	double real = NAN;
	int64_t whole = 0;

	return value_of(v, name, &real, &whole) ? real : (double)NAN;
}

int64_t schema_int(const struct schema_view *v, const char *name)
{
	double real = NAN;
	int64_t whole = 0;

	return value_of(v, name, &real, &whole) ? whole : 0;
}

unsigned schema_choice(const struct schema_view *v, const char *name)
{
	return (unsigned)schema_int(v, name);
}
