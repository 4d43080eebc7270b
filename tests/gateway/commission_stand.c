/* SPDX-License-Identifier: Apache-2.0 */
#include "commission_stand.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/reading.h"

static const char *const names[] = {"pump", "drain", "tank.level", "mode", "sensor"};

static int set(void *self, uint32_t handle, double value)
{
	struct commission_stand *s = self;

	*(handle ? &s->drain : &s->pump) = value;
	return 0;
}

static int inject(void *self, uint32_t fault, bool begins, int64_t for_ns)
{
	struct commission_stand *s = self;

	(void)for_ns;
	if (s->faults[fault].of_tank) {
		s->leak = begins ? s->faults[fault].value : 0;
	} else {
		s->blind = begins;
	}
	return 0;
}

static int step(void *self)
{
	struct commission_stand *s = self;

	s->now_ns += 100000000;
	s->level += 0.01 * s->pump - 0.01 * s->drain - 0.1 * s->leak;
	return s->level >= 9 ? -EFAULT : 0;
}

static double read_one(void *self, uint32_t handle)
{
	struct commission_stand *s = self;
	const double values[] = {s->pump, s->drain, s->level, s->pump > 0,
	                         s->blind ? (double)NAN : s->level};

	return values[handle];
}

static int64_t now_ns(void *self)
{
	return ((struct commission_stand *)self)->now_ns;
}

static int find(void *self, const char *name, size_t n, uint32_t *handle)
{
	(void)self;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == n && strncmp(names[i], name, n) == 0) {
			*handle = (uint32_t)i;
			return 0;
		}
	}
	return -ENOENT;
}

static int literal(void *self, uint32_t handle, const char *text, size_t n, double *out)
{
	(void)self;
	*out = n == 7;
	return handle == 3 && (strncmp(text, "Filling", n) == 0 ||
	                       strncmp(text, "Idle", n) == 0)
	               ? 0
	               : -ENOENT;
}

static const char *name_at(void *self, size_t i)
{
	(void)self;
	return i < ARRAY_SIZE(names) ? names[i] : NULL;
}

static const char *mode_name(void *arg, double value)
{
	(void)arg;
	return value == 0 ? "Idle" : "Filling";
}

static void describe(void *self, uint32_t handle, struct stand_quantity *out)
{
	(void)self;
	*out = (struct stand_quantity){
		.name = names[handle],
		.unit = handle == 2 ? "m" : "",
		.writable = handle < 2,
		.states = handle == 3,
		.state = handle == 3 ? mode_name : NULL,
	};
}

static int fault(void *self, const char *target, const char *what, double value,
                 uint32_t *out)
{
	struct commission_stand *s = self;
	bool of_tank = strcmp(target, "tank") == 0;

	if (!of_tank && strcmp(target, "sensor") != 0) {
		return -ENOENT;
	}
	if (strcmp(what, of_tank ? "leak" : "dropout") != 0) {
		return -EINVAL;
	}
	if (!isnan(value)) {
		s->faults[s->n_faults].of_tank = of_tank;
		s->faults[s->n_faults].value = value;
		*out = (uint32_t)s->n_faults++;
	}
	return 0;
}

static int restart(void *self)
{
	struct commission_stand *s = self;
	size_t restarts = s->restarts + 1;

	commission_stand_init(s);
	s->restarts = restarts;
	return 0;
}

static const char *why(void *self)
{
	return ((struct commission_stand *)self)->level >= 9 ? "the tank burst" : "";
}

void commission_stand_init(struct commission_stand *s)
{
	*s = (struct commission_stand){
		.stand = {.bench = {s, set, inject, step, read_one, now_ns},
	                  .find = find,
	                  .literal = literal,
	                  .name = name_at,
	                  .describe = describe,
	                  .fault = fault,
	                  .restart = restart,
	                  .why = why},
	};
}

struct script *commission_script(const struct commission_stand *s, const char *text,
                                 char **complaints)
{
	char path[] = "commission-XXXXXX";
	int fd = mkstemp(path);
	struct script *script = NULL;
	size_t n;
	FILE *out = open_memstream(complaints, &n);
	bool wrote = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (wrote && out && script_read(&script, path, out) == 0 &&
	    script_bind(script, &s->stand, out)) {
		script_free(script);
		script = NULL;
	}
	close(fd);
	unlink(path);
	if (out) {
		fclose(out);
	}
	return script;
}
