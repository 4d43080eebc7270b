/* SPDX-License-Identifier: Apache-2.0 */
/* Signals by name, their units, and conditions on them. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/quantity.h"
#include "gateway/plant/plant_build.h"
#include "twin/models/expression.h"
#include "twin/nearest.h"
#include "twin/units.h"

static int64_t find_signal(const struct signal_config *signals, size_t n,
                           const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (signals[i].name && strcmp(signals[i].name, name) == 0) {
			return (int64_t)i;
		}
	}
	return -1;
}

int64_t plant_signal_find(const struct plant_setup *s, const char *name)
{
	return find_signal(s->plant.signals, s->plant.n_signals, name);
}

uint32_t plant_declare(struct plant_build *b, struct place at,
                       const struct signal_config *signal)
{
	if (signal->name && find_signal(b->signals, b->n_signals, signal->name) >= 0) {
		complaint_error(b->said, at, "a signal '%s' is there already",
		                signal->name);
	}
	b->signals[b->n_signals] = *signal;
	return (uint32_t)b->n_signals++;
}

void plant_unknown(struct plant_build *b, const struct node *node, const char *what,
                   const struct nearest *nearest)
{
	complaint_error(b->said, node->at, "unknown %s '%.64s'%s%s%s", what, node->text,
	                nearest->best ? " (did you mean '" : "",
	                nearest->best ? nearest->best : "", nearest->best ? "'?)" : "");
}

int plant_port(struct plant_build *b, const struct plant_ports *p, const struct node *key)
{
	struct nearest nearest = {.word = key->text};
	int port = part_port(p->ports, p->n, key->text);

	for (size_t i = 0; port < 0 && i < p->n; i++) {
		nearest_offer(&nearest, p->ports[i].name);
	}
	if (port < 0) {
		complaint_error(
			b->said, key->at, "'%s' has no %s '%.64s'%s%s%s", p->kind,
			p->what, key->text, nearest.best ? " (did you mean '" : "",
			nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	}
	return port;
}

int64_t plant_signal(struct plant_build *b, const struct node *node)
{
	struct nearest nearest = {.word = node->text};
	int64_t signal = find_signal(b->signals, b->n_signals, node->text);

	for (size_t i = 0; signal < 0 && i < b->n_signals; i++) {
		if (b->signals[i].name) {
			nearest_offer(&nearest, b->signals[i].name);
		}
	}
	if (signal < 0) {
		plant_unknown(b, node, "signal", &nearest);
	}
	return signal;
}

/* ---- units ---- */

static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; units_at(i); i++) {
		if (strcmp(units_at(i)->name, name) == 0) {
			return units_at(i);
		}
	}
	return NULL;
}

static bool is_unit(struct plant_build *b, struct place at, const char *name)
{
	struct nearest nearest = {.word = name};

	if (!*name || find_unit(name)) {
		return true;
	}
	for (size_t i = 0; units_at(i); i++) {
		nearest_offer(&nearest, units_at(i)->name);
	}
	complaint_error(b->said, at, "unknown unit '%.64s'%s%s%s", name,
	                nearest.best ? " (did you mean '" : "",
	                nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	return false;
}

bool plant_unit_is_known(struct plant_build *b, const struct node *node)
{
	return !node || is_unit(b, node->at, node->text);
}

bool plant_units_agree(const char *a, const char *b)
{
	return !*a || !*b || strcmp(a, "1") == 0 || strcmp(b, "1") == 0 ||
	       strcmp(a, b) == 0;
}

bool plant_quantity(struct plant_build *b, const struct node *node, double *value,
                    const char **unit)
{
	const char *blank = strchr(node->text, ' ');
	size_t n = blank ? (size_t)(blank - node->text) : strlen(node->text);
	char number[64] = "";

	*unit = blank ? blank + 1 : "";
	if (node->kind == NODE_SCALAR && n < sizeof(number)) {
		memcpy(number, node->text, n);
		number[n] = '\0';
	}
	if (quantity_real(number, value)) {
		complaint_error(b->said, node->at, "'%.64s' is no number", node->text);
		return false;
	}
	return is_unit(b, node->at, *unit);
}

/* From one unit to another of the same quantity.  A name may belong to several. */
static bool convert(const char *from, const char *to, struct plant_wire *out)
{
	double scale, offset;

	if (!*from || !*to || strcmp(from, to) == 0) {
		out->scale = 1;
		out->offset = 0;
		return true;
	}
	for (size_t i = 0; units_at(i); i++) {
		const struct unit *u = units_at(i);

		if (strcmp(u->name, to) == 0 &&
		    units_convert(from, u->si, &scale, &offset) == 0) {
			out->scale = scale / u->scale;
			out->offset = (offset - u->offset) / u->scale;
			return true;
		}
	}
	return false;
}

bool plant_wire(struct plant_build *b, const struct node *node, const char *for_whom,
                const char *unit, struct plant_wire *out)
{
	int64_t signal = plant_signal_or_number(b, node);
	const struct signal_config *s;

	*out = (struct plant_wire){.signal = signal < 0 ? 0 : (uint32_t)signal,
	                           .scale = 1};
	if (signal < 0) {
		return false;
	}
	s = &b->signals[signal];
	if (s->name && !*s->unit && *unit && strcmp(unit, "1") != 0) {
		complaint_warning(b->said, node->at,
		                  "'%s' has no unit: taken as %s, as %s wants it",
		                  s->name, unit, for_whom);
	}
	if (!convert(s->unit, unit, out)) {
		complaint_error(b->said, node->at,
		                "'%.64s' is in '%s', of another quantity: %s is in '%s'",
		                node->text, s->unit, for_whom, unit);
		return false;
	}
	return true;
}

bool plant_value(struct plant_build *b, const struct node *node, const char *unit,
                 double *value)
{
	struct plant_wire wire;
	const char *written;

	if (!plant_quantity(b, node, value, &written)) {
		return false;
	}
	if (!convert(written, unit, &wire)) {
		complaint_error(b->said, node->at,
		                "'%.64s' is of another quantity than '%s'", node->text,
		                unit);
		return false;
	}
	*value = *value * wire.scale + wire.offset;
	return true;
}

int64_t plant_signal_or_number(struct plant_build *b, const struct node *node)
{
	struct signal_config constant = {.name = NULL};
	size_t n = strspn(node->text, "+-.0123456789");

	if (n == 0 || find_signal(b->signals, b->n_signals, node->text) >= 0) {
		return plant_signal(b, node);
	}
	if (!plant_quantity(b, node, &constant.start, &constant.unit)) {
		return -1;
	}
	return plant_declare(b, node->at, &constant);
}

/* ---- conditions ---- */

enum { WORD_MAX = 140 };

/* A condition on its way: names of signals become s0, s1, ... */
struct translation {
	struct plant_build *b;
	uint32_t signals[CONDITION_SIGNALS_MAX];
	size_t n;
	char text[EXPRESSION_TEXT_MAX + 1];
	size_t length;
	bool full;
};

static void put(struct translation *t, const char *text, size_t n)
{
	if (t->length + n >= sizeof(t->text)) {
		t->full = true;
		return;
	}
	memcpy(t->text + t->length, text, n);
	t->length += n;
	t->text[t->length] = '\0';
}

static int64_t signal_of(const struct translation *t, const char *word, size_t n)
{
	char name[WORD_MAX] = "";

	if (n < sizeof(name)) {
		memcpy(name, word, n);
	}
	return find_signal(t->b->signals, t->b->n_signals, name);
}

/* A tag's name has a '/' in it, and may have a '-': the longest that is a signal. */
static size_t tag_length(const struct translation *t, const char *word, size_t n)
{
	size_t end = n;

	while (isalnum((unsigned char)word[end]) || strchr("_./-", word[end])) {
		if (!word[end]) {
			break;
		}
		end++;
	}
	while (end > n && signal_of(t, word, end) < 0) {
		end--;
	}
	return end;
}

/* A word: a signal's name, or one of the formula's own. */
static void put_word(struct translation *t, const char *word, size_t n)
{
	int64_t signal = signal_of(t, word, n);
	char input[16];
	size_t i = 0;

	if (signal < 0) {
		put(t, word, n);
		return;
	}
	while (i < t->n && t->signals[i] != (uint32_t)signal) {
		i++;
	}
	if (i == CONDITION_SIGNALS_MAX) {
		t->full = true;
		return;
	}
	t->signals[i] = (uint32_t)signal;
	t->n = i == t->n ? t->n + 1 : t->n;
	put(t, input, (size_t)snprintf(input, sizeof(input), "s%zu", i));
}

static void translate(struct translation *t, const char *text)
{
	while (*text) {
		size_t n = 0;

		while (isalnum((unsigned char)text[n]) || text[n] == '_' ||
		       text[n] == '.') {
			n++;
		}
		if (n > 0 && (isalpha((unsigned char)*text) || *text == '_')) {
			n = tag_length(t, text, n);
			put_word(t, text, n);
		} else {
			n = n > 0 ? n : 1;
			put(t, text, n);
		}
		text += n;
	}
}

int plant_condition_build(struct plant_build *b, struct place at, const char *text,
                          struct condition *out)
{
	static const struct model_port names[CONDITION_SIGNALS_MAX] = {
		{.name = "s0"},  {.name = "s1"},  {.name = "s2"},  {.name = "s3"},
		{.name = "s4"},  {.name = "s5"},  {.name = "s6"},  {.name = "s7"},
		{.name = "s8"},  {.name = "s9"},  {.name = "s10"}, {.name = "s11"},
		{.name = "s12"}, {.name = "s13"}, {.name = "s14"}, {.name = "s15"}};
	struct translation t = {.b = b};
	struct expression_error error = {0};
	double *program;
	uint32_t *signals;

	translate(&t, text);
	program = arena_array(b->arena, 2 * t.length + 2, sizeof(*program));
	signals = arena_array(b->arena, t.n + 1, sizeof(*signals));
	if (!program || !signals) {
		return -ENOMEM;
	}
	if (t.full || expression_compile(t.text, names, t.n, program, &error) == 0) {
		complaint_error(b->said, at, "'%.200s' is no condition on signals%s%s",
		                text, error.expected ? ": expected " : "",
		                error.expected ? error.expected : "");
		return -EINVAL;
	}
	memcpy(signals, t.signals, t.n * sizeof(*signals));
	*out = (struct condition){.program = program, .signals = signals, .n = t.n};
	return 0;
}

int plant_condition(struct plant_setup *s, const char *text, struct condition *out)
{
	struct plant_build b = {.arena = plant_config_arena(s),
	                        .said = complaint_new(),
	                        .n_signals = s->plant.n_signals};
	int err = -ENOMEM;

	if (b.said && complaint_source(b.said, "condition", text, strlen(text)) >= 0) {
		/* Only looked at. */
		b.signals = (struct signal_config *)(uintptr_t)s->plant.signals;
		err = plant_condition_build(&b, (struct place){0}, text, out);
	}
	complaint_free(b.said);
	return err;
}
