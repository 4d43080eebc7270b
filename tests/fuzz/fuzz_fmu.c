/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an FMU's archive and as its modelDescription.xml: refused with a word, or
 * what was taken keeps its promises. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fmu/archive.h"
#include "gateway/fmu/description.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_archive(struct archive *a)
{
	uint64_t total = 0;

	if (archive_count(a) == 0 || archive_count(a) > ARCHIVE_ENTRIES_MAX) {
		abort();
	}
	for (size_t i = 0; i < archive_count(a); i++) {
		const char *name = archive_name(a, i);
		char *bytes = NULL;
		size_t size;

		total += archive_size(a, i);
		if (archive_name_fault(name, strlen(name)) ||
		    archive_find(a, name) != (int64_t)i || strstr(name, "..") == name) {
			abort();
		}
		if (archive_read(a, i, 1 << 20, &bytes, &size) == 0) {
			free(bytes);
		}
	}
	if (total > ARCHIVE_BYTES_MAX) {
		abort();
	}
}

static void check_description(const struct description *d)
{
	if ((d->version != 2 && d->version != 3) || !*d->identifier || !*d->token ||
	    strchr(d->identifier, '/') || !(d->stop > d->start)) {
		abort();
	}
	for (size_t i = 0; i < d->n_variables; i++) {
		const struct fmu_variable *v = &d->variables[i];

		if (!*v->name || rules_fault(&v->kind, d->version) ||
		    v->kind.type >= FMU_TYPES || !v->unit || v->size > 1000000) {
			abort();
		}
	}
}

static void read_description(const char *text, size_t n)
{
	struct complaints *said = complaint_new();
	struct description *d = NULL;
	int source = said ? complaint_source(said, "fuzz.xml", text, n) : -ENOMEM;
	int err = source < 0 ? source : description_read(&d, said, (uint32_t)source);

	if (err && err != -ENOMEM && complaint_errors(said) == 0) {
		abort(); /* refused without a word */
	}
	if (!err) {
		check_description(d);
	}
	description_free(d);
	complaint_free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct archive_error why;
	struct archive *a;
	int err = archive_open_bytes(&a, data, n, &why);

	if (err == 0) {
		check_archive(a);
		archive_close(a);
	} else if (err == -EBADMSG && !why.text[0]) {
		abort();
	}
	read_description((const char *)data, n);
	return 0;
}
