/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/reduce.h"

enum { FAULT_REPEAT_US = 60000000 };

static bool same_fault(const struct sample *a, const struct sample *b)
{
	return a->est.quality == b->est.quality && a->reason == b->reason &&
	       a->code == b->code && a->est.source == b->est.source;
}

/* Equal for equal texts or flags; FNV-1a (Fowler, Noll, Vo 1991), 64 bits. */
static uint64_t key_of(const struct value *v)
{
	uint64_t key = 0xcbf29ce484222325U;

	if (v->kind == VALUE_BOOL) {
		return v->flag ? 2 : 1;
	}
	if (v->kind != VALUE_TEXT) {
		return 0;
	}
	for (const char *c = v->text; *c; c++) {
		key = (key ^ (unsigned char)*c) * 0x100000001b3U;
	}
	return key;
}

static bool is_number(const struct value *v)
{
	return v->kind == VALUE_REAL || v->kind == VALUE_INT || v->kind == VALUE_UINT;
}

static bool is_due(const struct sample *last, const struct sample *s, int64_t interval_us)
{
	return interval_us > 0 && s->ts_us - last->ts_us >= interval_us;
}

bool reduce_is_news(const struct sample *last, const struct sample *s,
                    int64_t max_interval_us)
{
	if (s->value.kind != VALUE_NONE || !same_fault(last, s)) {
		return true;
	}
	return is_due(last, s, max_interval_us > 0 ? max_interval_us : FAULT_REPEAT_US);
}

/* A change that no straight line can carry: fault, kind, text, flag, the twin's verdict.
 */
static bool is_break(const struct reduce *r, const struct sample *s)
{
	return !same_fault(&r->last, s) || r->last.value.kind != s->value.kind ||
	       r->last_key != key_of(&s->value) || r->last.est.state != s->est.state ||
	       r->last.est.drift != s->est.drift;
}

/* Does the line from the anchor to s pass within the deviation of what lies between?  If
 * so, narrow the door by s. */
static bool door_takes(struct reduce *r, double deviation, const struct sample *s)
{
	double dt = (double)(s->ts_us - r->last.ts_us);
	double rise = value_number(&s->value) - value_number(&r->last.value);
	double slope = rise / dt;

	if (slope < r->slope_min || slope > r->slope_max) {
		return false;
	}
	r->slope_min = fmax(r->slope_min, (rise - deviation) / dt);
	r->slope_max = fmin(r->slope_max, (rise + deviation) / dt);
	return true;
}

static size_t give(struct reduce *r, const struct sample *s, struct sample *out)
{
	*out = *s;
	r->last = *s;
	r->last_key = key_of(&s->value);
	r->has_held = false;
	r->slope_min = -INFINITY;
	r->slope_max = INFINITY;
	return 1;
}

static bool is_off(const struct reduce *r, double deviation, const struct sample *s)
{
	return fabs(value_number(&s->value) - value_number(&r->last.value)) > deviation;
}

static size_t step_number(struct reduce *r, double deviation, int64_t max_interval_us,
                          const struct sample *s, struct sample out[2])
{
	size_t n = 0;

	if (!door_takes(r, deviation, s)) {
		struct sample held =
			r->held; /* there is one: the door was narrowed by it */

		n = give(r, &held, out);
		door_takes(r, deviation, s);
	}
	if (is_off(r, deviation, s) || is_due(&r->last, s, max_interval_us)) {
		return n + give(r, s, out + n);
	}
	r->held = *s;
	r->has_held = true;
	return n;
}

size_t reduce_step(struct reduce *r, double deviation, int64_t max_interval_us,
                   const struct sample *s, struct sample out[2])
{
	size_t n = 0;

	if (!r->begun || is_break(r, s)) {
		if (r->has_held) {
			struct sample held = r->held;

			n = give(r, &held, out);
		}
		r->begun = true;
		return n + give(r, s, out + n);
	}
	if (is_number(&s->value)) {
		return step_number(r, deviation, max_interval_us, s, out);
	}
	if (!is_due(&r->last, s, max_interval_us) &&
	    (s->value.kind != VALUE_NONE || !is_due(&r->last, s, FAULT_REPEAT_US))) {
		return 0;
	}
	return give(r, s, out);
}
