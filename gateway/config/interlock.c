/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/interlock.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/quantity.h"

static const char *skip_spaces(const char *p)
{
	return p + strspn(p, " \t\n");
}

/* Copy the word up to a space or an operator. */
static const char *take_word(const char *p, const char *stop, char *buf, size_t n)
{
	size_t length = strcspn(p, stop);

	if (length >= n) {
		length = n - 1; /* too long for a name or number: refused as such */
	}
	memcpy(buf, p, length);
	buf[length] = '\0';
	return skip_spaces(p + length);
}

static const char *take_operator(const char *p, enum interlock_operator *out)
{
	static const struct {
		const char *text;
		enum interlock_operator operator;
	} operators[] = {
		{"==", INTERLOCK_EQUAL},      {"!=", INTERLOCK_NOT_EQUAL},
		{"<=", INTERLOCK_LESS_EQUAL}, {">=", INTERLOCK_GREATER_EQUAL},
		{"<", INTERLOCK_LESS},        {">", INTERLOCK_GREATER},
	};

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t n = strlen(operators[i].text);

		if (strncmp(p, operators[i].text, n) == 0) {
			*out = operators[i].operator;
			return skip_spaces(p + n);
		}
	}
	return NULL;
}

static int parse_number(const char *text, double *out)
{
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
		*out = *text == 't';
		return 0;
	}
	return quantity_real(text, out);
}

int interlock_parse(const char **text, struct interlock_term *out, const char **why)
{
	const char *p = skip_spaces(*text), *slash;
	char number[40], word[8];

	p = take_word(p, " \t\n=!<>", out->tag, sizeof(out->tag));
	slash = strchr(out->tag, '/');
	if (!slash || slash == out->tag || !slash[1] || strchr(slash + 1, '/')) {
		*why = "a comparison begins with DEVICE/TAG";
		return -EINVAL;
	}
	p = take_operator(p, &out->operator);
	if (!p) {
		*why = "== != < <= > or >= follows the tag";
		return -EINVAL;
	}
	p = take_word(p, " \t\n", number, sizeof(number));
	if (parse_number(number, &out->number)) {
		*why = "a number, true or false follows the comparison";
		return -EINVAL;
	}
	if (*p) {
		p = take_word(p, " \t\n", word, sizeof(word));
		if (strcmp(word, "and") != 0 || !*p) {
			*why = "comparisons are joined by 'and'";
			return -EINVAL;
		}
	}
	*text = p;
	return 0;
}

bool interlock_holds(const struct interlock_term *term, double value)
{
	if (isnan(value)) {
		return false;
	}
	switch (term->operator) {
	case INTERLOCK_EQUAL:
		return value == term->number;
	case INTERLOCK_NOT_EQUAL:
		return value != term->number;
	case INTERLOCK_LESS:
		return value < term->number;
	case INTERLOCK_LESS_EQUAL:
		return value <= term->number;
	case INTERLOCK_GREATER:
		return value > term->number;
	case INTERLOCK_GREATER_EQUAL:
		return value >= term->number;
	}
	return false;
}
