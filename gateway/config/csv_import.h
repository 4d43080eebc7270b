/* SPDX-License-Identifier: Apache-2.0 */
/** A register map in CSV to YAML that stands in a configuration. */
#ifndef GATEWAY_CONFIG_CSV_IMPORT_H
#define GATEWAY_CONFIG_CSV_IMPORT_H

#include <stdio.h>

/** Every text is borrowed; NULL: as absent in a configuration. */
struct csv_import {
	const char *path;    /* of the CSV */
	const char *device;  /* id; NULL: the file's name, made safe */
	const char *address; /* NULL: a placeholder */
	const char *unit;
	const char *every;
	const char *base; /* as csv_base: */
};

/**
 * Print `devices:` with one device of driver modbus and its tags.
 *
 * @param complaints  gets what is wrong, with file, line and column
 * @return 0; -EINVAL: nothing was printed; -ENOMEM
 */
int csv_import_print(const struct csv_import *what, FILE *out, FILE *complaints);

#endif
