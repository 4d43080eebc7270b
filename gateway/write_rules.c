/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/write_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/quantity.h"

/* Steps are decimal fractions that no double holds: 0.3 is 3 x 0.1 within this. */
static const double step_tolerance = 1e-6;

static bool is_flag(enum value_type type)
{
	return type == TYPE_BOOL || type == TYPE_BIT;
}

static int parse_flag(const char *text, struct value *out)
{
	if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0) {
		*out = value_bool(true);
		return 0;
	}
	if (strcmp(text, "false") == 0 || strcmp(text, "0") == 0) {
		*out = value_bool(false);
		return 0;
	}
	return -EINVAL;
}

/* Beyond the signed 64 bits. */
static int parse_large(const char *text, struct value *out)
{
	char *end;

	if (strspn(text, "0123456789") != strlen(text)) {
		return -EINVAL;
	}
	errno = 0;
	*out = (struct value){.kind = VALUE_UINT, .u64 = strtoull(text, &end, 10)};
	return errno ? -ERANGE : 0;
}

static int parse_number(const char *text, struct value *out)
{
	int64_t whole;
	double real;
	int err = quantity_int(text, &whole);

	if (!err) {
		*out = (struct value){.kind = VALUE_INT, .i64 = whole};
		return 0;
	}
	if (err == -ERANGE) {
		err = parse_large(text, out);
		if (!err) {
			return 0;
		}
	}
	err = quantity_real(text, &real);
	if (!err) {
		*out = value_real(real);
	}
	return err;
}

int write_rules_parse(const struct tag *tag, const char *text, struct value *out,
                      char *why)
{
	int err;

	if (tag->kind->type == TYPE_STRING) {
		*out = (struct value){.kind = VALUE_TEXT, .text = text};
		return 0;
	}
	err = is_flag(tag->kind->type) ? parse_flag(text, out) : parse_number(text, out);
	if (err) {
		snprintf(why, REFUSAL_TEXT_MAX, "'%.40s' is no value of type %s%s", text,
		         tag->kind->type_name,
		         is_flag(tag->kind->type) ? ": true, false, 0 and 1 are" : "");
		return -EINVAL;
	}
	return 0;
}

static int refuse(char *why, double number, const char *problem, double limit)
{
	snprintf(why, REFUSAL_TEXT_MAX, "%.9g is %s %.9g", number, problem, limit);
	return -ERANGE;
}

static int judge_number(const struct tag *tag, const struct write_config *rules,
                        double number, char *why)
{
	double base = isnan(rules->min) ? 0 : rules->min;
	double steps = (number - base) / rules->step;

	if (!isfinite(number)) {
		snprintf(why, REFUSAL_TEXT_MAX, "the value is not a finite number");
		return -ERANGE;
	}
	if (number < rules->min) {
		return refuse(why, number, "below the least that may be written,",
		              rules->min);
	}
	if (number > rules->max) {
		return refuse(why, number, "above the most that may be written,",
		              rules->max);
	}
	if (number < tag->kind->min || number > tag->kind->max) {
		snprintf(why, REFUSAL_TEXT_MAX,
		         "%.9g is outside the range of the tag, %.9g to %.9g", number,
		         tag->kind->min, tag->kind->max);
		return -ERANGE;
	}
	if (fabs(steps - round(steps)) > step_tolerance) {
		return refuse(why, number, "not on a step of", rules->step);
	}
	return 0;
}

int write_rules_judge(const struct tag *tag, const struct write_config *rules,
                      const struct value *value, char *why)
{
	bool is_text = value->kind == VALUE_TEXT;
	double number = value_number(value);

	if (!rules) {
		snprintf(why, REFUSAL_TEXT_MAX,
		         "the tag is not writable: it has no `write:` in the "
		         "configuration");
		return -EACCES;
	}
	if (value->kind == VALUE_NONE || is_text != (tag->kind->type == TYPE_STRING)) {
		snprintf(why, REFUSAL_TEXT_MAX, "that is no value of type %s",
		         tag->kind->type_name);
		return -ERANGE;
	}
	if (is_text) {
		return 0;
	}
	if (is_flag(tag->kind->type) && value->kind != VALUE_BOOL && number != 0 &&
	    number != 1) {
		snprintf(why, REFUSAL_TEXT_MAX, "true, false, 0 and 1 can be written");
		return -ERANGE;
	}
	return judge_number(tag, rules, number, why);
}

/* Of the nearest value that a type can hold, as a part of it (IEEE 754: 11, 24, 53 bits).
 * The last also covers the arithmetic of scale and offset. */
static double rounding(enum value_type type)
{
	return type == TYPE_FLOAT16 ? 0x1p-11 : type == TYPE_FLOAT32 ? 0x1p-24 : 0x1p-50;
}

bool write_rules_same(enum value_type type, const struct value *held,
                      const struct value *written)
{
	double a = value_number(held), b = value_number(written);

	if (held->kind == VALUE_TEXT || written->kind == VALUE_TEXT) {
		return held->kind == written->kind &&
		       strcmp(held->text, written->text) == 0;
	}
	if (held->kind == written->kind && held->kind == VALUE_INT) {
		return held->i64 == written->i64;
	}
	if (held->kind == written->kind && held->kind == VALUE_UINT) {
		return held->u64 == written->u64;
	}
	return fabs(a - b) <= rounding(type) * fmax(fabs(a), fabs(b));
}

void write_rules_print(const struct value *value, char *buf, size_t size)
{
	switch (value->kind) {
	case VALUE_NONE:
		snprintf(buf, size, "nothing");
		break;
	case VALUE_REAL:
		snprintf(buf, size, "%.9g", value->real);
		break;
	case VALUE_INT:
		snprintf(buf, size, "%" PRId64, value->i64);
		break;
	case VALUE_UINT:
		snprintf(buf, size, "%" PRIu64, value->u64);
		break;
	case VALUE_BOOL:
		snprintf(buf, size, "%s", value->flag ? "true" : "false");
		break;
	case VALUE_TEXT:
		snprintf(buf, size, "\"%s\"", value->text);
		break;
	}
}
