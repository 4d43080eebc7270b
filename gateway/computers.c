/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/computers.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/fmu/supervisor.h"
#include "gateway/fmu/trials.h"
#include "gateway/log.h"
#include "gateway/lua/luadesk.h"

struct computers {
	struct computers_parts parts;
	struct supervisor *fmus; /* NULL: there are none */
	struct trials *trials;   /* likewise */
	struct luadesk *scripts; /* likewise */
	char fmu_folder[PATH_MAX];
};

/* A kind of them, and its events. */
struct kind {
	const char *name, *down, *up;
};

/* An event, of what goes well or does not. */
static void tell(struct computers *c, size_t component, const char *kind, bool well,
                 const char *what)
{
	const struct component_config *k = &c->parts.config->twin.components[component];
	char message[700];

	snprintf(message, sizeof(message), "%s: its %s", k->id, what);
	log_line(well ? LOG_NOTICE : LOG_WARNING, "%s", message);
	bus_event(c->parts.bus, &(struct event){.device = k->device_index,
	                                        .tag = EVENT_NOBODY,
	                                        .kind = kind,
	                                        .severity = well ? "info" : "warning",
	                                        .message = message});
}

/* One failed, or runs again (why NULL). */
static void say(struct computers *c, size_t component, const struct kind *kind,
                const char *why)
{
	char what[512];

	snprintf(what, sizeof(what), "%s %s%s", kind->name,
	         why ? "failed: " : "runs again", why ? why : "");
	tell(c, component, why ? kind->down : kind->up, !why, what);
}

/* ---- FMUs ---- */

static void on_fmu_asks(void *arg, size_t component, double *u)
{
	struct computers *c = arg;

	twin_asked(c->parts.twin, component, u);
}

static void on_fmu_tells(void *arg, size_t component, const double *y)
{
	struct computers *c = arg;

	twin_tell(c->parts.twin, component, y);
	bus_deliver(c->parts.bus, clock_now_ns(), NULL, 0);
}

static void on_fmu_event(void *arg, size_t component, const char *why)
{
	static const struct kind fmu = {"FMU", "fmu_down", "fmu_up"};

	say(arg, component, &fmu, why);
}

static void on_fmu_verdict(void *arg, size_t component, const char *why)
{
	char what[640];

	snprintf(what, sizeof(what), "FMU %s its self-test%s%s", why ? "fails" : "passed",
	         why ? ": " : "", why ? why : "");
	tell(arg, component, "fmu_selftest", !why, what);
}

static int open_fmus(struct computers *c)
{
	const struct config *config = c->parts.config;
	const struct supervisor_parts parts = {.config = config,
	                                       .loop = c->parts.loop,
	                                       .now_ns = clock_now_ns,
	                                       .folder = c->fmu_folder,
	                                       .calls = {.ask = on_fmu_asks,
	                                                 .tell = on_fmu_tells,
	                                                 .event = on_fmu_event,
	                                                 .arg = c}};
	const struct trials_parts trials = {.config = config,
	                                    .loop = c->parts.loop,
	                                    .folder = c->fmu_folder,
	                                    .verdict = on_fmu_verdict,
	                                    .arg = c};
	int err;

	if (config->n_fmus == 0) {
		return 0;
	}
	snprintf(c->fmu_folder, sizeof(c->fmu_folder), "%s/fmu", config->state_dir);
	err = supervisor_open(&c->fmus, &parts);
	return err ? err : trials_open(&c->trials, &trials);
}

/* ---- scripts ---- */

static bool on_script_asks(void *arg, size_t component, struct local_question *q)
{
	struct computers *c = arg;

	return twin_question(c->parts.twin, component, q);
}

static void on_script_answers(void *arg, size_t component, const struct local_question *q,
                              const struct local_answer *a)
{
	struct computers *c = arg;

	twin_answer(c->parts.twin, component, q, a);
}

static void on_script_event(void *arg, size_t component, const char *why)
{
	static const struct kind script = {"Lua script", "lua_down", "lua_up"};
	struct computers *c = arg;

	say(c, component, &script, why);
	bus_deliver(c->parts.bus, clock_now_ns(), NULL, 0);
}

static int open_scripts(struct computers *c)
{
	const struct luadesk_parts parts = {.config = c->parts.config,
	                                    .components = c->parts.components,
	                                    .loop = c->parts.loop,
	                                    .now_ns = clock_now_ns,
	                                    .calls = {.question = on_script_asks,
	                                              .answer = on_script_answers,
	                                              .event = on_script_event,
	                                              .arg = c}};

	return parts.config->n_luas > 0 ? luadesk_open(&c->scripts, &parts) : 0;
}

/* ---- up and down ---- */

int computers_open(struct computers **out, const struct computers_parts *parts)
{
	struct computers *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		return -ENOMEM;
	}
	c->parts = *parts;
	*out = c;
	err = open_fmus(c);
	return err ? err : open_scripts(c);
}

void computers_look(struct computers *c)
{
	if (c) {
		luadesk_look(c->scripts);
	}
}

void computers_close(struct computers *c)
{
	if (c) {
		trials_close(c->trials);
		supervisor_close(c->fmus);
		luadesk_close(c->scripts);
	}
}

void computers_free(struct computers *c)
{
	if (c) {
		trials_free(c->trials);
		supervisor_free(c->fmus);
		luadesk_free(c->scripts);
		free(c);
	}
}
