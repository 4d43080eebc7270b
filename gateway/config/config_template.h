/* SPDX-License-Identifier: Apache-2.0 */
/**
 * template: NAME of a device: tags and defaults from a file, before anybody looks at the
 * device.
 *
 * A template is a YAML file of description, parameters, device (defaults for the device's
 * own keys) and tags; ${parameter} in its texts is replaced (template_text.h).  What the
 * device says itself goes first: its keys, its limits one by one, and of a tag with the
 * same id key by key.  A template makes nothing writable.
 */
#ifndef GATEWAY_CONFIG_CONFIG_TEMPLATE_H
#define GATEWAY_CONFIG_CONFIG_TEMPLATE_H

#include "gateway/config/tree.h"

/**
 * Merge into each device of root the template that it names.  A complaint about a
 * template says where it is used, too.
 *
 * @return 0; -EINVAL: a template or its use is wrong (said says so); -ENOMEM
 */
int config_template_expand(struct node *root, struct arena *arena,
                           struct complaints *said);

/** Print the templates that a configuration finds, each with its parameters.  Where the
 * configuration cannot be read, its own directory and the program's are listed.
 * @return 0; -ENOENT: there is none; -ENOMEM */
int config_template_print(const char *config_path, FILE *out);

#endif
