/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int image_init(struct image *image, const uint32_t n[4])
{
	*image = (struct image){.n = {0}};
	for (size_t i = 0; i < 4; i++) {
		if (n[i] > 65536) {
			return -EINVAL;
		}
	}
	image->holding = calloc(n[MODBUS_HOLDING] + 1, sizeof(*image->holding));
	image->input = calloc(n[MODBUS_INPUT] + 1, sizeof(*image->input));
	image->coils = calloc(n[MODBUS_COIL] + 1, sizeof(*image->coils));
	image->discretes = calloc(n[MODBUS_DISCRETE] + 1, sizeof(*image->discretes));
	if (!image->holding || !image->input || !image->coils || !image->discretes) {
		return -ENOMEM;
	}
	memcpy(image->n, n, sizeof(image->n));
	return 0;
}

void image_fini(struct image *image)
{
	free(image->holding);
	free(image->input);
	free(image->coils);
	free(image->discretes);
	*image = (struct image){.n = {0}};
}

static void move_words(uint16_t *table, const struct server_access *a)
{
	size_t bytes = a->count * sizeof(*table);

	if (a->write) {
		memcpy(table + a->address, a->words, bytes);
	} else {
		memcpy(a->words, table + a->address, bytes);
	}
}

static void move_bits(bool *table, const struct server_access *a)
{
	size_t bytes = a->count * sizeof(*table);

	if (a->write) {
		memcpy(table + a->address, a->bits, bytes);
	} else {
		memcpy(a->bits, table + a->address, bytes);
	}
}

uint8_t image_access(struct image *image, const struct server_access *access)
{
	bool fixed = access->table == MODBUS_INPUT || access->table == MODBUS_DISCRETE;

	if ((uint32_t)access->address + access->count > image->n[access->table] ||
	    (access->write && fixed)) {
		return PDU_ILLEGAL_ADDRESS;
	}
	switch (access->table) {
	case MODBUS_HOLDING:
		move_words(image->holding, access);
		break;
	case MODBUS_INPUT:
		move_words(image->input, access);
		break;
	case MODBUS_COIL:
		move_bits(image->coils, access);
		break;
	case MODBUS_DISCRETE:
		move_bits(image->discretes, access);
		break;
	}
	return 0;
}
