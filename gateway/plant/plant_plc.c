/* SPDX-License-Identifier: Apache-2.0 */
/* The PLC of a plant: the addresses of its program, and OpenPLC's Modbus map of them. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/value.h"
#include "drivers/reading.h"
#include "gateway/config/config_file.h"
#include "gateway/config/value_type.h"
#include "gateway/plant/plant_build.h"

/* What a size holds, and what it is taken for without a word. */
static const struct {
	char size;
	uint16_t registers;
	enum value_type type;
	const char *types; /* that fit */
} sizes[] = {
	{'X', 0, TYPE_BOOL, "bool"},
	{'W', 1, TYPE_INT16, "int16 uint16"},
	{'D', 2, TYPE_INT32, "int32 uint32 float32"},
	{'L', 4, TYPE_INT64, "int64 uint64 float64"},
};

static size_t size_index(char size)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(sizes) && sizes[i].size != size) {
		i++;
	}
	return i;
}

/* OpenPLC's map.  @return false where it has no place for this one */
static bool place_of(const struct plant_io *io, struct point *out)
{
	static const struct {
		char area, size;
		enum modbus_table table;
		uint32_t first, n; /* cells */
	} map[] = {
		{'Q', 'X', MODBUS_COIL, 0, 8192},
		{'I', 'X', MODBUS_DISCRETE, 0, 8192},
		{'I', 'W', MODBUS_INPUT, 0, 1024},
		{'Q', 'W', MODBUS_HOLDING, 0, 1024},
		{'M', 'W', MODBUS_HOLDING, 1024, 1024},
		{'M', 'D', MODBUS_HOLDING, 2048, 1024},
		{'M', 'L', MODBUS_HOLDING, 4096, 1024},
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
		if (map[i].area == io->area && map[i].size == io->size) {
			uint32_t width = sizes[size_index(io->size)].registers;

			out->space = (uint16_t)map[i].table;
			out->address = map[i].first +
			               io->number * (width > 0 ? width : 1);
			return io->number < map[i].n;
		}
	}
	return false;
}

/* "%IX0.3", "%qw12".  @return false where it is none */
static bool read_address(const char *text, struct plant_io *out)
{
	unsigned long number = 0, bit = 0;
	size_t size;
	char *end;

	if (text[0] != '%' || !text[1] || !text[2] || !isdigit((unsigned char)text[3])) {
		return false;
	}
	out->area = (char)toupper((unsigned char)text[1]);
	out->size = (char)toupper((unsigned char)text[2]);
	size = size_index(out->size);
	number = strtoul(text + 3, &end, 10);
	if (!strchr("IQM", out->area) || size == ARRAY_SIZE(sizes) || number > 65535) {
		return false;
	}
	if (out->size == 'X') {
		if (end[0] != '.' || end[1] < '0' || end[1] > '7' || end[2] != '\0') {
			return false;
		}
		bit = (unsigned long)(end[1] - '0');
		end += 2;
	}
	out->number = (uint32_t)(out->size == 'X' ? 8 * number + bit : number);
	return *end == '\0';
}

static bool is_among(const char *word, const char *list)
{
	const char *at = strstr(list, word);
	size_t n = strlen(word);

	return at && (at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]);
}

/* @return false with a complaint */
static bool read_io(struct plant_build *b, const struct schema_view *v,
                    struct plant_io *out)
{
	const struct node *at = schema_node(v, "at"), *type = schema_node(v, "type");
	const struct node *node = schema_node(v, "signal");
	int64_t signal = v->map && node ? plant_signal(b, node) : -1;
	const char *why = "";
	uint16_t length;
	size_t size;

	if (!v->map || !at || signal < 0) {
		return false;
	}
	if (!read_address(at->text, out)) {
		complaint_error(b->said, at->at,
		                "'%.32s' is no address: %%IX0.0, %%QW1, %%MD2", at->text);
		return false;
	}
	size = size_index(out->size);
	out->type = sizes[size].type;
	if (type && (value_type_parse(type->text, &out->type, &length, &why) ||
	             !is_among(type->text, sizes[size].types))) {
		complaint_error(b->said, type->at, "%.16s at '%s': it holds %s",
		                type->text, at->text, sizes[size].types);
		return false;
	}
	out->signal = (uint32_t)signal;
	out->scale = schema_real(v, "scale");
	out->offset = schema_real(v, "offset");
	if (out->scale == 0) {
		complaint_error(b->said, v->map->at, "scale is 0");
	}
	return out->scale != 0;
}

/* Two signals at one address, or one signal given by two. */
static void check_io(struct plant_build *b, const struct schema_view *v,
                     const struct plant_io *io, size_t n)
{
	const struct plant_io *last = &io[n];

	for (size_t i = 0; i < n; i++) {
		if (io[i].area == last->area && io[i].size == last->size &&
		    io[i].number == last->number) {
			complaint_error(b->said, v->map->at, "'%s' is there already",
			                schema_text(v, "at"));
		} else if (io[i].signal == last->signal && io[i].area != 'I' &&
		           last->area != 'I') {
			complaint_error(b->said, v->map->at,
			                "signal '%s' has two addresses that write it",
			                schema_text(v, "signal"));
		}
	}
}

bool plant_has_writer(const struct plant_build *b, uint32_t signal)
{
	const struct plant_config *c = &b->setup->plant;
	bool found = false;

	for (size_t i = 0; i < c->n_parts; i++) {
		const struct model *m = c->parts[i].kind.model;

		for (size_t k = 0; m && k < m->n_outputs; k++) {
			found = found || c->parts[i].outputs[k] == signal;
		}
	}
	for (size_t i = 0; i < c->n_sensors; i++) {
		found = found || c->sensors[i].to == signal;
	}
	for (size_t i = 0; i < c->n_blocks; i++) {
		found = found || c->blocks[i].output == signal;
	}
	for (size_t i = 0; i < c->n_actuators; i++) {
		found = found || c->actuators[i].to == signal;
	}
	return found || signal + 1 == c->clock;
}

static int read_files(struct plant_build *b, const struct schema_view *v)
{
	const struct node *list = schema_node(v, "program");
	size_t n = list ? list->n : 0;
	const char **files = arena_array(b->arena, n, sizeof(*files));

	for (size_t i = 0; files && i < n; i++) {
		files[i] = config_file_path(
			list->items[i]->text,
			complaint_source_name(b->said, list->items[i]->at.source),
			b->arena);
		if (!files[i]) {
			return -ENOMEM;
		}
	}
	b->setup->plc.files = files;
	b->setup->plc.n_files = n;
	return files ? 0 : -ENOMEM;
}

int plant_plc_build(struct plant_build *b)
{
	struct schema_view v = schema_sub(&b->root, "plc");
	struct plant_plc *plc = &b->setup->plc;
	size_t n = schema_count(&v, "io");
	struct plant_io *io = arena_array(b->arena, n, sizeof(*io));

	if (!io) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct schema_view item = schema_item(&v, "io", i);

		if (!read_io(b, &item, &io[plc->n_io])) {
			continue;
		}
		check_io(b, &item, io, plc->n_io);
		if (io[plc->n_io].area != 'I' &&
		    plant_has_writer(b, io[plc->n_io].signal)) {
			complaint_error(b->said, item.map->at,
			                "signal '%s' is written by the plant itself",
			                schema_text(&item, "signal"));
		}
		plc->n_io++;
	}
	plc->io = io;
	return read_files(b, &v);
}

int plant_plc_unit(struct plant_build *b, struct plant_unit *out)
{
	struct schema_view v = schema_sub(&b->root, "plc");
	const struct plant_plc *plc = &b->setup->plc;
	struct plant_register *list = arena_array(b->arena, plc->n_io, sizeof(*list));

	if (!list) {
		return -ENOMEM;
	}
	*out = (struct plant_unit){
		.id = "plc", .unit = (uint8_t)schema_int(&v, "unit"), .registers = list};
	for (size_t i = 0; i < plc->n_io; i++) {
		const struct plant_io *io = &plc->io[i];
		struct plant_register *r = &list[out->n_registers];

		r->encoding = (struct encoding){.scale = 1, .type = io->type};
		r->point = (struct point){.at = "", .encoding = &r->encoding};
		if (!place_of(io, &r->point)) {
			continue;
		}
		r->signal = io->signal;
		r->sensor = plant_sensor_of(&b->setup->plant, io->signal);
		r->scale = io->scale;
		r->offset = io->offset;
		if (io->size != 'X') {
			(void)value_type_range(io->type, 0, &r->raw_min, &r->raw_max);
		}
		plant_unit_grow(out, r);
	}
	return 0;
}
