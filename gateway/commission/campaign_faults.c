/* SPDX-License-Identifier: Apache-2.0 */
/* Faults injected against what the twin raised. */
#include <errno.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/commission/campaign_impl.h"

/* An alarm so long after a fault's end may still be its. */
#define AFTER_NS INT64_C(30000000000)

/* The kinds of alarm that tell of a fault rightly. */
static bool is_right_kind(const char *fault, const char *kind)
{
	static const struct {
		const char *fault, *kinds;
	} table[] = {
		{"stuck", "stuck"},       {"dropout", "bad stale"},
		{"silence", "bad stale"}, {"exception", "bad stale"},
		{"close", "bad stale"},   {"late", "bad stale"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strcmp(table[i].fault, fault) == 0) {
			return strstr(table[i].kinds, kind);
		}
	}
	return strcmp(kind, "drift") == 0 || strcmp(kind, "mismatch") == 0;
}

static bool is_in_time(const struct campaign_fault *f, const struct stand_alarm *a)
{
	return a->from_ns >= f->begin_ns && a->from_ns <= f->until_ns + AFTER_NS;
}

static void match(const struct campaign_run *run, struct campaign_fault *f)
{
	for (size_t i = 0; i < run->n_alarms; i++) {
		const struct stand_alarm *a = &run->alarms[i];
		bool right = f->tag && strcmp(f->tag, a->tag) == 0;

		if (is_in_time(f, a) && (!f->alarm || (right && !f->right_tag))) {
			f->alarm = a;
			f->right_tag = right || !f->tag;
			f->right_kind = is_right_kind(f->step->fault, a->kind);
		}
	}
}

bool campaign_is_false_alarm(const struct campaign_run *run, const struct stand_alarm *a)
{
	for (size_t i = 0; i < run->n_faults; i++) {
		if (is_in_time(&run->faults[i], a)) {
			return false;
		}
	}
	return true;
}

/* The end of what an event began. */
static int64_t end_of(const struct campaign_run *run, const struct run_event *events,
                      size_t n, size_t i)
{
	const struct script_step *steps = run->scenario->steps;
	const struct script_step *own = &steps[events[i].step];

	for (size_t k = i + 1; k < n; k++) {
		const struct script_step *other = &steps[events[k].step];

		if ((events[k].ends && events[k].step == events[i].step) ||
		    (other->step.kind == STEP_CLEAR &&
		     strcmp(other->target, own->target) == 0 &&
		     strcmp(other->fault, own->fault) == 0)) {
			return events[k].t_ns;
		}
	}
	return run->end_ns;
}

static int copy_alarms(struct campaign_run *run, const struct stand *stand,
                       struct arena *arena)
{
	size_t n = 0;
	const struct stand_alarm *from = stand->alarms
	                                         ? stand->alarms(stand->bench.self, &n)
	                                         : NULL;
	struct stand_alarm *to = arena_array(arena, n, sizeof(*to));

	run->alarms = to;
	for (size_t i = 0; to && i < n; i++) {
		to[i] = from[i];
		to[i].message = arena_text(arena, from[i].message,
		                           strlen(from[i].message));
		if (!to[i].message) {
			return -ENOMEM;
		}
	}
	run->n_alarms = to ? n : 0;
	return to ? 0 : -ENOMEM;
}

int campaign_find_faults(struct campaign_run *run, const struct stand *stand,
                         const struct trial *trial, const struct step *steps,
                         struct arena *arena)
{
	size_t n;
	const struct run_event *events = trial_events(trial, &n);
	struct campaign_fault *faults = arena_array(arena, n, sizeof(*faults));
	int err = copy_alarms(run, stand, arena);

	if (err || !faults) {
		return -ENOMEM;
	}
	run->faults = faults;
	for (size_t i = 0; i < n; i++) {
		const struct script_step *step = &run->scenario->steps[events[i].step];
		struct campaign_fault *f = &faults[run->n_faults];

		if (step->step.kind != STEP_INJECT || events[i].ends) {
			continue;
		}
		*f = (struct campaign_fault){.step = step, .tag = step->raises};
		f->begin_ns = events[i].t_ns;
		f->until_ns = end_of(run, events, n, i);
		if (!f->tag && stand->falsifies) {
			f->tag = stand->falsifies(stand->bench.self,
			                          steps[events[i].step].target);
		}
		match(run, f);
		run->n_faults++;
	}
	return 0;
}
