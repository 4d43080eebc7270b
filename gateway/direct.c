/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/direct.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"

/* Often enough for the young readings that an interlock wants. */
static const uint32_t period_ms = 200;

/* A tag that was asked for; its place is the tag's index in the devices' eyes. */
struct wanted {
	uint32_t tag; /* in the configuration */
	uint32_t device;
	bool told; /* how its device is */
	uint64_t received_ns;
	struct direct_reading last;
	char text[VALUE_TEXT_MAX + 1];
};

struct direct {
	const struct config *config;
	uv_loop_t loop;
	struct device_config *devices;
	size_t n_devices;
	struct point *points; /* one per wanted */
	struct wanted *wanted;
	size_t n_wanted;
	struct poller *poller;
	struct commands *commands;
	bool written;
	const struct command_order *order;
};

static int compare_tags(const void *left, const void *right)
{
	uint32_t l = *(const uint32_t *)left, r = *(const uint32_t *)right;

	return l < r ? -1 : l > r;
}

/* --- what the poller and the door say --- */

static void on_readings(void *arg, uint32_t device, uint64_t received_ns,
                        const struct reading *r, size_t n)
{
	struct direct *d = arg;

	for (size_t i = 0; i < n; i++) {
		struct wanted *w = &d->wanted[r[i].tag];
		struct reading named = r[i];

		named.tag = w->tag;
		if (named.value.kind == VALUE_TEXT) {
			snprintf(w->text, sizeof(w->text), "%s", named.value.text);
			named.value.text = w->text;
		}
		w->last.reading = named;
		w->last.wall_us = clock_wall_us();
		w->received_ns = received_ns;
		if (d->commands) {
			command_readings(d->commands, received_ns, &named, 1);
		}
	}
}

static void on_device(void *arg, uint32_t device, const struct device_health *health)
{
	struct direct *d = arg;

	for (size_t i = 0; i < d->n_wanted; i++) {
		if (d->wanted[i].device == device) {
			d->wanted[i].last.device = health->state;
			d->wanted[i].told = true;
		}
	}
}

static struct device *find_device(void *arg, uint32_t index)
{
	struct direct *d = arg;

	for (size_t i = 0; i < d->n_devices; i++) {
		if (d->devices[i].id == d->config->devices[index].id) {
			return poller_device(d->poller, (uint32_t)i);
		}
	}
	return NULL;
}

/* --- up and down --- */

/* The devices of the wanted tags, each with its wanted points alone in one group. */
static void choose(struct direct *d)
{
	for (size_t i = 0; i < d->n_wanted; i++) {
		struct wanted *w = &d->wanted[i];
		uint32_t index = d->config->tags[w->tag].device_index;
		const struct device_config *whole = &d->config->devices[index];
		struct device_config *part = d->n_devices ? &d->devices[d->n_devices - 1]
		                                          : NULL;

		if (!part || part->id != whole->id) {
			part = &d->devices[d->n_devices];
			*part = *whole;
			part->index = (uint32_t)d->n_devices++;
			part->points = &d->points[i];
			part->n_points = 0;
			part->periods_ms = &period_ms;
			part->n_periods = 1;
		}
		w->device = part->index;
		w->last.device = DEVICE_DOWN;
		d->points[i] = whole->points[w->tag - whole->points[0].tag];
		d->points[i].tag = (uint32_t)i;
		d->points[i].group = 0;
		part->n_points++;
	}
}

static int take_tags(struct direct *d, const uint32_t *tags, size_t n)
{
	uint32_t *sorted = malloc((n + 1) * sizeof(*sorted));

	d->wanted = calloc(n + 1, sizeof(*d->wanted));
	d->points = calloc(n + 1, sizeof(*d->points));
	d->devices = calloc(n + 1, sizeof(*d->devices));
	if (!sorted || !d->wanted || !d->points || !d->devices) {
		free(sorted);
		return -ENOMEM;
	}
	memcpy(sorted, tags, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_tags);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || sorted[i] != sorted[i - 1]) {
			d->wanted[d->n_wanted++].tag = sorted[i];
		}
	}
	free(sorted);
	choose(d);
	return 0;
}

int direct_open(struct direct **out, const struct config *cfg, const uint32_t *tags,
                size_t n)
{
	struct direct *d = calloc(1, sizeof(*d));
	struct poller_sink sink = {
		.readings = on_readings, .device = on_device, .arg = d};
	int err;

	if (!d) {
		return -ENOMEM;
	}
	d->config = cfg;
	uv_loop_init(&d->loop);
	err = take_tags(d, tags, n);
	if (!err) {
		const struct poller_config poll = {.devices = d->devices,
		                                   .n_devices = d->n_devices,
		                                   .loop = &d->loop,
		                                   .now_ns = clock_now_ns};

		err = poller_open(&d->poller, &poll, &sink);
	}
	if (err) {
		direct_close(d);
		return err;
	}
	*out = d;
	return 0;
}

static bool is_complete(const struct direct *d)
{
	for (size_t i = 0; i < d->n_wanted; i++) {
		if (!d->wanted[i].told || d->wanted[i].last.wall_us == 0) {
			return false;
		}
	}
	return true;
}

void direct_read(struct direct *d)
{
	while (!is_complete(d)) {
		uv_run(&d->loop, UV_RUN_ONCE);
	}
}

struct direct_reading direct_reading(const struct direct *d, uint32_t tag)
{
	for (size_t i = 0; i < d->n_wanted; i++) {
		if (d->wanted[i].tag == tag) {
			return d->wanted[i].last;
		}
	}
	return (struct direct_reading){.device = DEVICE_DOWN};
}

static void on_outcome(void *arg, const struct command_result *result)
{
	struct direct *d = arg;

	d->written = true;
	d->order->done(d->order->arg, result);
}

void direct_write(struct direct *d, const struct command_order *order)
{
	const struct command_parts parts = {.config = d->config,
	                                    .loop = &d->loop,
	                                    .now_ns = clock_now_ns,
	                                    .device = find_device,
	                                    .arg = d};
	struct command_order ours = *order;

	d->order = order;
	ours.done = on_outcome;
	ours.arg = d;
	if (command_open(&d->commands, &parts)) {
		order->done(order->arg, &(struct command_result){.status = COMMAND_FAILED,
		                                                 .error = "no memory"});
		return;
	}
	for (size_t i = 0; i < d->n_wanted; i++) {
		command_readings(d->commands, d->wanted[i].received_ns,
		                 &d->wanted[i].last.reading, 1);
	}
	command_submit(d->commands, &ours);
	while (!d->written) {
		uv_run(&d->loop, UV_RUN_ONCE);
	}
}

void direct_close(struct direct *d)
{
	if (!d) {
		return;
	}
	command_close(d->commands);
	poller_close(d->poller);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	command_free(d->commands);
	poller_free(d->poller);
	uv_loop_close(&d->loop);
	free(d->devices);
	free(d->points);
	free(d->wanted);
	free(d);
}
