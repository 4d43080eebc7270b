/* SPDX-License-Identifier: Apache-2.0 */
/** A register map in CSV as the tags of a device, each value with its place in the CSV.
 */
#ifndef GATEWAY_CONFIG_CSV_TAGS_H
#define GATEWAY_CONFIG_CSV_TAGS_H

#include "gateway/config/tree.h"

/** What a number such as 40001 or 100 in the column of addresses means. */
enum csv_base {
	CSV_BASE_AUTO,      /* CSV_BASE_REFERENCE where all numbers could be, else 0 */
	CSV_BASE_0,         /* a protocol address */
	CSV_BASE_1,         /* a register's number, from 1 */
	CSV_BASE_REFERENCE, /* 40001 style */
};

/**
 * Read a source (complaint_source()) as `tags:`.  The heading is recognised in many
 * spellings (csv_spelling.h); ids are made safe and unique; nothing becomes writable.
 *
 * @param[out] out  a list of maps, for the table of a tag to check; in arena
 * @return 0; -EINVAL: said says what is wrong; -ENOMEM
 */
int csv_tags_read(struct node **out, struct arena *arena, struct complaints *said,
                  uint32_t source, enum csv_base base);

#endif
