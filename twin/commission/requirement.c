/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/commission/requirement.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "twin/commission/formula_impl.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct reader {
	const char *text;
	size_t at;
	const struct name_space *names;
	struct formula_error *error;
};

static size_t skip_spaces(const struct reader *r)
{
	return r->at + strspn(r->text + r->at, " \t\r\n");
}

static int fail(struct reader *r, size_t n, const char *message)
{
	*r->error = (struct formula_error){skip_spaces(r), n, message, false};
	return -EINVAL;
}

static bool take(struct reader *r, const char *word)
{
	return formula_take(r->text, &r->at, word);
}

static int condition(struct reader *r, struct formula *out)
{
	return formula_parse(out, r->names, r->text, &r->at, r->error);
}

/* "5 s", "200ms": a number and its unit. */
static int duration(struct reader *r, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ms", 1e6}, {"us", 1e3},   {"s", 1e9},    {"min", 6e10},
	             {"m", 6e10}, {"h", 3.6e12}, {"d", 8.64e13}};
	size_t from = skip_spaces(r);
	char *end;
	double number;

	if (!isdigit((unsigned char)r->text[from])) {
		return fail(r, 1, "a time such as 200ms or 5 s is missing here");
	}
	number = strtod(r->text + from, &end);
	r->at = (size_t)(end - r->text);
	for (size_t i = 0; i < COUNT(units); i++) {
		if (take(r, units[i].unit)) {
			number *= units[i].ns;
			if (!(number <= 1e17)) {
				return fail(r, 1, "more than three years");
			}
			*ns = (int64_t)(number + 0.5);
			return 0;
		}
	}
	return fail(r, 1, "the time has no unit: ms, s, min, h");
}

static int colon(struct reader *r)
{
	return take(r, ":") ? 0 : fail(r, 1, "':' is missing here");
}

/* A word, a time, a colon; absent: nothing happens. */
static int window(struct reader *r, const char *word, int64_t *ns)
{
	int err;

	if (!take(r, word)) {
		return 0;
	}
	err = duration(r, ns);
	return err ? err : colon(r);
}

/* The last part: C, or C until C [within T]. */
static int plain(struct reader *r, struct requirement *out)
{
	int err = condition(r, &out->holds);

	if (err || !take(r, "until")) {
		return err;
	}
	out->kind = REQUIREMENT_UNTIL;
	err = condition(r, &out->release);
	if (!err && take(r, "within")) {
		err = duration(r, &out->window_ns);
	}
	return err;
}

static int in_time(struct reader *r, struct requirement *out)
{
	int err = duration(r, &out->window_ns);

	out->kind = REQUIREMENT_WITHIN;
	err = err ? err : colon(r);
	err = err ? err : condition(r, &out->holds);
	if (!err && take(r, "for")) {
		err = duration(r, &out->stays_ns);
	}
	return err;
}

static int core(struct reader *r, struct requirement *out)
{
	bool never = false, always = false;
	int err;

	if (take(r, "within")) {
		return in_time(r, out);
	}
	if (take(r, "never")) {
		never = true;
	} else {
		always = take(r, "always");
	}
	out->kind = never ? REQUIREMENT_NEVER : REQUIREMENT_ALWAYS;
	err = window(r, "for", &out->window_ns);
	if (!err && (never || always)) {
		take(r, ":");
	}
	if (err) {
		return err;
	}
	return never || always || out->window_ns >= 0 ? condition(r, &out->holds)
	                                              : plain(r, out);
}

static void gather(struct requirement *r)
{
	const struct formula *const all[] = {&r->when, &r->holds, &r->release};

	for (size_t i = 0; i < COUNT(all); i++) {
		r->n_quantities = formula_quantities(all[i], r->quantities,
		                                     r->n_quantities,
		                                     REQUIREMENT_QUANTITIES_MAX);
	}
}

static int end_of(struct reader *r)
{
	size_t at = skip_spaces(r), n = strcspn(r->text + at, " \t\r\n");

	return r->text[at] ? fail(r, n, "nothing more is expected here") : 0;
}

int requirement_parse(struct requirement *out, const struct name_space *names,
                      const char *text, struct formula_error *error)
{
	struct reader r = {text, 0, names, error};
	int err = 0;

	*out = (struct requirement){.window_ns = -1};
	if (take(&r, "when")) {
		out->triggered = true;
		err = condition(&r, &out->when);
		err = err ? err : colon(&r);
	}
	err = err ? err : window(&r, "after", &out->delay_ns);
	err = err ? err : core(&r, out);
	err = err ? err : end_of(&r);
	gather(out);
	return err;
}

int requirement_condition(struct formula *out, const struct name_space *names,
                          const char *text, struct formula_error *error)
{
	struct reader r = {text, 0, names, error};
	int err = condition(&r, out);

	return err ? err : end_of(&r);
}

bool requirement_is_open(const struct requirement *r)
{
	return r->triggered || r->window_ns < 0;
}
