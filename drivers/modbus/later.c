/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/later.h"

#include <errno.h>
#include <stdlib.h>

enum { PAUSE_MIN_NS = 10000000 };

struct later_timer {
	uv_timer_t timer; /* first */
	void (*again)(void *arg);
	void *arg;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_timer(uv_timer_t *timer)
{
	struct later_timer *t = (struct later_timer *)timer;

	t->again(t->arg);
}

int later_init(struct later *later, uv_loop_t *loop, void (*again)(void *arg), void *arg)
{
	*later = (struct later){.timer = calloc(1, sizeof(*later->timer))};
	if (!later->timer) {
		return -ENOMEM;
	}
	uv_timer_init(loop, &later->timer->timer);
	later->timer->again = again;
	later->timer->arg = arg;
	return 0;
}

void later_fini(struct later *later)
{
	if (later->timer) {
		uv_close((uv_handle_t *)&later->timer->timer, on_closed);
	}
	free(later->blocks);
	*later = (struct later){0};
}

void later_begin(struct later *later, uint64_t now_ns, uint64_t end_ns)
{
	uv_timer_stop(&later->timer->timer);
	later->n = 0;
	later->begin_ns = now_ns;
	later->end_ns = end_ns;
}

/* Most devices are never busy. */
static bool make_room(struct later *later)
{
	size_t max = later->max ? 2 * later->max : 4;
	struct plan_block *blocks = later->blocks;

	if (later->n < later->max) {
		return true;
	}
	blocks = realloc(blocks, max * sizeof(*blocks));
	if (blocks) {
		later->blocks = blocks;
		later->max = max;
	}
	return blocks != NULL;
}

bool later_put(struct later *later, const struct plan_block *block, uint64_t now_ns)
{
	uint64_t pause_ns = (now_ns - later->begin_ns) / 2;
	uint64_t again_ns = now_ns + (pause_ns > PAUSE_MIN_NS ? pause_ns : PAUSE_MIN_NS);

	if (again_ns > later->end_ns || !make_room(later)) {
		return false;
	}
	later->blocks[later->n++] = *block;
	later->again_ns = again_ns;
	return true;
}

bool later_take(struct later *later, struct plan_block *block, uint64_t now_ns)
{
	if (later->n == 0) {
		return false;
	}
	if (now_ns < later->again_ns) {
		uv_timer_start(&later->timer->timer, on_timer,
		               (later->again_ns - now_ns) / 1000000 + 1, 0);
		return false;
	}
	*block = later->blocks[--later->n];
	return true;
}
