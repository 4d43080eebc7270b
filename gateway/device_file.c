/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/device_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/state_file.h"

#define NAME "devices.json"

enum { MEASURED_MAX_US = 60000000 }; /* no timeout is longer */

/* The configuration's devices with what is known of each. */
struct known {
	struct device_config *devices;
	struct device_hole *holes; /* of all of them */
};

struct device_file {
	const struct config *config;
	uv_loop_t *loop;
	struct known lent;  /* to the drivers, by an earlier run */
	struct known taken; /* from them; the pool's while it is written */
	struct known last;  /* from them, at the end */
	uint64_t mark;      /* of what was taken */
	char *written;      /* text of the file; NULL: not known */
	uv_work_t work;
	bool busy;
	int err;   /* of the last write */
	bool told; /* that it cannot be written */
};

static void known_fini(struct known *known)
{
	free(known->devices);
	free(known->holes);
	*known = (struct known){0};
}

/* All devices, nothing known of them, and room for n holes. */
static int known_init(struct known *known, const struct config *cfg, size_t n)
{
	known->devices = calloc(cfg->n_devices + 1, sizeof(*known->devices));
	known->holes = calloc(n + 1, sizeof(*known->holes));
	if (!known->devices || !known->holes) {
		known_fini(known);
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_devices; i++) {
		known->devices[i] = cfg->devices[i];
		known->devices[i].holes = known->holes;
	}
	return 0;
}

/* --- to text --- */

static void set_range(json_t *o, const char *key, const struct device_config *cfg,
                      const struct device_range *range)
{
	char text[POINT_TEXT_MAX];

	driver_find(cfg->driver)->print_range(range, text, sizeof(text));
	json_object_set_new(o, key, json_string(text));
}

static json_t *holes_json(const struct device_config *cfg)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cfg->n_holes; i++) {
		json_t *o = json_object();

		set_range(o, "range", cfg, &cfg->holes[i].range);
		set_range(o, "asked", cfg, &cfg->holes[i].asked);
		json_object_set_new(o, "code", json_integer(cfg->holes[i].code));
		json_array_append_new(list, o);
	}
	return list;
}

/* Address and unit say that it is still the device that was asked. */
static json_t *device_json(const struct device_config *cfg)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_string(cfg->id));
	json_object_set_new(o, "address", json_string(cfg->address));
	json_object_set_new(o, "unit", json_integer(cfg->unit));
	if (cfg->measured_us > 0) {
		json_object_set_new(o, "round_trip_us", json_integer(cfg->measured_us));
	}
	json_object_set_new(o, "holes", holes_json(cfg));
	return o;
}

static char *known_text(const struct known *known, size_t n_devices)
{
	json_t *root = json_object(), *list = json_array();
	char *text;

	for (size_t i = 0; i < n_devices; i++) {
		const struct device_config *cfg = &known->devices[i];

		if (cfg->n_holes > 0 || cfg->measured_us > 0) {
			json_array_append_new(list, device_json(cfg));
		}
	}
	json_object_set_new(root, "devices", list);
	text = json_dumps(root, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(root);
	return text;
}

/* --- from text --- */

static bool get_range(const json_t *o, const char *key, const struct driver *driver,
                      struct device_range *out)
{
	const char *text = json_string_value(json_object_get(o, key)), *why;

	return text && driver->parse_range(out, text, &why) == 0;
}

/* @return how many */
static size_t get_holes(struct device_hole *out, const json_t *list,
                        const struct driver *driver)
{
	const json_t *o;
	size_t i, n = 0;

	json_array_foreach(list, i, o)
	{
		out[n] = (struct device_hole){
			.code = (uint8_t)json_integer_value(json_object_get(o, "code"))};
		n += get_range(o, "range", driver, &out[n].range) &&
		     get_range(o, "asked", driver, &out[n].asked);
	}
	return n;
}

static uint32_t get_us(const json_t *o, const char *key)
{
	json_int_t us = json_integer_value(json_object_get(o, key));

	return us > 0 && us <= MEASURED_MAX_US ? (uint32_t)us : 0;
}

static bool is_same(const json_t *o, const struct device_config *cfg)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	const char *address = json_string_value(json_object_get(o, "address"));

	return id && address && strcmp(id, cfg->id) == 0 &&
	       strcmp(address, cfg->address) == 0 &&
	       json_integer_value(json_object_get(o, "unit")) == cfg->unit;
}

/* In the file they stand in order of configuration: look from the last one on. */
static struct device_config *find_device(const struct device_file *f, const json_t *o,
                                         size_t *from)
{
	for (size_t i = 0; i < f->config->n_devices; i++) {
		size_t at = (*from + i) % f->config->n_devices;

		if (is_same(o, &f->lent.devices[at])) {
			*from = at;
			return &f->lent.devices[at];
		}
	}
	return NULL;
}

static int take_devices(struct device_file *f, const json_t *list)
{
	struct device_hole *room;
	size_t n = 0, from = 0, i;
	const json_t *o;
	int err;

	json_array_foreach(list, i, o)
	{
		n += json_array_size(json_object_get(o, "holes"));
	}
	err = known_init(&f->lent, f->config, n);
	room = f->lent.holes;
	json_array_foreach(list, i, o)
	{
		struct device_config *cfg = err ? NULL : find_device(f, o, &from);
		const struct driver *driver = cfg ? driver_find(cfg->driver) : NULL;

		if (driver && driver->parse_range) {
			cfg->holes = room;
			cfg->n_holes = get_holes(room, json_object_get(o, "holes"),
			                         driver);
			room += cfg->n_holes;
			cfg->measured_us = get_us(o, "round_trip_us");
		}
	}
	return err;
}

static int take_file(struct device_file *f)
{
	const char *dir = f->config->state_dir;
	json_t *root = NULL;
	uint8_t *bytes = NULL;
	size_t n = 0;
	int err = state_file_read(dir, NAME, &bytes, &n);

	if (!err) {
		root = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, NULL);
		err = root ? 0 : -EBADMSG;
	}
	if (err && err != -ENOENT) {
		log_line(LOG_WARNING, "%s/" NAME ": %s: all is learned anew", dir,
		         err == -EBADMSG ? "damaged" : strerror(-err));
	}
	err = take_devices(f, json_object_get(root, "devices"));
	json_decref(root);
	f->written = (char *)bytes;
	return err;
}

/* --- from the drivers --- */

/* A guess is no knowledge. */
static size_t copy_holes(struct device_hole *out, const struct device_holes *holes)
{
	size_t n = 0;

	for (size_t i = 0; i < holes->n; i++) {
		if (!holes->items[i].guess) {
			out[n++] = holes->items[i];
		}
	}
	return n;
}

/* What a device has learned, or one that knows nothing. */
static const struct device *find_learned(struct poller *poller, size_t i)
{
	static const struct device none = {0};
	const struct device *device = poller_device(poller, (uint32_t)i);

	return device && device->driver->print_range ? device : &none;
}

/* @return whether there is something new; where there is no memory: the next time */
static bool take(struct known *out, struct device_file *f, struct poller *poller)
{
	struct device_hole *room;
	uint64_t mark = 0;
	size_t n = 0;

	for (size_t i = 0; i < f->config->n_devices; i++) {
		const struct device *device = find_learned(poller, i);

		mark = 31 * (31 * mark + device->holes.version) + device->measured_us;
		n += device->holes.n;
	}
	if (mark == f->mark) {
		return false;
	}
	known_fini(out);
	if (known_init(out, f->config, n)) {
		return false;
	}
	room = out->holes;
	for (size_t i = 0; i < f->config->n_devices; i++) {
		const struct device *device = find_learned(poller, i);
		struct device_config *cfg = &out->devices[i];

		cfg->measured_us = device->measured_us;
		cfg->holes = room;
		cfg->n_holes = copy_holes(room, &device->holes);
		room += cfg->n_holes;
	}
	f->mark = mark;
	return true;
}

/* --- life --- */

int device_file_new(struct device_file **out, const struct config *cfg, uv_loop_t *loop)
{
	struct device_file *f = calloc(1, sizeof(*f));
	int err;

	if (!f) {
		return -ENOMEM;
	}
	f->config = cfg;
	f->loop = loop;
	err = take_file(f);
	if (err) {
		device_file_free(f);
		return err;
	}
	*out = f;
	return 0;
}

const struct device_config *device_file_devices(const struct device_file *f)
{
	return f->lent.devices;
}

static void write_taken(struct device_file *f)
{
	char *text = known_text(&f->taken, f->config->n_devices);

	if (text && f->written && strcmp(text, f->written) == 0) {
		free(text);
		return;
	}
	f->err = text ? state_file_replace(f->config->state_dir, NAME, text, strlen(text))
	              : -ENOMEM;
	free(f->written);
	f->written = text;
	if (f->err) {
		free(f->written);
		f->written = NULL;
	}
}

static void tell(struct device_file *f)
{
	if (f->err && !f->told) {
		log_line(LOG_WARNING, "%s/" NAME " cannot be written: %s",
		         f->config->state_dir, strerror(-f->err));
	}
	f->told = f->err != 0;
}

static void on_work(uv_work_t *work)
{
	write_taken(work->data);
}

static void on_written(uv_work_t *work, int status)
{
	struct device_file *f = work->data;

	(void)status;
	f->busy = false;
	tell(f);
}

void device_file_tick(struct device_file *f, struct poller *poller)
{
	if (!f->busy && take(&f->taken, f, poller)) {
		f->work.data = f;
		f->busy = uv_queue_work(f->loop, &f->work, on_work, on_written) == 0;
	}
}

void device_file_end(struct device_file *f, struct poller *poller)
{
	(void)take(&f->last, f, poller);
}

void device_file_save(struct device_file *f)
{
	if (!f || (!f->last.devices && !f->err)) {
		return;
	}
	if (f->last.devices) {
		known_fini(&f->taken);
		f->taken = f->last;
		f->last = (struct known){0};
	}
	write_taken(f);
	tell(f);
}

void device_file_free(struct device_file *f)
{
	if (f) {
		known_fini(&f->lent);
		known_fini(&f->taken);
		known_fini(&f->last);
		free(f->written);
		free(f);
	}
}
