/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

struct entry {
	const char *name; /* libzip's, as long as the archive is open */
	uint64_t size;
};

struct archive {
	zip_t *zip;
	struct entry *entries;
	size_t n;
	const struct entry **sorted; /* by name */
};

static int refuse(struct archive_error *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct archive_error *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return -EBADMSG;
}

/* One part of a path, between slashes. */
static const char *part_fault(const char *part, size_t n)
{
	if (n == 0) {
		return "an empty part";
	}
	if (n == 1 && part[0] == '.') {
		return "a part '.'";
	}
	if (n == 2 && part[0] == '.' && part[1] == '.') {
		return "a part '..'";
	}
	return n > 255 ? "a part beyond 255 bytes" : NULL;
}

const char *archive_name_fault(const char *name, size_t n)
{
	const char *fault = NULL;
	size_t first = 0;

	if (n == 0 || n > ARCHIVE_NAME_MAX) {
		return n ? "too long" : "empty";
	}
	if (name[0] == '/') {
		return "absolute";
	}
	for (size_t i = 0; i < n && !fault; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < 0x20 || c == 0x7f) {
			fault = "a control character";
		} else if (c == '\\') {
			fault = "a backslash";
		} else if (c == ':') {
			fault = "a colon";
		} else if (c == '/') {
			fault = part_fault(name + first, i - first);
			first = i + 1;
		}
	}
	if (!fault && first < n) {
		fault = part_fault(name + first, n - first);
	}
	return fault;
}

static bool is_folder(const char *name)
{
	return name[strlen(name) - 1] == '/';
}

/* Links, pipes and devices travel as modes of Unix in the upper half of the attributes.
 */
static const char *kind_fault(zip_t *zip, zip_uint64_t i, const char *name)
{
	zip_uint8_t system = 0;
	zip_uint32_t attributes = 0;
	mode_t mode;

	if (zip_file_get_external_attributes(zip, i, 0, &system, &attributes)) {
		return "without attributes";
	}
	mode = (mode_t)(attributes >> 16) & S_IFMT;
	if (mode == 0 || mode == S_IFREG) {
		return NULL;
	}
	if (mode == S_IFDIR) {
		return is_folder(name) ? NULL : "a folder with the name of a file";
	}
	return mode == S_IFLNK ? "a link" : "neither file nor folder";
}

static const char *size_fault(const zip_stat_t *st)
{
	if (st->encryption_method != ZIP_EM_NONE) {
		return "encrypted";
	}
	if (st->comp_method != ZIP_CM_STORE && st->comp_method != ZIP_CM_DEFLATE) {
		return "packed in a way other than 'deflate'";
	}
	if (st->size > ARCHIVE_BYTES_MAX) {
		return "beyond 512 MiB";
	}
	if (st->size > ARCHIVE_SMALL_BYTES &&
	    st->size / ARCHIVE_RATIO_MAX >= (st->comp_size ? st->comp_size : 1)) {
		return "packed beyond a ratio of 200";
	}
	return NULL;
}

/* What all entries come to. */
struct total {
	uint64_t size, packed;
};

static int look_at(struct archive *a, zip_uint64_t i, struct total *total,
                   struct archive_error *why)
{
	const zip_uint64_t need = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
	                          ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
	struct entry *e = &a->entries[i];
	const char *fault;
	zip_stat_t st;

	if (zip_stat_index(a->zip, i, ZIP_FL_ENC_RAW, &st) || (st.valid & need) != need) {
		return refuse(why, "entry %llu cannot be read", (unsigned long long)i);
	}
	fault = archive_name_fault(st.name, strlen(st.name));
	if (fault) {
		return refuse(why, "entry '%.100s': its name is no relative path: %s",
		              st.name, fault);
	}
	fault = kind_fault(a->zip, i, st.name);
	fault = fault ? fault : size_fault(&st);
	if (fault) {
		return refuse(why, "entry '%.100s' is %s", st.name, fault);
	}
	total->size += st.size;
	total->packed += st.comp_size;
	if (total->size > ARCHIVE_BYTES_MAX) {
		return refuse(why, "unpacked it is beyond 512 MiB");
	}
	*e = (struct entry){st.name, st.size};
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct entry *const *l = left, *const *r = right;

	return strcmp((*l)->name, (*r)->name);
}

static int64_t find_bytes(const struct archive *a, const char *name, size_t n)
{
	size_t low = 0, high = a->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const char *there = a->sorted[mid]->name;
		int order = strncmp(there, name, n);

		if (order == 0 && there[n] == '\0') {
			return a->sorted[mid] - a->entries;
		}
		if (order < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return -1;
}

/* No name comes twice, and none is a file in one place and a folder in another. */
static int check_names(const struct archive *a, struct archive_error *why)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *name = a->sorted[i]->name;

		if (i > 0 && strcmp(a->sorted[i - 1]->name, name) == 0) {
			return refuse(why, "entry '%.100s' is there twice", name);
		}
		for (size_t k = 0; name[k]; k++) {
			if (name[k] == '/' && find_bytes(a, name, k) >= 0) {
				return refuse(why,
				              "entry '%.*s' is both a file and a folder",
				              (int)(k < 100 ? k : 100), name);
			}
		}
	}
	return 0;
}

static int look(struct archive *a, uint64_t file_bytes, struct archive_error *why)
{
	zip_int64_t n = zip_get_num_entries(a->zip, 0);
	struct total total = {0};
	int err = 0;

	if (n < 1 || n > ARCHIVE_ENTRIES_MAX) {
		return refuse(why, "it has %lld entries, of 1 to %d", (long long)n,
		              ARCHIVE_ENTRIES_MAX);
	}
	a->entries = calloc((size_t)n, sizeof(*a->entries));
	a->sorted = calloc((size_t)n, sizeof(*a->sorted));
	if (!a->entries || !a->sorted) {
		return -ENOMEM;
	}
	for (; a->n < (size_t)n && !err; a->n++) {
		err = look_at(a, a->n, &total, why);
		a->sorted[a->n] = &a->entries[a->n];
	}
	if (err) {
		return err;
	}
	if (total.packed > file_bytes) { /* several entries of the same bytes */
		return refuse(why, "its entries overlap");
	}
	qsort(a->sorted, a->n, sizeof(struct entry *), by_name);
	return check_names(a, why);
}

/* Takes over the source. */
static int open_source(struct archive **out, zip_source_t *source, uint64_t file_bytes,
                       struct archive_error *why)
{
	struct archive *a = calloc(1, sizeof(*a));
	zip_error_t error;
	int err;

	if (!a) {
		zip_source_free(source);
		return -ENOMEM;
	}
	zip_error_init(&error);
	a->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (a->zip) {
		err = look(a, file_bytes, why);
	} else {
		zip_source_free(source);
		err = zip_error_code_zip(&error) == ZIP_ER_MEMORY
		              ? -ENOMEM
		              : refuse(why, "no ZIP archive: %s",
		                       zip_error_strerror(&error));
	}
	zip_error_fini(&error);
	if (err) {
		archive_close(a);
		return err;
	}
	*out = a;
	return 0;
}

int archive_open(struct archive **out, const char *path, struct archive_error *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	zip_source_t *source;
	zip_error_t error;
	struct stat st = {0};
	FILE *file;
	int err = 0;

	why->text[0] = '\0';
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
	} else if (!S_ISREG(st.st_mode)) {
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	}
	file = err ? NULL : fdopen(fd, "rb");
	if (!file) {
		if (fd >= 0) {
			close(fd);
		}
		return err ? err : -ENOMEM;
	}
	zip_error_init(&error);
	source = zip_source_filep_create(file, 0, -1, &error);
	zip_error_fini(&error);
	if (!source) {
		fclose(file);
		return -ENOMEM;
	}
	return open_source(out, source, (uint64_t)st.st_size, why);
}

int archive_open_bytes(struct archive **out, const void *bytes, size_t n,
                       struct archive_error *why)
{
	zip_source_t *source;
	zip_error_t error;

	why->text[0] = '\0';
	zip_error_init(&error);
	source = zip_source_buffer_create(bytes, n, 0, &error);
	zip_error_fini(&error);
	return source ? open_source(out, source, n, why) : -ENOMEM;
}

void archive_close(struct archive *a)
{
	if (!a) {
		return;
	}
	if (a->zip) {
		zip_discard(a->zip);
	}
	free(a->entries);
	free(a->sorted);
	free(a);
}

size_t archive_count(const struct archive *a)
{
	return a->n;
}

const char *archive_name(const struct archive *a, size_t i)
{
	return a->entries[i].name;
}

uint64_t archive_size(const struct archive *a, size_t i)
{
	return a->entries[i].size;
}

int64_t archive_find(const struct archive *a, const char *name)
{
	return find_bytes(a, name, strlen(name));
}

int archive_read(struct archive *a, size_t i, size_t max, char **bytes, size_t *n)
{
	size_t size = (size_t)a->entries[i].size;
	zip_file_t *file;
	char *buf, more;
	int err = 0;

	if (a->entries[i].size > max) {
		return -EFBIG;
	}
	buf = malloc(size + 1);
	file = zip_fopen_index(a->zip, i, 0);
	if (!buf || !file) {
		err = buf ? -EBADMSG : -ENOMEM;
	} else if (zip_fread(file, buf, size) != (zip_int64_t)size ||
	           zip_fread(file, &more, 1) != 0) {
		err = -EBADMSG; /* the last read also compares the checksum */
	}
	if (file && zip_fclose(file)) {
		err = err ? err : -EBADMSG;
	}
	if (err) {
		free(buf);
		return err;
	}
	buf[size] = '\0';
	*bytes = buf;
	*n = size;
	return 0;
}

/* The folder that an entry lies in, made where it is missing.  @return fd or errno */
static int make_folders(const char *name, int folder_fd)
{
	char part[256]; /* archive_name_fault() let no longer one through */
	int fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 3);
	const char *end;

	if (fd < 0) {
		return -errno;
	}
	for (; fd >= 0 && (end = strchr(name, '/')); name = end + 1) {
		int up = fd;

		memcpy(part, name, (size_t)(end - name));
		part[end - name] = '\0';
		if (mkdirat(up, part, 0700) && errno != EEXIST) {
			fd = -errno;
		} else {
			fd = openat(up, part,
			            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			fd = fd < 0 ? -errno : fd;
		}
		close(up);
	}
	return fd;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR) {
			return -errno;
		}
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

static int copy(zip_file_t *file, int fd, uint64_t size)
{
	static const size_t room = 65536;
	char *buf = malloc(room);
	zip_int64_t got = 1;
	int err = buf ? 0 : -ENOMEM;

	while (!err && got > 0) {
		got = zip_fread(file, buf, room);
		if (got < 0 || (uint64_t)got > size) {
			err = -EBADMSG;
		} else {
			size -= (uint64_t)got;
			err = write_all(fd, buf, (size_t)got);
		}
	}
	free(buf);
	return err || size == 0 ? err : -EBADMSG;
}

int archive_unpack(struct archive *a, size_t i, int folder_fd)
{
	const char *name = a->entries[i].name;
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	int folder = make_folders(name, folder_fd);
	zip_file_t *file = NULL;
	int fd = -1, err = folder < 0 ? folder : 0;

	if (err || *base == '\0') {
		goto done;
	}
	fd = openat(folder, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	            0600);
	if (fd < 0) {
		err = -errno;
		goto done;
	}
	file = zip_fopen_index(a->zip, i, 0);
	err = file ? copy(file, fd, a->entries[i].size) : -EBADMSG;
done:
	if (file && zip_fclose(file)) {
		err = err ? err : -EBADMSG;
	}
	if (fd >= 0 && close(fd)) {
		err = err ? err : -errno;
	}
	if (folder >= 0) {
		close(folder);
	}
	return err;
}
