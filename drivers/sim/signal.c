/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/signal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"

static const double two_pi = 6.283185307179586;

struct argument {
	const char *name;
	double preset;
	enum { ANY, DURATION, SHARE } range; /* a duration is above 0, a share 0 to 1 */
};

struct signal_shape {
	const char *name;
	struct argument arguments[SIGNAL_ARGS_MAX];
	double (*value)(struct signal *s, struct signal_term *term, double t_s);
};

/* Steele, Lea, Flood 2014 (splitmix64): uniform in (0, 1). */
static double uniform(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15U);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	z ^= z >> 31;
	return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

/* Box, Muller 1958. */
static double normal(uint64_t *state)
{
	double radius = sqrt(-2 * log(uniform(state)));

	return radius * cos(two_pi * uniform(state));
}

static double constant(struct signal *s, struct signal_term *term, double t_s)
{
	return term->args[0];
}

static double sine(struct signal *s, struct signal_term *term, double t_s)
{
	const double *a = term->args;

	return a[2] + a[1] * sin(two_pi * (t_s / a[0] + a[3]));
}

/* How far into its period, 0 to 1. */
static double part_of_period(double t_s, double period_s)
{
	return t_s / period_s - floor(t_s / period_s);
}

static double ramp(struct signal *s, struct signal_term *term, double t_s)
{
	const double *a = term->args;

	return a[1] + (a[2] - a[1]) * part_of_period(t_s, a[0]);
}

static double square(struct signal *s, struct signal_term *term, double t_s)
{
	const double *a = term->args;

	return part_of_period(t_s, a[0]) < a[3] ? a[2] : a[1];
}

static double noise(struct signal *s, struct signal_term *term, double t_s)
{
	return term->args[1] + term->args[0] * normal(&s->random);
}

static double random_walk(struct signal *s, struct signal_term *term, double t_s)
{
	double passed_s = t_s - term->walked_s;

	term->walked_s = t_s;
	if (passed_s > 0) {
		term->walk += term->args[0] * sqrt(passed_s) * normal(&s->random);
	}
	return term->args[1] + term->walk;
}

/* To add a shape: its function above, and its row here. */
static const struct signal_shape shapes[] = {
	{"constant", {{"value", 0, ANY}}, constant},
	{"noise", {{"sigma", 1, ANY}, {"mean", 0, ANY}}, noise},
	{"ramp", {{"period", 60, DURATION}, {"from", 0, ANY}, {"to", 1, ANY}}, ramp},
	{"random_walk", {{"sigma", 1, ANY}, {"start", 0, ANY}}, random_walk},
	{"sine",
         {{"period", 60, DURATION},
          {"amplitude", 1, ANY},
          {"offset", 0, ANY},
          {"phase", 0, SHARE}},
         sine},
	{"square",
         {{"period", 60, DURATION},
          {"low", 0, ANY},
          {"high", 1, ANY},
          {"duty", 0.5, SHARE}},
         square},
};

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* Does name stand at the first n bytes of text? */
static bool is_word(const char *name, const char *text, size_t n)
{
	return strlen(name) == n && strncmp(name, text, n) == 0;
}

/* "60", "60s", "500ms": a number; a duration in s. */
static int parse_number(const char **text, const struct argument *argument, double *out)
{
	static const struct {
		const char *unit;
		double factor;
	} units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
	char *end;
	size_t n;

	*out = strtod(*text, &end);
	if (end == *text || !isfinite(*out)) {
		return -EINVAL;
	}
	n = strcspn(end, " \t,)");
	for (size_t i = 0; i < ARRAY_SIZE(units) && argument->range == DURATION; i++) {
		if (is_word(units[i].unit, end, n)) {
			*out *= units[i].factor;
			end += n;
			break;
		}
	}
	*text = skip_blanks(end);
	if (argument->range == SHARE && (*out < 0 || *out > 1)) {
		return -EINVAL;
	}
	return argument->range == DURATION && *out <= 0 ? -EINVAL : 0;
}

/* One "key=number". */
static int parse_argument(struct signal_term *term, const char **text)
{
	size_t n = strcspn(*text, " \t=");
	const char *equals = skip_blanks(*text + n);

	for (size_t i = 0; i < SIGNAL_ARGS_MAX && *equals == '='; i++) {
		const struct argument *argument = &term->shape->arguments[i];

		if (argument->name && is_word(argument->name, *text, n)) {
			*text = skip_blanks(equals + 1);
			return parse_number(text, argument, &term->args[i]);
		}
	}
	return -EINVAL;
}

/* "(key=number,...)" */
static int parse_arguments(struct signal_term *term, const char **text)
{
	int err = 0;

	do {
		*text = skip_blanks(*text + 1);
		if (**text == ')') {
			break; /* () and a comma before the bracket */
		}
		err = parse_argument(term, text);
	} while (!err && **text == ',');
	if (err || **text != ')') {
		return -EINVAL;
	}
	*text = skip_blanks(*text + 1);
	return 0;
}

static int parse_term(struct signal_term *term, const char **text, const char **why)
{
	size_t n = strcspn(*text, " \t(+");

	*term = (struct signal_term){.shape = NULL};
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (is_word(shapes[i].name, *text, n)) {
			term->shape = &shapes[i];
		}
	}
	if (!term->shape) {
		*why = "no such signal: constant, noise, ramp, random_walk, sine, "
		       "square, or "
		       "memory:N";
		return -EINVAL;
	}
	for (size_t i = 0; i < SIGNAL_ARGS_MAX; i++) {
		term->args[i] = term->shape->arguments[i].preset;
	}
	*text = skip_blanks(*text + n);
	if (**text == '(' && parse_arguments(term, text)) {
		*why = "a signal is written NAME(KEY=NUMBER,...), "
		       "as in sine(period=60s,amplitude=2,offset=10)";
		return -EINVAL;
	}
	return 0;
}

int signal_parse(struct signal *s, const char *text, uint64_t seed, const char **why)
{
	*s = (struct signal){.random = seed};
	do {
		if (s->n_terms == SIGNAL_TERMS_MAX) {
			*why = "more than four signals joined by +";
			return -EINVAL;
		}
		text = skip_blanks(text);
		if (parse_term(&s->terms[s->n_terms++], &text, why)) {
			return -EINVAL;
		}
	} while (*text++ == '+');
	if (text[-1] != '\0') {
		*why = "signals are joined by +";
		return -EINVAL;
	}
	return 0;
}

double signal_at(struct signal *s, double t_s)
{
	double sum = 0;

	for (size_t i = 0; i < s->n_terms; i++) {
		sum += s->terms[i].shape->value(s, &s->terms[i], t_s);
	}
	return sum;
}
