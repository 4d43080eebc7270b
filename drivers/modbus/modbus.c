/* SPDX-License-Identifier: Apache-2.0 */
/* The Modbus driver: a device is a reader, a writer and a probe on a transport. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "drivers/driver.h"
#include "drivers/modbus/address.h"
#include "drivers/modbus/cost.h"
#include "drivers/modbus/reader.h"
#include "drivers/modbus/value.h"
#include "drivers/modbus/write_queue.h"

extern const struct driver driver_modbus;

struct modbus_device {
	struct device base; /* first */
	struct transport *transport;
	struct transport_user user;
	struct reader reader;
	struct write_queue writer;
	struct transaction probe;
	probe_done_cb probe_done; /* NULL: none under way */
	void *probe_arg;
};

/* ---- probe ---- */

static void on_probed(struct transaction *t, const struct answer *answer)
{
	struct modbus_device *dev = t->arg;
	probe_done_cb done = dev->probe_done;

	dev->probe_done = NULL;
	done(dev->probe_arg,
	     transport_is_answer(answer->reason) ? 0 : transport_errno(answer->reason));
}

static int modbus_probe(struct device *device, probe_done_cb done, void *arg)
{
	struct modbus_device *dev = (struct modbus_device *)device;

	if (dev->probe_done) {
		return -EBUSY;
	}
	dev->probe_done = done;
	dev->probe_arg = arg;
	dev->probe.request = reader_least(&dev->reader);
	transport_submit(dev->transport, &dev->probe);
	return 0;
}

/* ---- life ---- */

static int check_unit(const struct device_config *cfg, const struct address *address,
                      const char **why)
{
	if (address->serial && (cfg->unit < 1 || cfg->unit > 247)) {
		*why = "units on a serial line are 1 to 247";
		return -EINVAL;
	}
	return 0;
}

static int join(struct modbus_device *dev, const struct driver_env *env, const char **why)
{
	const struct device_config *cfg = dev->base.config;
	struct address address;
	int err = address_parse(&address, cfg->address, why);

	if (!err) {
		err = check_unit(cfg, &address, why);
	}
	if (err) {
		return err;
	}
	dev->user = (struct transport_user){.stats = &dev->base.stats, .unit = cfg->unit};
	dev->user.window = cfg->limits.in_flight;
	dev->user.connections = cfg->limits.connections;
	return transport_join(&dev->transport, env, &address, &dev->user, why);
}

static void modbus_close(struct device *device)
{
	struct modbus_device *dev = (struct modbus_device *)device;

	if (!dev) {
		return;
	}
	if (dev->transport) {
		write_queue_fini(&dev->writer);
		if (dev->probe_done) {
			transport_cancel(dev->transport, &dev->probe);
			dev->probe_done(dev->probe_arg, -ECANCELED);
		}
		reader_fini(&dev->reader);
		transport_leave(dev->transport, &dev->user);
	}
	free(dev);
}

static int modbus_open(struct device **out, const struct driver_env *env,
                       const struct device_config *cfg, const char **why)
{
	struct modbus_device *dev = calloc(1, sizeof(*dev));
	int err;

	*why = "no memory";
	if (!dev) {
		return -ENOMEM;
	}
	dev->base.driver = &driver_modbus;
	dev->base.config = cfg;
	err = join(dev, env, why);
	if (err) {
		free(dev);
		return err;
	}
	transport_prepare(&dev->probe, cfg, &dev->base.stats);
	dev->probe.rank = RANK_READ;
	dev->probe.probe = true;
	dev->probe.done = on_probed;
	dev->probe.arg = dev;
	write_queue_init(&dev->writer, cfg, dev->transport, &dev->base.stats);
	err = reader_init(&dev->reader, &dev->base, dev->transport);
	if (err) {
		*why = err == -E2BIG ? "a tag is larger than limits.max_registers allows"
		                     : "no memory";
		modbus_close(&dev->base);
		return err;
	}
	*out = &dev->base;
	return 0;
}

static int modbus_read(struct device *device, uint32_t due, const struct read_sink *sink)
{
	return reader_start(&((struct modbus_device *)device)->reader, due, sink);
}

static void modbus_doubt_holes(struct device *device)
{
	reader_doubt_holes(&((struct modbus_device *)device)->reader);
}

static int modbus_write(struct device *device, const struct point *point,
                        const struct value *value, write_done_cb done, void *arg)
{
	return write_queue_start(&((struct modbus_device *)device)->writer, point, value,
	                         done, arg);
}

/* ---- check ---- */

static int modbus_parse_address(const char *text, const char **why)
{
	struct address address;

	return address_parse(&address, text, why);
}

static void print_block(const struct plan_block *block,
                        void (*line)(void *arg, const char *text), void *arg)
{
	char range[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX + 64];

	address_print(range, block->table, block->address, block->count);
	snprintf(text, sizeof(text), "%s: %u %s%s, %u tag%s", range, block->count,
	         plan_is_bits(block->table) ? "bit" : "register",
	         block->count == 1 ? "" : "s", block->n_points,
	         block->n_points == 1 ? "" : "s");
	line(arg, text);
}

static void print_refused(const struct plan *plan,
                          void (*line)(void *arg, const char *text), void *arg)
{
	char text[64];

	if (plan->n_refused > 0) {
		snprintf(text, sizeof(text), "not asked for: %zu tag%s", plan->n_refused,
		         plan->n_refused == 1 ? "" : "s");
		line(arg, text);
	}
}

static size_t modbus_plan(const struct device_config *cfg, uint32_t due,
                          uint32_t *cycle_us, void (*line)(void *arg, const char *text),
                          void *arg)
{
	struct plan_rules rules = {
		.limits = &cfg->limits, .holes = cfg->holes, .n_holes = cfg->n_holes};
	struct plan *plan = NULL;
	struct address address;
	const char *why;
	size_t n_blocks;

	*cycle_us = 0;
	if (address_parse(&address, cfg->address, &why)) {
		return 0;
	}
	rules.cost = cost_of(&address, &cfg->limits, cost_assumed_us(&address, cfg));
	if (plan_new(&plan, cfg->points, cfg->n_points, due, &rules)) {
		return 0;
	}
	for (size_t i = 0; i < plan->n_blocks; i++) {
		print_block(&plan->blocks[i], line, arg);
	}
	print_refused(plan, line, arg);
	*cycle_us = (uint32_t)cost_cycle_us(plan, &rules.cost,
	                                    cost_in_flight(&address, &cfg->limits));
	n_blocks = plan->n_blocks;
	plan_free(plan);
	return n_blocks;
}

const struct driver driver_modbus = {
	.name = "modbus",
	.raw_values = true,
	.parse_point = address_parse_point,
	.print_point = address_print_point,
	.parse_range = address_parse_range,
	.print_range = address_print_range,
	.check_point = plan_check_point,
	.parse_address = modbus_parse_address,
	.open = modbus_open,
	.read = modbus_read,
	.probe = modbus_probe,
	.write = modbus_write,
	.doubt_holes = modbus_doubt_holes,
	.close = modbus_close,
	.plan = modbus_plan,
};
