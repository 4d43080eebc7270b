/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/template_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/quantity.h"

/* One ${...} while it is read. */
struct sum {
	const char *p, *end; /* what is left of it */
	struct template_scope *scope;
};

static int refuse(struct sum *s, const char *why)
{
	s->scope->why = why;
	return -EINVAL;
}

static void skip_space(struct sum *s)
{
	while (s->p < s->end && *s->p == ' ') {
		s->p++;
	}
}

/* Take a sign where it is next. */
static bool take(struct sum *s, char sign)
{
	skip_space(s);
	if (s->p < s->end && *s->p == sign) {
		s->p++;
		return true;
	}
	return false;
}

/* Letters, digits and _ from here on, in the arena; empty where there are none. */
static const char *take_word(struct sum *s)
{
	const char *start;

	skip_space(s);
	start = s->p;
	while (s->p < s->end && (isalnum((unsigned char)*s->p) || *s->p == '_')) {
		s->p++;
	}
	return arena_text(s->scope->arena, start, (size_t)(s->p - start));
}

static const struct template_value *find(struct sum *s, const char *name)
{
	struct template_scope *scope = s->scope;

	for (size_t i = 0; i < scope->n; i++) {
		if (strcmp(scope->values[i].name, name) == 0) {
			scope->secret = scope->secret || scope->values[i].secret;
			return &scope->values[i];
		}
	}
	scope->word = name;
	(void)refuse(s, "there is no such parameter");
	return NULL;
}

/* A whole number, or a parameter that is one. */
static int read_atom(struct sum *s, int64_t *out)
{
	const char *word = take_word(s);
	const struct template_value *value;

	if (!word) {
		return -ENOMEM;
	}
	if (!*word) {
		return refuse(s,
		              "'${' wants a parameter's name, perhaps + or - a number");
	}
	if (isdigit((unsigned char)*word)) {
		return quantity_int(word, out) ? refuse(s, "not a whole number") : 0;
	}
	value = find(s, word);
	if (!value) {
		return -EINVAL;
	}
	return quantity_int(value->text, out)
	               ? refuse(s, "only whole numbers can be counted with")
	               : 0;
}

static int read_product(struct sum *s, int64_t *out)
{
	int64_t factor;
	int err = read_atom(s, out);

	while (!err && take(s, '*')) {
		err = read_atom(s, &factor);
		if (!err && __builtin_mul_overflow(*out, factor, out)) {
			err = refuse(s, "the number is too large");
		}
	}
	return err;
}

static int read_sum(struct sum *s, int64_t *out)
{
	int64_t term;
	int err = read_product(s, out);

	while (!err) {
		bool minus = take(s, '-');

		if (!minus && !take(s, '+')) {
			break;
		}
		err = read_product(s, &term);
		if (!err && (minus ? __builtin_sub_overflow(*out, term, out)
		                   : __builtin_add_overflow(*out, term, out))) {
			err = refuse(s, "the number is too large");
		}
	}
	skip_space(s);
	if (!err && s->p < s->end) {
		err = refuse(s, "a sum is of names and whole numbers with + - *");
	}
	return err;
}

/* What stands for the ${...} that s is on; NULL with err. */
static const char *value_of(struct sum *s, int *err)
{
	const char *start = s->p, *word = take_word(s), *text;
	const struct template_value *value;
	int64_t number = 0;

	*err = word ? 0 : -ENOMEM;
	skip_space(s);
	if (word && s->p == s->end && *word && !isdigit((unsigned char)*word)) {
		value = find(s, word);
		*err = value ? 0 : -EINVAL;
		return value ? value->text : NULL;
	}
	s->p = start;
	*err = *err ? *err : read_sum(s, &number);
	if (*err) {
		return NULL;
	}
	text = arena_format(s->scope->arena, "%lld", (long long)number);
	*err = text ? 0 : -ENOMEM;
	return text;
}

int template_text_expand(struct template_scope *scope, const char *text, const char **out)
{
	const char *start, *made = NULL;
	int err = 0;

	scope->secret = false;
	scope->word = NULL;
	while ((start = strstr(text, "${"))) {
		struct sum s = {start + 2, strchr(start, '}'), scope};
		const char *value;

		if (!s.end) {
			return refuse(&s, "'${' without '}'");
		}
		value = value_of(&s, &err);
		if (!value) {
			return err;
		}
		made = arena_format(scope->arena, "%s%.*s%s", made ? made : "",
		                    (int)(start - text), text, value);
		if (!made) {
			return -ENOMEM;
		}
		text = strchr(start, '}') + 1;
	}
	*out = made ? arena_format(scope->arena, "%s%s", made, text) : text;
	return *out ? 0 : -ENOMEM;
}
