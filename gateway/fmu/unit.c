/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/unit.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fmu/unit_impl.h"

/* How often a step that was discarded is tried again, each time at half the size. */
enum { SMALLER_MAX = 16 };

void unit_say(struct unit *u, int status, const char *message)
{
	if (message && *message && (status >= FMI_DISCARD || !u->text[0])) {
		snprintf(u->text, sizeof(u->text), "%s", message);
	}
}

const char *unit_text(const struct unit *u)
{
	return u->text;
}

/* Note what a status means for the calls that may follow. */
static enum wire_status judge(struct unit *u, int status)
{
	if (status == FMI_OK || status == FMI_WARNING) {
		return WIRE_DONE;
	}
	if (status != FMI_DISCARD) {
		u->in_error = true;
	}
	if (status != FMI_DISCARD && status != FMI_ERROR) {
		u->is_fatal = true;
	}
	return WIRE_FAILED;
}

static bool find_symbols(struct unit *u, char *text)
{
	const struct unit_version *version = u->version;

	for (size_t i = 0; i < version->n_symbols; i++) {
		const struct unit_symbol *s = &version->symbols[i];
		void *address = dlsym(u->library, s->name);

		if (!address && s->needed) {
			snprintf(text, WIRE_TEXT_MAX, "its library has no function %s",
			         s->name);
			return false;
		}
		/* dlsym() gives functions as objects; POSIX says that this is right. */
		memcpy((char *)u + s->offset, &address, sizeof(address));
	}
	return true;
}

enum wire_status unit_load(struct unit **out, const struct wire_load *load, char *text)
{
	struct unit *u = calloc(1, sizeof(*u));

	if (!u) {
		snprintf(text, WIRE_TEXT_MAX, "out of memory");
		return WIRE_REFUSED;
	}
	u->load = load;
	u->version = load->version == 2 ? &unit_version_2 : &unit_version_3;
	u->library = dlopen(load->library, RTLD_NOW | RTLD_LOCAL);
	if (!u->library) {
		/* It names the library that is missing, if one is. */
		snprintf(text, WIRE_TEXT_MAX, "%s", dlerror());
		goto fail;
	}
	if (!find_symbols(u, text)) {
		goto fail;
	}
	u->instance = u->version->instantiate(u);
	if (!u->instance) {
		snprintf(text, WIRE_TEXT_MAX, "it makes no instance of itself%s%.200s",
		         u->text[0] ? ": " : "", u->text);
		goto fail;
	}
	*out = u;
	return WIRE_DONE;

fail:
	unit_free(u);
	return WIRE_REFUSED;
}

/* How many values from v on are of one array.  In 2.0 one reference may be several
 * variables, each by itself. */
static size_t array_at(const struct unit *u, const struct wire_value *v, size_t n)
{
	size_t same = 1;

	while (u->version->has_arrays && same < n && v[same].reference == v->reference &&
	       v[same].type == v->type) {
		same++;
	}
	return same;
}

enum wire_status unit_set(struct unit *u, const struct wire_value *v, size_t n)
{
	enum wire_status status = u->in_error ? WIRE_FAILED : WIRE_DONE;
	size_t same;

	for (size_t i = 0; i < n && status == WIRE_DONE; i += same) {
		same = array_at(u, v + i, n - i);
		status = judge(u, u->version->set(u, v + i, same));
	}
	return status;
}

enum wire_status unit_get(struct unit *u, struct wire_value *v, size_t n)
{
	enum wire_status status = u->in_error ? WIRE_FAILED : WIRE_DONE;
	size_t same;

	for (size_t i = 0; i < n && status == WIRE_DONE; i += same) {
		same = array_at(u, v + i, n - i);
		status = judge(u, u->version->get(u, v + i, same));
	}
	return status;
}

enum wire_status unit_start(struct unit *u, double start, double stop, double tolerance)
{
	enum wire_status status;

	if (u->in_error || u->started) {
		return WIRE_REFUSED;
	}
	status = judge(u, u->version->start(u, start, stop, tolerance));
	u->started = status == WIRE_DONE;
	return status;
}

enum wire_status unit_step(struct unit *u, double t, double h)
{
	double end = t + h, size = h;
	unsigned tries = 0;

	if (u->in_error || !u->started) {
		return WIRE_REFUSED;
	}
	while (t < end) {
		bool is_last = t + size >= end;
		double last = t;
		int status = u->version->step(u, t, is_last ? end - t : size, &last);

		u->reached = status <= FMI_WARNING && !u->terminated ? t + size : last;
		if (u->terminated) {
			return WIRE_TERMINATED;
		}
		if (status == FMI_OK || status == FMI_WARNING) {
			t = is_last ? end : t + size;
		} else if (status == FMI_DISCARD && u->load->variable_step &&
		           tries++ < SMALLER_MAX) {
			t = last > t && last < end ? last : t;
			size /= 2;
		} else {
			return judge(u, status);
		}
	}
	return WIRE_DONE;
}

double unit_reached(const struct unit *u)
{
	return u->reached;
}

enum wire_status unit_save(struct unit *u)
{
	if (!u->load->can_state || u->in_error) {
		return WIRE_REFUSED;
	}
	return judge(u, u->version->get_state(u, &u->state));
}

enum wire_status unit_restore(struct unit *u)
{
	if (!u->state || u->in_error) {
		return WIRE_REFUSED;
	}
	return judge(u, u->version->set_state(u, u->state));
}

void unit_free(struct unit *u)
{
	if (!u) {
		return;
	}
	if (u->instance && !u->is_fatal) {
		if (u->state && !u->in_error) {
			u->version->free_state(u, &u->state);
		}
		if (u->started && !u->in_error) {
			u->version->terminate(u);
		}
		u->version->release(u);
	}
	if (u->library && !u->is_fatal) {
		dlclose(u->library);
	}
	free(u);
}
