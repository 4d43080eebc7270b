/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/fmu.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/reading.h"

/* Folders of binaries/ by processor: as the version names them first.  2.0 has no name
 * for ARM: tools write one of these. */
#if defined(__x86_64__)
#define PROCESSOR "x86-64"
static const char *const platforms[] = {"linux64", "x86_64-linux"};
#elif defined(__aarch64__)
#define PROCESSOR "ARM of 64 bits"
static const char *const platforms[] = {"aarch64-linux", "linux-aarch64"};
#else
#define PROCESSOR "this processor"
static const char *const platforms[] = {"linux32", "i686-linux"};
#endif

static const char *find_library(const struct fmu *f)
{
	char name[ARCHIVE_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
		int64_t at;

		snprintf(name, sizeof(name), "binaries/%s/%s.so", platforms[i],
		         f->d->identifier);
		at = archive_find(f->archive, name);
		if (at >= 0) {
			return archive_name(f->archive, (size_t)at);
		}
	}
	return NULL;
}

static int read_description(struct fmu *f, FILE *complaints)
{
	struct complaints *said = complaint_new();
	int64_t at = archive_find(f->archive, "modelDescription.xml");
	char name[PATH_MAX], *text = NULL;
	size_t n = 0;
	int source, err = said ? 0 : -ENOMEM;

	if (!err && at < 0) {
		fprintf(complaints, "%s: error: it has no modelDescription.xml\n",
		        f->path);
		err = -EINVAL;
	}
	if (!err) {
		err = archive_read(f->archive, (size_t)at, XML_BYTES_MAX, &text, &n);
	}
	if (err == -EBADMSG || err == -EFBIG) {
		fprintf(complaints, "%s: error: modelDescription.xml %s\n", f->path,
		        err == -EFBIG ? "is beyond 32 MiB" : "is damaged");
		err = -EINVAL;
	}
	if (!err) {
		snprintf(name, sizeof(name), "%s/modelDescription.xml", f->path);
		source = complaint_source(said, name, text, n);
		err = source < 0 ? source
		                 : description_read(&f->d, said, (uint32_t)source);
		complaint_print(said, complaints);
	}
	free(text);
	complaint_free(said);
	return err;
}

int fmu_open(struct fmu **out, const char *path, FILE *complaints)
{
	struct fmu *f = calloc(1, sizeof(*f));
	struct archive_error why;
	int err = f ? 0 : -ENOMEM;

	if (!err) {
		f->path = path;
		err = archive_open(&f->archive, path, &why);
	}
	if (err && err != -ENOMEM) {
		fprintf(complaints, "%s: error: %s\n", path,
		        err == -EBADMSG ? why.text : strerror(-err));
		err = err == -EBADMSG ? -EINVAL : err;
	}
	if (!err) {
		err = read_description(f, complaints);
	}
	if (err) {
		fmu_close(f);
		return err;
	}
	f->library = find_library(f);
	*out = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path) && errno != ENOENT ? -1 : 0;
}

void fmu_close(struct fmu *f)
{
	if (!f) {
		return;
	}
	if (f->folder) {
		nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		free(f->folder);
	}
	description_free(f->d);
	archive_close(f->archive);
	free(f);
}

/* The folders below binaries/, for who has none that fits. */
static void list_platforms(const struct fmu *f, char *out, size_t room)
{
	const char *last = "";
	size_t n = 0, n_last = 0;

	out[0] = '\0';
	for (size_t i = 0; i < archive_count(f->archive); i++) {
		const char *name = archive_name(f->archive, i);
		const char *end;

		if (strncmp(name, "binaries/", 9) != 0) {
			continue;
		}
		name += 9;
		end = strchr(name, '/');
		if (!end || ((size_t)(end - name) == n_last &&
		             strncmp(name, last, n_last) == 0)) {
			continue;
		}
		last = name;
		n_last = (size_t)(end - name);
		if (n + n_last + 3 < room) {
			n += (size_t)snprintf(out + n, room - n, "%s%.*s", n ? ", " : "",
			                      (int)n_last, name);
		}
	}
}

bool fmu_is_runnable(const struct fmu *f, struct fmu_error *why)
{
	char there[200];

	if (f->d->can.needs_tool) {
		snprintf(why->text, sizeof(why->text),
		         "it needs the tool that made it (%.100s) to run",
		         *f->d->tool ? f->d->tool : "which it does not name");
		return false;
	}
	if (!f->library) {
		list_platforms(f, there, sizeof(there));
		snprintf(
			why->text, sizeof(why->text),
			"it has no library binaries/%s/%.100s.so for Linux on %s; it has "
			"%s",
			platforms[f->d->version == 3 ? ARRAY_SIZE(platforms) - 1 : 0],
			f->d->identifier, PROCESSOR, *there ? there : "none at all");
		return false;
	}
	return true;
}

bool fmu_takes_step(const struct fmu *f, double h, struct fmu_error *why)
{
	double internal = f->d->internal_step, times = h / internal;

	if (internal > 0 &&
	    !(times >= 0.5 && fabs(times - round(times)) <= 1e-9 * times)) {
		snprintf(why->text, sizeof(why->text),
		         "its internal step of %.9g s does not divide a step of %.9g s",
		         internal, h);
		return false;
	}
	return true;
}

/* Is an entry needed to run: what lies beside the library, and the resources? */
static bool is_needed(const struct fmu *f, const char *name)
{
	size_t n = (size_t)(strrchr(f->library, '/') - f->library) + 1;

	return strncmp(name, f->library, n) == 0 || strncmp(name, "resources/", 10) == 0;
}

static int unpack_into(struct fmu *f, int fd, struct fmu_error *why)
{
	int err = mkdirat(fd, "resources", 0700) ? -errno : 0;

	for (size_t i = 0; i < archive_count(f->archive) && !err; i++) {
		const char *name = archive_name(f->archive, i);

		err = is_needed(f, name) ? archive_unpack(f->archive, i, fd) : 0;
		if (err) {
			snprintf(why->text, sizeof(why->text), "'%.100s': %s", name,
			         err == -EBADMSG ? "damaged" : strerror(-err));
		}
	}
	return err;
}

int fmu_unpack(struct fmu *f, const char *under, struct fmu_error *why)
{
	char folder[PATH_MAX - 64], *made;
	int fd, err;

	if ((size_t)snprintf(folder, sizeof(folder), "%s/pollux-fmu-XXXXXX", under) >=
	    sizeof(folder)) {
		snprintf(why->text, sizeof(why->text), "%.100s...: name too long", under);
		return -ENAMETOOLONG;
	}
	made = mkdtemp(folder);
	f->folder = made ? realpath(made, NULL) : NULL;
	fd = f->folder ? open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0) {
		err = -errno;
		snprintf(why->text, sizeof(why->text), "%.200s: %s", folder,
		         strerror(-err));
		return err;
	}
	err = unpack_into(f, fd, why);
	close(fd);
	return err;
}

void fmu_load_request(const struct fmu *f, const char *name, struct wire_message *m)
{
	struct wire_load *load = &m->body.load;

	m->head = (struct wire_head){.op = WIRE_LOAD, .cpu_s = 60};
	*load = (struct wire_load){.version = f->d->version,
	                           .can_state = f->d->can.state,
	                           .variable_step = f->d->can.variable_step,
	                           .memory_bytes = FMU_MEMORY_BYTES};
	snprintf(load->name, sizeof(load->name), "%s", name);
	snprintf(load->token, sizeof(load->token), "%s", f->d->token);
	snprintf(load->folder, sizeof(load->folder), "%s", f->folder);
	snprintf(load->library, sizeof(load->library), "%s/%s", f->folder, f->library);
}

int64_t fmu_find_beside(const struct fmu *f, const char *end)
{
	const char *const stems[] = {f->d->model_name, f->d->identifier};
	char want[512];

	for (size_t s = 0; s < ARRAY_SIZE(stems); s++) {
		snprintf(want, sizeof(want), "%s%s", stems[s], end);
		for (size_t i = 0; i < archive_count(f->archive); i++) {
			const char *name = archive_name(f->archive, i);
			const char *base = strrchr(name, '/');

			if (strcmp(base ? base + 1 : name, want) == 0) {
				return (int64_t)i;
			}
		}
	}
	return -1;
}
