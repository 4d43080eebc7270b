/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/plc_desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FORCED_MAX = 256 };

struct forced {
	char *name; /* as it was asked for */
	struct program_variable variable;
};

struct plc_desk {
	struct program *program;
	struct plc_host host;
	struct forced forced[FORCED_MAX];
	size_t n_forced;
	char value[PROGRAM_TEXT_MAX];
};

int plc_desk_new(struct plc_desk **out, const struct plc_host *host)
{
	struct plc_desk *d = calloc(1, sizeof(*d));

	if (!d) {
		return -ENOMEM;
	}
	d->program = host->program;
	d->host = *host;
	*out = d;
	return 0;
}

void plc_desk_free(struct plc_desk *d)
{
	for (size_t i = 0; d && i < d->n_forced; i++) {
		free(d->forced[i].name);
	}
	free(d);
}

static json_t *wrong(const char *name, int err)
{
	const char *why = err == -ENOENT     ? "there is no such variable"
	                  : err == -EEXIST   ? "several variables are called so"
	                  : err == -ERANGE   ? "out of its range"
	                  : err == -ENOSPC   ? "too many variables are forced"
	                  : err == -EALREADY ? "it is not forced"
	                                     : "no value of its type";

	return json_pack("{s:s+++}", "error", name, ": ", why, "");
}

static json_t *variable_json(struct plc_desk *d, const char *name)
{
	struct program_variable v;
	int err = program_find(d->program, name, &v);

	if (err) {
		return wrong(name, err);
	}
	program_read(d->program, &v, d->value, sizeof(d->value));
	return json_pack("{s:s, s:s?, s:b}", "name", name, "value", d->value, "forced",
	                 program_is_forced(d->program, &v));
}

static json_t *watch(struct plc_desk *d, char *names)
{
	json_t *list = json_array();

	for (char *name; (name = strsep(&names, "\t"));) {
		if (*name) {
			json_array_append_new(list, variable_json(d, name));
		}
	}
	return json_pack("{s:f, s:I, s:o}", "time_ms",
	                 (double)d->host.time_ns(d->host.arg) / 1e6, "scan",
	                 (json_int_t)program_scans(d->program), "variables", list);
}

static void remember(struct plc_desk *d, const char *name,
                     const struct program_variable *v)
{
	for (size_t i = 0; i < d->n_forced; i++) {
		if (strcmp(d->forced[i].name, name) == 0) {
			return;
		}
	}
	if (d->n_forced < FORCED_MAX) {
		d->forced[d->n_forced].name = strdup(name);
		d->forced[d->n_forced].variable = *v;
		d->n_forced += d->forced[d->n_forced].name ? 1 : 0;
	}
}

/* Those that are not forced any more. */
static void forget(struct plc_desk *d)
{
	for (size_t i = d->n_forced; i-- > 0;) {
		if (!program_is_forced(d->program, &d->forced[i].variable)) {
			free(d->forced[i].name);
			d->forced[i] = d->forced[--d->n_forced];
		}
	}
}

static json_t *force(struct plc_desk *d, char *rest)
{
	const char *name = strsep(&rest, "\t");
	struct program_variable v;
	int err = program_find(d->program, name, &v);

	if (!err) {
		err = program_force(d->program, &v, rest ? rest : "");
	}
	if (err) {
		return wrong(name, err);
	}
	remember(d, name, &v);
	fprintf(stderr, "forced: %s = %s\n", name, rest);
	if (d->host.forced) {
		d->host.forced(d->host.arg, name, rest);
	}
	return variable_json(d, name);
}

static json_t *unforce(struct plc_desk *d, const char *name)
{
	struct program_variable v;
	int err = program_find(d->program, name, &v);

	if (!err && program_unforce(d->program, &v) != 0) {
		err = -EALREADY;
	}
	if (err) {
		return wrong(name, err);
	}
	forget(d);
	fprintf(stderr, "no longer forced: %s\n", name);
	if (d->host.forced) {
		d->host.forced(d->host.arg, name, NULL);
	}
	return variable_json(d, name);
}

static json_t *status(struct plc_desk *d)
{
	struct cycle_stats s = d->host.stats(d->host.arg);
	json_t *forced = json_array(), *o;

	forget(d);
	for (size_t i = 0; i < d->n_forced; i++) {
		json_array_append_new(forced, json_string(d->forced[i].name));
	}
	o = json_pack("{s:I, s:I, s:f, s:o}", "scans", (json_int_t)s.scans, "overruns",
	              (json_int_t)s.overruns, "cycle_ms",
	              (double)program_cycle_ns(d->program) / 1e6, "forced", forced);
	if (s.period_mean > 0) {
		json_object_set_new(o, "period",
		                    json_pack("{s:f, s:f, s:f, s:f}", "min_ms",
		                              (double)s.period_min / 1e6, "mean_ms",
		                              (double)s.period_mean / 1e6, "max_ms",
		                              (double)s.period_max / 1e6, "jitter_ms",
		                              (double)s.jitter / 1e6));
		json_object_set_new(o, "work",
		                    json_pack("{s:f, s:f}", "mean_ms",
		                              (double)s.work_mean / 1e6, "max_ms",
		                              (double)s.work_max / 1e6));
	}
	return o;
}

/* Those that are forced stand elsewhere now. */
static void find_forced(struct plc_desk *d)
{
	for (size_t i = 0; i < d->n_forced; i++) {
		struct forced *f = &d->forced[i];

		if (program_find(d->program, f->name, &f->variable) != 0) {
			f->variable = (struct program_variable){0};
		}
	}
	forget(d);
}

json_t *plc_desk_change(struct plc_desk *d, char *paths)
{
	struct program_changed n;
	char *why = NULL;
	json_t *answer;
	int err;

	if (!d->host.online) {
		return json_pack(
			"{s:s}", "refused",
			"the program of this PLC cannot be changed while it runs");
	}
	err = online_apply(d->host.online, paths, &why, &n);
	if (err) {
		fprintf(stderr, "program not changed:\n%s", why ? why : strerror(-err));
		answer = json_pack("{s:s}", "refused", why ? why : strerror(-err));
		free(why);
		return answer;
	}
	find_forced(d);
	fprintf(stderr, "program changed: %zu variables kept, %zu new, %zu gone\n",
	        n.kept, n.begun, n.dropped);
	return json_pack("{s:I, s:I, s:I}", "kept", (json_int_t)n.kept, "begun",
	                 (json_int_t)n.begun, "dropped", (json_int_t)n.dropped);
}

char *plc_desk_answer(void *desk, const char *request)
{
	struct plc_desk *d = desk;
	char *line = strdup(request);
	char *rest = line;
	const char *word;
	json_t *answer;
	char *text;

	if (!line) {
		return NULL;
	}
	word = strsep(&rest, "\t");
	answer = strcmp(word, "plc") == 0               ? status(d)
	         : strcmp(word, "watch") == 0 && rest   ? watch(d, rest)
	         : strcmp(word, "force") == 0 && rest   ? force(d, rest)
	         : strcmp(word, "unforce") == 0 && rest ? unforce(d, rest)
	         : strcmp(word, "change") == 0          ? plc_desk_change(d, rest)
	                                                : NULL;
	text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	free(line);
	return text;
}
