/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/modbus_map.h"

/** A span of holding registers. */
struct span {
	uint32_t first, end;
	char area, size;
	unsigned registers; /* of each cell */
};

static const struct span holding[] = {
	{0, 1024, 'Q', 'W', 1},
	{1024, 2048, 'M', 'W', 1},
	{2048, 4096, 'M', 'D', 2},
	{4096, 8192, 'M', 'L', 4},
};

enum { N_SPANS = sizeof(holding) / sizeof(*holding), HOLDING_END = MODBUS_MAP_INPUTS };

static uint8_t access_bits(struct program *p, const struct server_access *a, char area)
{
	uint32_t end = (uint32_t)a->address + a->count, first = 0;

	if (area == 'Q' && a->address >= MODBUS_MAP_INPUTS) {
		area = 'I';
		first = MODBUS_MAP_INPUTS;
	}
	if (end - first > program_cells(p, area, 'X') ||
	    (a->write && area == 'I' && first == 0)) {
		return PDU_ILLEGAL_ADDRESS;
	}
	for (uint32_t i = 0; i < a->count; i++) {
		const struct program_cell cell = {area, 'X', a->address - first + i};

		if (a->write) {
			program_image_set(p, cell, a->bits[i]);
		} else {
			a->bits[i] = program_image_get(p, cell) != 0;
		}
	}
	return 0;
}

/* One register of a cell that has several. */
static void access_part(struct program *p, const struct span *s, uint32_t address,
                        const struct server_access *a)
{
	uint32_t offset = address - s->first;
	const struct program_cell cell = {s->area, s->size, offset / s->registers};
	unsigned shift = 16 * (s->registers - 1 - offset % s->registers);
	uint64_t bits = program_image_get(p, cell);
	uint16_t *word = &a->words[address - a->address];

	if (a->write) {
		bits &= ~(UINT64_C(0xffff) << shift);
		program_image_set(p, cell, bits | (uint64_t)*word << shift);
	} else {
		*word = (uint16_t)(bits >> shift);
	}
}

/* %IW from address first on; only the inputs behind OpenPLC's map can be written. */
static uint8_t access_input(struct program *p, const struct server_access *a,
                            uint32_t first)
{
	const struct span input = {first, UINT16_MAX, 'I', 'W', 1};
	uint32_t end = (uint32_t)a->address + a->count;

	if (end - first > program_cells(p, 'I', 'W') || (a->write && first == 0)) {
		return PDU_ILLEGAL_ADDRESS;
	}
	for (uint32_t address = a->address; address < end; address++) {
		access_part(p, &input, address, a);
	}
	return 0;
}

static uint8_t access_holding(struct program *p, const struct server_access *a)
{
	uint32_t end = (uint32_t)a->address + a->count;

	if (a->address >= MODBUS_MAP_INPUTS) {
		return access_input(p, a, MODBUS_MAP_INPUTS);
	}
	if (end > HOLDING_END) {
		return PDU_ILLEGAL_ADDRESS;
	}
	for (uint32_t address = a->address; address < end; address++) {
		for (size_t k = 0; k < N_SPANS; k++) {
			if (address >= holding[k].first && address < holding[k].end) {
				access_part(p, &holding[k], address, a);
			}
		}
	}
	return 0;
}

uint8_t modbus_map_access(struct program *p, const struct server_access *access)
{
	switch (access->table) {
	case MODBUS_COIL:
		return access_bits(p, access, 'Q');
	case MODBUS_DISCRETE:
		return access_bits(p, access, 'I');
	case MODBUS_INPUT:
		return access_input(p, access, 0);
	case MODBUS_HOLDING:
	default:
		return access_holding(p, access);
	}
}
