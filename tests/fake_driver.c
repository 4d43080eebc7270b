/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake_driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct open_device {
	struct device base;
	const struct driver_env *env;
	struct read_sink sink;
	probe_done_cb probe_done;
	void *probe_arg;
};

static struct fake_device devices[FAKE_DEVICES];
static struct open_device *opened[FAKE_DEVICES];
static uint64_t now_ns;

void fake_reset(void)
{
	memset(devices, 0, sizeof(devices));
	memset(opened, 0, sizeof(opened));
	now_ns = 1000000000;
}

struct fake_device *fake_at(uint32_t device)
{
	return &devices[device];
}

uint64_t fake_now_ns(void)
{
	return now_ns;
}

void fake_pass_ms(uint64_t ms)
{
	now_ns += ms * 1000000;
}

static void bring(struct open_device *dev, uint32_t due, uint32_t bad_tag, double value)
{
	const struct device_config *cfg = dev->base.config;

	for (size_t i = 0; i < cfg->n_points; i++) {
		struct reading r = {.tag = cfg->points[i].tag,
		                    .value = value_real(value)};

		if (!(due & (1U << cfg->points[i].group))) {
			continue;
		}
		if (r.tag == bad_tag) {
			r = (struct reading){.tag = bad_tag,
			                     .quality = QUALITY_BAD,
			                     .reason = REASON_EXCEPTION,
			                     .code = 2};
		}
		dev->sink.block(dev->sink.arg, now_ns, &r, 1);
	}
}

static void finish(uint32_t device, int err)
{
	struct open_device *dev = opened[device];
	probe_done_cb probe_done = dev->probe_done;

	devices[device].waiting = false;
	dev->probe_done = NULL;
	if (probe_done) {
		probe_done(dev->probe_arg, err);
	} else {
		dev->sink.done(dev->sink.arg, err);
	}
}

void fake_answer(uint32_t device, int err, double value)
{
	if (!err && !opened[device]->probe_done) {
		bring(opened[device], devices[device].due, UINT32_MAX, value);
	}
	finish(device, err);
}

void fake_answer_partly(uint32_t device, uint32_t bad_tag)
{
	bring(opened[device], devices[device].due, bad_tag, 1);
	finish(device, 0);
}

void fake_bring(uint32_t device, uint32_t tag, double value)
{
	const struct reading r = {.tag = tag, .value = value_real(value)};

	opened[device]->sink.block(opened[device]->sink.arg, now_ns, &r, 1);
}

static int fake_open(struct device **out, const struct driver_env *env,
                     const struct device_config *cfg, const char **why)
{
	struct open_device *dev;

	if (devices[cfg->index].open_err) {
		*why = "as the test wants";
		return devices[cfg->index].open_err;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev) {
		return -ENOMEM;
	}
	dev->base.driver = driver_find("fake");
	dev->base.config = cfg;
	dev->env = env;
	opened[cfg->index] = dev;
	*out = &dev->base;
	return 0;
}

static int fake_read(struct device *base, uint32_t due, const struct read_sink *sink)
{
	struct fake_device *f = &devices[base->config->index];
	struct open_device *dev = (struct open_device *)(void *)base;

	if (f->read_err) {
		return f->read_err;
	}
	f->reads++;
	f->due = due;
	f->waiting = true;
	dev->sink = *sink;
	return 0;
}

static int fake_probe(struct device *base, probe_done_cb done, void *arg)
{
	struct fake_device *f = &devices[base->config->index];
	struct open_device *dev = (struct open_device *)(void *)base;

	f->probes++;
	f->waiting = true;
	dev->probe_done = done;
	dev->probe_arg = arg;
	return 0;
}

static void fake_close(struct device *base)
{
	struct fake_device *f = &devices[base->config->index];

	if (f->waiting) {
		finish(base->config->index, -ECANCELED);
	}
	f->closed = true;
	opened[base->config->index] = NULL;
	free(base);
}

static const struct driver driver_fake = {
	.name = "fake",
	.open = fake_open,
	.read = fake_read,
	.probe = fake_probe,
	.close = fake_close,
};

/* In place of drivers/registry.c. */
const struct driver *driver_at(size_t i)
{
	return i == 0 ? &driver_fake : NULL;
}

const struct driver *driver_find(const char *name)
{
	return strcmp(name, "fake") == 0 ? &driver_fake : NULL;
}
