/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/mqtt/pick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/epoch.h"
#include "drivers/scalar.h"

int pick_check(const char *pointer, const char **why)
{
	*why = "a JSON pointer is empty or begins with /; ~ is written ~0, / is ~1";
	if (*pointer && *pointer != '/') {
		return -EINVAL;
	}
	for (const char *at = pointer; (at = strchr(at, '~')) != NULL; at++) {
		if (at[1] != '0' && at[1] != '1') {
			return -EINVAL;
		}
	}
	return 0;
}

json_t *pick_parse(const char *text, size_t n)
{
	size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_error_t error;
	json_t *root = json_loadb(text, n, flags, &error);

	if (!root && json_error_code(&error) == json_error_numeric_overflow) {
		/* One number of it must not cost all others. */
		root = json_loadb(text, n, flags | JSON_DECODE_INT_AS_REAL, &error);
	}
	return root;
}

/* Does an escaped token of n bytes mean this name? */
static bool is_name(const char *token, size_t n, const char *name)
{
	size_t i = 0;

	while (i < n && *name) {
		char c = token[i++];

		if (c == '~') {
			c = token[i++] == '0' ? '~' : '/';
		}
		if (c != *name++) {
			return false;
		}
	}
	return i == n && !*name;
}

static const json_t *find_member(const json_t *object, const char *token, size_t n)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		if (is_name(token, n, name)) {
			return value;
		}
	}
	return NULL;
}

/* An index has no sign, no leading zero, and nothing behind it. */
static const json_t *find_item(const json_t *array, const char *token, size_t n)
{
	if (n == 0 || n > 9 || strspn(token, "0123456789") < n ||
	    (*token == '0' && n > 1)) {
		return NULL;
	}
	return json_array_get(array, strtoul(token, NULL, 10));
}

const json_t *pick_find(const json_t *root, const char *pointer)
{
	while (root && *pointer == '/') {
		const char *token = pointer + 1;
		size_t n = strcspn(token, "/");

		if (json_is_object(root)) {
			root = find_member(root, token, n);
		} else {
			root = json_is_array(root) ? find_item(root, token, n) : NULL;
		}
		pointer = token + n;
	}
	return root;
}

void pick_read(struct reading *out, const struct point *point, const json_t *value,
               char *room)
{
	struct value raw = {.kind = VALUE_NONE};

	switch (json_typeof(value)) {
	case JSON_INTEGER:
		raw = (struct value){.kind = VALUE_INT, .i64 = json_integer_value(value)};
		break;
	case JSON_REAL:
		raw = value_real(json_real_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		raw = value_bool(json_is_true(value));
		break;
	case JSON_STRING:
		scalar_read(out, point, json_string_value(value),
		            json_string_length(value), room);
		return;
	case JSON_NULL:
		*out = scalar_bad(point, REASON_NOT_A_NUMBER);
		return;
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	scalar_take(out, point, &raw);
}

int pick_time(int64_t *epoch_us, const json_t *value)
{
	double t = json_number_value(value);

	if (json_is_string(value) && epoch_parse(json_string_value(value), &t)) {
		return -EINVAL;
	}
	if (!(t > 0)) {
		return -EINVAL;
	}
	/* 1e11: as seconds the year 5138, as milliseconds 1973; then by the thousand. */
	t *= t < 1e11 ? 1e6 : t < 1e14 ? 1e3 : 1;
	if (t >= 1e17) {
		return -EINVAL;
	}
	*epoch_us = (int64_t)t;
	return 0;
}
